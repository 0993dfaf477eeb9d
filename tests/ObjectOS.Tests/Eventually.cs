namespace ObjectOS.Tests;

internal static class Eventually
{
    /// <summary>Waits until it is so; fails after ten seconds.</summary>
    public static async Task BecomesAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(10));
        while (!await isSo())
        {
            await Task.Delay(5, limit.Token);
        }
    }
}

/// <summary>A stream that never has anything and never takes anything, and cannot be cancelled.</summary>
internal class NeverStream : Stream
{
    private readonly TaskCompletionSource<int> _never = new();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => await _never.Task;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await _never.Task;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

/// <summary>A stream of a program with a mistake.</summary>
internal sealed class ThrowingStream : NeverStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidOperationException("a mistake");

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new InvalidOperationException("a mistake");
}

/// <summary>A stream that blocks its caller for good, as a careless one does.</summary>
internal sealed class BlockingStream : NeverStream
{
    private readonly ManualResetEventSlim _never = new();

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _never.Wait(CancellationToken.None);
        return ValueTask.FromResult(0);
    }

    public void Release() => _never.Set();
}

/// <summary>A stream that takes its time.</summary>
internal sealed class SlowStream : NeverStream
{
    public long Taken { get; private set; }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(Taken % 3 == 0 ? 1 : 0), CancellationToken.None);
        Taken += buffer.Length;
    }
}

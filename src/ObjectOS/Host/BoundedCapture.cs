using System.Runtime.CompilerServices;
using System.Text;
using Nito.AsyncEx;

namespace ObjectOS.Host;

/// <summary>Keeps what a program writes, up to a limit, and lets others read it as it comes; what exceeds the limit is dropped. Thread-safe.</summary>
internal sealed class BoundedCapture(long limit) : Stream
{
    private readonly Lock _lock = new();
    private readonly MemoryStream _kept = new();
    private readonly AsyncMonitor _changed = new();
    private bool _isTruncated;
    private bool _hasEnded;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _kept.Length;

    public override long Position { get => _kept.Length; set => throw new NotSupportedException(); }

    /// <summary>True if something was dropped.</summary>
    public bool IsTruncated => Volatile.Read(ref _isTruncated);

    public byte[] ToArray()
    {
        lock (_lock)
        {
            return _kept.ToArray();
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        lock (_lock)
        {
            int room = (int)Math.Min(buffer.Length, limit - _kept.Length);
            _kept.Write(buffer[..room]);
            _isTruncated |= room < buffer.Length;
        }

        Tell();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    /// <summary>Nothing more is written: readers come to their end.</summary>
    public void End()
    {
        Volatile.Write(ref _hasEnded, true);
        Tell();
    }

    /// <summary>The lines from the first on, each as soon as it is whole; the last may lack its end.</summary>
    public async IAsyncEnumerable<string> ReadLinesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (int at = 0; ;)
        {
            bool hasEnded;
            byte[]? line;
            using (await _changed.EnterAsync(cancellationToken).ConfigureAwait(false))
            {
                while ((line = TakeLine(ref at, out hasEnded)) is null && !hasEnded)
                {
                    await _changed.WaitAsync(cancellationToken).ConfigureAwait(false);
                }
            }

            if (line is null)
            {
                yield break;
            }

            yield return Encoding.UTF8.GetString(line);
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Takes the line at a position, without its end; null if it is not there yet, or there is no more.</summary>
    private byte[]? TakeLine(ref int at, out bool hasEnded)
    {
        lock (_lock)
        {
            hasEnded = _hasEnded;
            var rest = _kept.GetBuffer().AsSpan(at, (int)_kept.Length - at);
            int end = rest.IndexOf((byte)'\n');
            if (end < 0 && (!hasEnded || rest.IsEmpty))
            {
                return null;
            }

            at += end < 0 ? rest.Length : end + 1;
            return rest[..(end < 0 ? rest.Length : end)].ToArray();
        }
    }

    private void Tell()
    {
        using (_changed.Enter())
        {
            _changed.PulseAll();
        }
    }
}

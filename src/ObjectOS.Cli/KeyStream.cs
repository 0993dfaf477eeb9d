using System.Threading.Channels;

namespace ObjectOS.Cli;

/// <summary>Keys on their way from the terminal to a guest. What is typed ahead of a guest that reads nothing is lost beyond some thousands.</summary>
internal sealed class KeyStream : Stream
{
    private readonly Channel<byte> _keys = Channel.CreateBounded<byte>(new BoundedChannelOptions(4096) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true, SingleWriter = true });

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Takes a key.</summary>
    public void Write(byte key) => _keys.Writer.TryWrite(key);

    /// <summary>No further key comes.</summary>
    public void End() => _keys.Writer.TryComplete();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || !await _keys.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            return 0;
        }

        int count = 0;
        while (count < buffer.Length && _keys.Reader.TryRead(out byte key))
        {
            buffer.Span[count++] = key;
        }

        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    protected override void Dispose(bool disposing)
    {
        End();
        base.Dispose(disposing);
    }
}

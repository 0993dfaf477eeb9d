using System.Text;

namespace ObjectOS.Cli;

/// <summary>Standard error, shared by the guest and the tool: what the tool says begins on a fresh line.</summary>
internal sealed class StandardError(Stream inner) : Stream
{
    private bool _isMidLine;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Writes whole lines of the tool's own. Nobody reading them is no error.</summary>
    public void Say(string text)
    {
        try
        {
            Write(Encoding.UTF8.GetBytes($"{(_isMidLine ? "\n" : "")}{text.TrimEnd('\n')}\n"));
            Flush();
        }
        catch (IOException)
        {
            // There is nowhere left to say it.
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        Note(buffer);
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        Note(buffer.Span);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Note(ReadOnlySpan<byte> written) => _isMidLine = written.IsEmpty ? _isMidLine : written[^1] != (byte)'\n';
}

namespace ObjectOS.Host;

/// <summary>Keeps what a program writes, up to a limit; what comes behind it is dropped.</summary>
internal sealed class BoundedCapture(long limit) : MemoryStream
{
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => base.Write(buffer[..(int)Math.Min(buffer.Length, Math.Max(0, limit - Length))]);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }
}

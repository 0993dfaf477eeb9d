namespace ObjectOS.Machine.Memory;

/// <summary>Host memory in frames of 4 KiB.</summary>
internal sealed unsafe class FramePool : IDisposable
{
    public FramePool(ulong capacityPages) => Capacity = capacityPages;

    public ulong Capacity { get; }

    public ulong LiveFrames { get; private set; }

    public byte* Address(uint frame) => throw new NotImplementedException();

    public Span<byte> Bytes(uint frame) => throw new NotImplementedException();

    public void Dispose()
    {
    }
}

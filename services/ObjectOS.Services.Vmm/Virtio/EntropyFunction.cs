namespace ObjectOS.Services.Vmm;

/// <summary>A source of entropy (VIRTIO 1.2, 5.4), which is a seed's: the same machine gets the same bytes.</summary>
/// <param name="seed">The machine's seed.</param>
/// <param name="name">The machine's name, so that two with one seed get different bytes.</param>
public sealed class EntropyFunction(ulong seed, string name) : VirtioFunction(4, QueueSize)
{
    private const ushort QueueSize = 64;

    /// <summary>Most bytes put into one request; a driver asks again (5.4.6.2: it gets one byte or more).</summary>
    private const int MostAtOnce = 64 * 1024;

    private const uint SavedVersion = 1;

    private readonly SeededBytes _bytes = new(seed, name);

    /// <inheritdoc/>
    public override ulong Offered => 0;

    /// <inheritdoc/>
    public override DeviceStatus OnNotify(int queue)
    {
        while (true)
        {
            var status = Queues[0].TryPeek(out var chain);
            if (status != DeviceStatus.Done || chain is null)
            {
                return status;
            }

            int length = (int)Math.Min(chain.WritableLength, MostAtOnce);
            status = Queues[0].Prepare();
            status = status == DeviceStatus.Done ? chain.PrepareWrite(Host, 0, (ulong)length) : status;
            if (status != DeviceStatus.Done)
            {
                return status;
            }

            var bytes = new byte[length];
            _bytes.Fill(bytes);
            chain.Write(Host, 0, bytes);
            Queues[0].Take();
            Queues[0].Complete(chain.Head, (uint)length);
        }
    }

    /// <inheritdoc/>
    public override void Restart()
    {
        Reset();
        _bytes.Restart();
    }

    /// <inheritdoc/>
    public override void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        _bytes.Save(writer);
    }

    /// <inheritdoc/>
    public override void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "an entropy source");
        _bytes.Restore(reader);
    }
}

namespace ObjectOS.Services.Vmm;

/// <summary>Who takes the frames that come to a port of a switch.</summary>
public interface ISwitchListener
{
    /// <summary>A frame waits. Called while another machine's device works: does nothing but ask for a deadline.</summary>
    void OnFrames();
}

/// <summary>A machine's port of a switch. What comes for it waits here, up to a bound; what comes then is lost, as on any wire.</summary>
public sealed class SwitchPort
{
    /// <summary>Most frames that wait.</summary>
    public const int MostWaiting = 256;

    private readonly Queue<byte[]> _waiting = [];

    internal SwitchPort(int index)
    {
        Index = index;
        Mac = new MacAddress(0x5254_0012_3456 + (ulong)index);
    }

    /// <summary>Its number on the switch, from 0.</summary>
    public int Index { get; }

    /// <summary>The address that its machine is given.</summary>
    public MacAddress Mac { get; }

    /// <summary>Frames that came.</summary>
    public ulong Delivered { get; private set; }

    /// <summary>Frames that were lost because too many waited.</summary>
    public ulong Dropped { get; private set; }

    /// <summary>Who is told; null: frames wait.</summary>
    public ISwitchListener? Listener { get; set; }

    /// <summary>The first frame that waits; null: none.</summary>
    public byte[]? Next => _waiting.TryPeek(out byte[]? frame) ? frame : null;

    /// <summary>Takes <see cref="Next"/>.</summary>
    public void Take() => _waiting.Dequeue();

    /// <summary>Forgets what waits: the machine's device was reset.</summary>
    public void Clear() => _waiting.Clear();

    internal void Deliver(byte[] frame)
    {
        if (_waiting.Count >= MostWaiting)
        {
            Dropped++;
            return;
        }

        Delivered++;
        _waiting.Enqueue(frame);
        Listener?.OnFrames();
    }

    internal void Save(BinaryWriter writer)
    {
        writer.Write(Delivered);
        writer.Write(Dropped);
        writer.Write(_waiting.Count);
        foreach (byte[] frame in _waiting)
        {
            Saved.Write(writer, frame);
        }
    }

    internal void Restore(BinaryReader reader)
    {
        Delivered = reader.ReadUInt64();
        Dropped = reader.ReadUInt64();
        _waiting.Clear();
        for (int count = Saved.Count(reader, MostWaiting); count > 0; count--)
        {
            _waiting.Enqueue(Saved.Bytes(reader, VirtualSwitch.MostInFrame));
        }

        if (_waiting.Count > 0)
        {
            Listener?.OnFrames();
        }
    }
}

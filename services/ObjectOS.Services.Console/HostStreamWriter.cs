using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Console;

/// <summary>The writing side of a stream of the host: at most <see cref="Limit"/> bytes are on their way at once.</summary>
/// <param name="number">The host's number of the stream.</param>
public sealed class HostStreamWriter(ulong number)
{
    /// <summary>Most bytes that the host has not taken yet.</summary>
    public const int Limit = 64 * 1024;

    /// <summary>Most requests under way: the kernel's queue of them is everyone's.</summary>
    public const int MostRequests = 256;

    private readonly SortedDictionary<ulong, int> _underWay = [];

    /// <summary>The host's number of the stream.</summary>
    public ulong Number => number;

    /// <summary>Bytes that the host has not taken yet.</summary>
    public int Outstanding { get; private set; }

    /// <summary>Bytes that can be written now.</summary>
    public int Room => _underWay.Count < MostRequests ? Limit - Outstanding : 0;

    /// <summary>Why the stream takes no more; 0 while it does.</summary>
    public HostError Error { get; private set; }

    /// <summary>Sends bytes, no more than <see cref="Room"/>. Ok, or nothing was sent.</summary>
    public KernelStatus Write(HostPortCapability port, ReadOnlySpan<byte> bytes)
    {
        var status = port.Request(HostRequestKind.StreamWrite, number, bytes, out ulong id);
        if (status == KernelStatus.Ok)
        {
            _underWay.Add(id, bytes.Length);
            Outstanding += bytes.Length;
        }

        return status;
    }

    /// <summary>Takes the end of a request; false where it is none of this writer's.</summary>
    public bool Complete(ulong id, long result)
    {
        if (!_underWay.Remove(id, out int length))
        {
            return false;
        }

        Outstanding -= length;
        if (result < 0 && Error == 0)
        {
            Error = (HostError)(-result);
        }

        return true;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write((int)Error);
        writer.Write(_underWay.Count);
        foreach (var (id, length) in _underWay)
        {
            writer.Write(id);
            writer.Write(length);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        Error = (HostError)reader.ReadInt32();
        _underWay.Clear();
        Outstanding = 0;
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            ulong id = reader.ReadUInt64();
            int length = reader.ReadInt32();
            _underWay.Add(id, length);
            Outstanding += length;
        }
    }
}

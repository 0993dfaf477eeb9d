using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Console;

/// <summary>The reading side of a stream of the host: one request at a time, and what it brought until somebody takes it.</summary>
/// <param name="number">The host's number of the stream.</param>
public sealed class HostStreamReader(ulong number)
{
    /// <summary>Most bytes asked for at once.</summary>
    public const int Limit = 64 * 1024;

    private byte[] _data = [];
    private int _taken;
    private ulong _request;

    /// <summary>The host's number of the stream.</summary>
    public ulong Number => number;

    /// <summary>What has come and nobody has taken.</summary>
    public ReadOnlySpan<byte> Available => _data.AsSpan(_taken);

    /// <summary>True once the stream has ended and all was taken.</summary>
    public bool IsAtEnd => _ended && Available.IsEmpty;

    /// <summary>True where a reader need not wait.</summary>
    public bool IsReady => !Available.IsEmpty || _ended;

    private bool _ended;

    /// <summary>Asks the host for at most that many bytes, unless it is asked already or there is something.</summary>
    public KernelStatus Ask(HostPortCapability port, ulong length)
    {
        if (IsReady || _request != 0)
        {
            return KernelStatus.Ok;
        }

        return port.Request(HostRequestKind.StreamRead, number, [], out _request, Math.Clamp(length, 1, Limit));
    }

    /// <summary>Takes bytes that have come.</summary>
    public void Take(int length)
    {
        _taken += length;
        if (_taken == _data.Length)
        {
            _data = [];
            _taken = 0;
        }
    }

    /// <summary>Takes the end of a request; false where it is not this reader's.</summary>
    public bool Complete(ulong id, long result, ReadOnlySpan<byte> data)
    {
        if (_request == 0 || id != _request)
        {
            return false;
        }

        _request = 0;
        _data = data[..(int)Math.Clamp(result, 0, data.Length)].ToArray();
        _taken = 0;
        _ended = _data.Length == 0;
        return true;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_request);
        writer.Write(_ended);
        writer.Write(Available.Length);
        writer.Write(Available);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _request = reader.ReadUInt64();
        _ended = reader.ReadBoolean();
        _data = reader.ReadBytes(reader.ReadInt32());
        _taken = 0;
    }
}

using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Console;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A console of a virtual machine: the first is what its serial port, its SBI and its HTIF share, others have a virtio device each. Output goes to the host in pieces: when a piece is full, and a little
/// guest time after its first byte. Input is asked for when a guest wants some, and kept until it takes it.
/// </summary>
/// <param name="host">The way to the host.</param>
/// <param name="input">The host's number of the stream that is read.</param>
/// <param name="output">The host's number of the stream that is written.</param>
internal sealed class MachineConsole(HostPortCapability host, ulong input, ulong output) : IConsoleLine
{
    private const int PieceBytes = 2048;

    /// <summary>Most guest time, in nanoseconds, that a byte waits for others.</summary>
    private const ulong Patience = 1_000_000;

    private readonly HostStreamReader _reader = new(input);
    private readonly HostStreamWriter _writer = new(output);
    private readonly byte[] _piece = new byte[PieceBytes];
    private int _length;
    private bool _isAsking;

    /// <summary>Input has come, or there is room again; set by who uses the console, once.</summary>
    public event Action? Changed;

    /// <summary>A byte was taken or written: what <see cref="HasInput"/> and <see cref="HasRoom"/> say may have changed.</summary>
    public event Action? Used;

    /// <summary>When what was written is to be sent at the latest; null: there is nothing.</summary>
    public ulong? Deadline { get; private set; }

    /// <summary>True where a byte is there to be taken.</summary>
    public bool HasInput => !_reader.Available.IsEmpty;

    /// <summary>True if all input was taken and no more will come.</summary>
    public bool HasEnded => _reader.IsAtEnd;

    /// <summary>What is there to be taken.</summary>
    public ReadOnlySpan<byte> Input => _reader.Available;

    /// <summary>True where <see cref="Ask"/> has nothing to do.</summary>
    public bool HasAsked => _isAsking || _reader.IsReady;

    /// <summary>True where the host is being waited for.</summary>
    public bool IsBusy => _isAsking || _writer.Outstanding > 0;

    /// <summary>True where something was written that cannot be sent before the host has taken more.</summary>
    public bool IsHoldingBack => _length > 0 && _writer.Outstanding > 0 && !IsClosed;

    /// <summary>True where a byte can be written.</summary>
    public bool HasRoom => _length < PieceBytes || _writer.Error != 0;

    /// <summary>True where nobody takes the output any more.</summary>
    public bool IsClosed => _writer.Error != 0;

    int IConsoleLine.Room => IsClosed ? int.MaxValue : PieceBytes - _length;

    ReadOnlySpan<byte> IConsoleLine.Typed => Input;

    void IConsoleLine.Print(ReadOnlySpan<byte> bytes) => Put(bytes);

    void IConsoleLine.Connect(IConsoleListener listener) => Changed += listener.OnLineChanged;

    /// <summary>Asks the host for input, unless it is asked, has ended, or some is there.</summary>
    public void Ask()
    {
        if (!HasAsked)
        {
            _isAsking = _reader.Ask(host, HostStreamReader.Limit) == KernelStatus.Ok;
        }
    }

    /// <summary>Takes a byte of input; false: there is none.</summary>
    public bool TryTake(out byte data)
    {
        data = HasInput ? _reader.Available[0] : (byte)0;
        if (!HasInput)
        {
            return false;
        }

        Take(1);
        return true;
    }

    /// <summary>Takes bytes that <see cref="Input"/> has shown.</summary>
    public void Take(int length)
    {
        _reader.Take(length);
        Used?.Invoke();
    }

    /// <summary>Writes a byte; false: there is no room.</summary>
    public bool TryPut(byte data)
    {
        if (!HasRoom)
        {
            return false;
        }

        if (!IsClosed)
        {
            _piece[_length++] = data;
            Deadline ??= host.Invoker.Port.Now + Patience;
            if (_length == PieceBytes)
            {
                Flush();
                Used?.Invoke();
            }
        }

        return true;
    }

    /// <summary>Writes as many bytes as there is room for, and tells how many.</summary>
    public int Put(ReadOnlySpan<byte> bytes)
    {
        int count = 0;
        while (count < bytes.Length && TryPut(bytes[count]))
        {
            count++;
        }

        return count;
    }

    /// <summary>The time of <see cref="Deadline"/> has come.</summary>
    public void OnDeadline()
    {
        bool wasFull = !HasRoom;
        Flush();
        if (wasFull && HasRoom)
        {
            Changed?.Invoke();
        }
    }

    /// <summary>Sends what was written, as far as the host takes it.</summary>
    public void Flush()
    {
        // The piece stays where the host has no room; a completion tries again.
        Deadline = null;
        if (_length > 0 && _writer.Room >= _length && _writer.Write(host, _piece.AsSpan(0, _length)) == KernelStatus.Ok)
        {
            _length = 0;
        }
        else if (_length > 0 && _writer.Outstanding == 0)
        {
            // Refused: too many requests are under way.
            Deadline = host.Invoker.Port.Now + Patience;
        }
    }

    /// <summary>Takes the end of a request; false where it is none of the console's.</summary>
    public bool Complete(ulong id, long result, ReadOnlySpan<byte> data)
    {
        bool isInput = _reader.Complete(id, result, data);
        if (!isInput && !_writer.Complete(id, result))
        {
            return false;
        }

        _isAsking &= !isInput;
        if (!isInput && Deadline is null)
        {
            Flush();
        }

        Changed?.Invoke();
        return true;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        _reader.Save(writer);
        _writer.Save(writer);
        writer.Write(_length);
        writer.Write(_piece.AsSpan(0, _length));
        writer.Write(_isAsking);
        writer.Write(Deadline.HasValue);
        writer.Write(Deadline ?? 0);
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _reader.Restore(reader);
        _writer.Restore(reader);
        _length = reader.ReadInt32();
        reader.ReadBytes(_length).CopyTo(_piece, 0);
        _isAsking = reader.ReadBoolean();
        bool hasDeadline = reader.ReadBoolean();
        ulong deadline = reader.ReadUInt64();
        Deadline = hasDeadline ? deadline : null;
    }
}

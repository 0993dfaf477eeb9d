using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// The host-target interface of RISC-V's reference simulator: words <c>tohost</c> and <c>fromhost</c> in memory. Harts cannot write the page of <c>tohost</c>, so that stores come here. A command
/// has a device in bits 63–56 and a number in bits 55–48. Device 0: an odd value ends the machine with the value's upper bits, an even one is the address of a system call
/// (write and exit are understood). Device 1: 0 reads a character, 1 writes one.
/// </summary>
/// <remarks>
/// Output that finds no room has its store wait, and commands that come after it wait behind it.
/// Atomic operations and stores across pages cannot be completed on that page: they get an access fault.
/// </remarks>
internal sealed class Htif(VirtualMachine machine, ulong toHost, ulong fromHost)
{
    private const ulong SystemWrite = 64, SystemExit = 93;
    private const ulong LongestWrite = 1 << 16;

    /// <summary>Most bytes that one step writes.</summary>
    private const int MostInStep = 2048;

    private const ulong NoDevice = unchecked((ulong)-38);

    private readonly Queue<HeldStore> _held = [];

    /// <summary>True where the guest waits for a character.</summary>
    private bool _wantsInput;

    /// <summary>Bytes that the system call of the first held store has written.</summary>
    private ulong _written;

    /// <summary>True where the answer to the guest can be written now, or a store that is held go on.</summary>
    public bool HasWork => (_wantsInput && machine.Console.HasInput) || CanGoOn;

    private bool CanGoOn => _held.Count > 0 && machine.Console.HasRoom;

    /// <summary>True where the store is to be answered later.</summary>
    public bool Holds(uint replySlot) => _held.Any(store => store.ReplySlot == replySlot);

    /// <summary>Performs a store, and what it asks for, or holds it.</summary>
    public DeviceStatus Store(in HeldStore store)
    {
        bool isCommand = store.Address < toHost + 8 && store.Address + (ulong)store.Size > toHost;
        bool isDone = false;
        var status = isCommand && _held.Count > 0 ? DeviceStatus.Done : Perform(store, out isDone);
        if (status == DeviceStatus.Done && !isDone)
        {
            _held.Enqueue(store);
        }

        return status;
    }

    /// <summary>Does one step: goes on with a store that is held, or gives the guest a character that it has asked for.</summary>
    public DeviceStatus Work() => CanGoOn ? GoOn() : GiveInput();

    public void Reset()
    {
        _held.Clear();
        _wantsInput = false;
        _written = 0;
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_wantsInput);
        writer.Write(_written);
        writer.Write(_held.Count);
        foreach (var store in _held)
        {
            writer.Write(store.ReplySlot);
            writer.Write(store.Address);
            writer.Write(store.Size);
            writer.Write(store.Value);
            writer.Write(store.VirtualAddress);
        }
    }

    public void Restore(BinaryReader reader)
    {
        _wantsInput = reader.ReadBoolean();
        _written = reader.ReadUInt64();
        _held.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _held.Enqueue(new HeldStore(reader.ReadUInt32(), reader.ReadUInt64(), reader.ReadInt32(), reader.ReadUInt64(), reader.ReadUInt64()));
        }
    }

    private DeviceStatus GoOn()
    {
        var store = _held.Peek();
        var status = Perform(store, out bool isDone);
        if (status != DeviceStatus.Suspended && (isDone || status == DeviceStatus.Fault))
        {
            _held.Dequeue();
            _written = 0;
            machine.Answer(store, status);
        }

        return status;
    }

    private DeviceStatus GiveInput()
    {
        var status = WriteWord(fromHost, (1UL << 56) | 0x100 | machine.Console.Input[0]);
        if (status == DeviceStatus.Done)
        {
            machine.Console.TryTake(out _);
            _wantsInput = false;
        }

        return status;
    }

    /// <summary>Performs a store; not done: it has to go on once the console has room.</summary>
    private DeviceStatus Perform(in HeldStore store, out bool isDone)
    {
        var (_, address, size, value, _) = store;
        isDone = true;
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        bool isCommand = address < toHost + 8 && address + (ulong)size > toHost;
        if (!isCommand)
        {
            return machine.Ram.WriteAnyway(address, bytes[..size]);
        }

        Span<byte> word = stackalloc byte[8];
        var status = machine.Ram.Read(toHost, word);
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        for (int i = 0; i < size; i++)
        {
            if (address + (ulong)i - toHost < 8)
            {
                word[(int)(address + (ulong)i - toHost)] = bytes[i];
            }
        }

        status = machine.Ram.WriteAnyway(address, bytes[..size]);
        ulong command = BinaryPrimitives.ReadUInt64LittleEndian(word);
        return status == DeviceStatus.Done && command != 0 ? Perform(command, out isDone) : status;
    }

    private DeviceStatus Perform(ulong command, out bool isDone)
    {
        isDone = true;
        ulong payload = command & ((1UL << 48) - 1);
        switch (command >> 48)
        {
            case 0 when (payload & 1) != 0:
                machine.End(MachineEnd.Htif, payload >> 1);
                return DeviceStatus.Done;
            case 0:
                return SystemCall(payload, out isDone);
            case 0x0100:
                var asked = WriteWord(toHost, 0);
                if (asked == DeviceStatus.Done && fromHost != 0)
                {
                    _wantsInput = true;
                    machine.Console.Ask();
                }

                return asked;
            case 0x0101 when !machine.Console.HasRoom:
                isDone = false;
                return DeviceStatus.Done;
            case 0x0101:
                var status = WriteWord(toHost, 0);
                if (status == DeviceStatus.Done)
                {
                    machine.Console.TryPut((byte)payload);
                }

                return status;
            default:
                return WriteWord(toHost, 0);
        }
    }

    /// <summary>
    /// Number and arguments lie in memory, the result goes over the number. That is written last: until then a call that is suspended can be made again.
    /// </summary>
    private DeviceStatus SystemCall(ulong address, out bool isDone)
    {
        isDone = true;
        Span<byte> block = stackalloc byte[32];
        var status = machine.Ram.Read(address, block);
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(block);
        if (number == SystemExit)
        {
            machine.End(MachineEnd.Htif, BinaryPrimitives.ReadUInt64LittleEndian(block[8..]));
            return DeviceStatus.Done;
        }

        ulong from = BinaryPrimitives.ReadUInt64LittleEndian(block[16..]);
        ulong length = Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(block[24..]), LongestWrite);
        return number == SystemWrite && machine.Ram.Contains(from, length)
            ? Write(address, from, length, out isDone)
            : EndSystemCall(address, NoDevice);
    }

    /// <summary>Writes as much as there is room for; the call ends before the last of it is put, which cannot fail.</summary>
    private DeviceStatus Write(ulong call, ulong from, ulong length, out bool isDone)
    {
        // What was written stays written, whatever a hart does to the arguments meanwhile.
        length = Math.Max(length, _written);
        ulong rest = length - _written;
        int room = Math.Min(((IConsoleLine)machine.Console).Room, MostInStep);
        isDone = rest <= (ulong)room;
        if (room == 0 && !isDone)
        {
            return DeviceStatus.Done;
        }

        Span<byte> text = stackalloc byte[(int)Math.Min(rest, (ulong)room)];
        var status = machine.Ram.Read(from + _written, text);
        status = status == DeviceStatus.Done && isDone ? EndSystemCall(call, length) : status;
        if (status == DeviceStatus.Done)
        {
            machine.Console.Put(text);
            _written = isDone ? 0 : _written + (ulong)text.Length;
        }

        return status;
    }

    private DeviceStatus EndSystemCall(ulong address, ulong result)
    {
        var status = WriteWord(toHost, 0);
        status = status == DeviceStatus.Done && fromHost != 0 ? WriteWord(fromHost, 1) : status;
        return status == DeviceStatus.Done ? WriteWord(address, result) : status;
    }

    private DeviceStatus WriteWord(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return machine.Ram.WriteAnyway(address, bytes);
    }
}

/// <summary>A store on the page of HTIF, and where it is answered.</summary>
internal readonly record struct HeldStore(uint ReplySlot, ulong Address, int Size, ulong Value, ulong VirtualAddress);

using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// The host-target interface of RISC-V's reference simulator: words <c>tohost</c> and <c>fromhost</c> in memory, whose pages harts cannot write, so that stores come here. A command
/// has a device in bits 63–56 and a number in bits 55–48. Device 0: an odd value ends the machine with the value's upper bits, an even one is the address of a system call
/// (write and exit are understood). Device 1: 0 reads a character, 1 writes one.
/// </summary>
/// <remarks>Atomic operations and stores across pages cannot be completed on those pages: they get an access fault.</remarks>
internal sealed class Htif(VirtualMachine machine, ulong toHost, ulong fromHost)
{
    private const ulong SystemWrite = 64, SystemExit = 93;
    private const ulong LongestWrite = 1 << 16;
    private const ulong NoDevice = unchecked((ulong)-38);

    /// <summary>True where the guest waits for a character.</summary>
    private bool _wantsInput;

    public ulong GuardedStart => Math.Min(toHost, fromHost == 0 ? toHost : fromHost) & ~4095UL;

    public ulong GuardedEnd => (Math.Max(toHost, fromHost) & ~4095UL) + 4096;

    /// <summary>True where the answer to the guest can be written now.</summary>
    public bool HasWork => _wantsInput && machine.Console.HasInput;

    public bool Covers(ulong address) => address >= GuardedStart && address < GuardedEnd;

    /// <summary>Performs a store, and what it asks for.</summary>
    public DeviceStatus Store(ulong address, int size, ulong value)
    {
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
        return status == DeviceStatus.Done && command != 0 ? Perform(command) : status;
    }

    /// <summary>Gives the guest a character that it has asked for.</summary>
    public DeviceStatus Work()
    {
        var status = WriteWord(fromHost, (1UL << 56) | 0x100 | machine.Console.Input[0]);
        if (status == DeviceStatus.Done)
        {
            machine.Console.TryTake(out _);
            _wantsInput = false;
        }

        return status;
    }

    public void Reset() => _wantsInput = false;

    public void Save(BinaryWriter writer) => writer.Write(_wantsInput);

    public void Restore(BinaryReader reader) => _wantsInput = reader.ReadBoolean();

    private DeviceStatus Perform(ulong command)
    {
        ulong payload = command & ((1UL << 48) - 1);
        switch (command >> 48)
        {
            case 0 when (payload & 1) != 0:
                machine.End(MachineEnd.Htif, payload >> 1);
                return DeviceStatus.Done;
            case 0:
                return SystemCall(payload);
            case 0x0100:
                var asked = WriteWord(toHost, 0);
                if (asked == DeviceStatus.Done && fromHost != 0)
                {
                    _wantsInput = true;
                    machine.Console.Ask();
                }

                return asked;
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
    private DeviceStatus SystemCall(ulong address)
    {
        Span<byte> block = stackalloc byte[32];
        var status = machine.Ram.Read(address, block);
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        ulong number = BinaryPrimitives.ReadUInt64LittleEndian(block);
        ulong argument0 = BinaryPrimitives.ReadUInt64LittleEndian(block[8..]);
        ulong length = Math.Min(BinaryPrimitives.ReadUInt64LittleEndian(block[24..]), LongestWrite);
        if (number == SystemExit)
        {
            machine.End(MachineEnd.Htif, argument0);
            return DeviceStatus.Done;
        }

        byte[] text = number == SystemWrite ? new byte[length] : [];
        status = machine.Ram.Read(BinaryPrimitives.ReadUInt64LittleEndian(block[16..]), text);
        if (status == DeviceStatus.Suspended)
        {
            return status;
        }

        ulong result = number != SystemWrite || status == DeviceStatus.Fault ? NoDevice : length;
        status = WriteWord(toHost, 0);
        status = status == DeviceStatus.Done && fromHost != 0 ? WriteWord(fromHost, 1) : status;
        status = status == DeviceStatus.Done ? WriteWord(address, result) : status;
        if (status == DeviceStatus.Done && result != NoDevice)
        {
            machine.Console.Put(text);
        }

        return status;
    }

    private DeviceStatus WriteWord(ulong address, ulong value)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, value);
        return machine.Ram.WriteAnyway(address, bytes);
    }
}

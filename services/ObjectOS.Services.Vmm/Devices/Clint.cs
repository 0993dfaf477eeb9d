using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Software and timer interrupts of machine mode: the memory map of SiFive's CLINT, which the ACLINT specification keeps for compatibility. msip at
/// 0x0 + 4 × hart, mtimecmp at 0x4000 + 8 × hart, mtime at 0xbff8: the time that the harts' time registers show
/// and timers are compared with; a store to it changes that of all harts. Loads of it are answered by the engine. A reset clears it (ACLINT, chapter "Machine-level Timer Device").
/// </summary>
internal sealed class Clint(string name, IPlatformHost platform) : IDevice
{
    private const ulong TimeCompare = 0x4000;
    private const ulong Time = 0xbff8;
    private const int SoftwareLine = 3;

    private readonly bool[] _software = new bool[platform.Harts];
    private readonly ulong[] _compare = [.. Enumerable.Repeat(ulong.MaxValue, platform.Harts)];

    public string Name { get; } = name;

    public ulong WindowSize => 0x10000;

    public int InterruptCount => 0;

    public void Attach(IDeviceHost host)
    {
        host.SetAnswer(Time, 8, AnswerKind.Time);
        host.SetAnswer(Time, 4, AnswerKind.Time);
        host.SetAnswer(Time + 4, 4, AnswerKind.Time, value: 32);
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = 0;
        if (size < 4)
        {
            return DeviceStatus.Fault;
        }

        ulong word = offset & ~7UL;
        if (word == Time)
        {
            value = platform.Ticks;
        }
        else if (IsCompare(word, out int hart))
        {
            value = _compare[hart];
        }
        else if (offset < TimeCompare)
        {
            ulong first = offset / 4;
            value = Software(first) | (size == 8 ? Software(first + 1) << 32 : 0);
            return DeviceStatus.Done;
        }

        value = size == 8 ? value : (uint)(value >> (int)((offset & 4) * 8));
        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        if (size < 4)
        {
            return DeviceStatus.Fault;
        }

        if (IsCompare(offset & ~7UL, out int hart))
        {
            _compare[hart] = Replace(_compare[hart], offset, size, value);
            platform.SetTimer(hart, _compare[hart]);
        }
        else if ((offset & ~7UL) == Time)
        {
            platform.SetTicks(Replace(platform.Ticks, offset, size, value));
        }
        else if (offset < TimeCompare)
        {
            SetSoftware(offset / 4, value);
            if (size == 8)
            {
                SetSoftware((offset / 4) + 1, value >> 32);
            }
        }

        return DeviceStatus.Done;
    }

    public void Reset()
    {
        Array.Clear(_software);
        Array.Fill(_compare, ulong.MaxValue);
        platform.SetTicks(0);
    }

    public void Describe(DeviceTreeNode node) => node.Set("compatible", "sifive,clint0", "riscv,clint0");

    public void Save(BinaryWriter writer)
    {
        for (int hart = 0; hart < _software.Length; hart++)
        {
            writer.Write(_software[hart]);
            writer.Write(_compare[hart]);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int hart = 0; hart < _software.Length; hart++)
        {
            _software[hart] = reader.ReadBoolean();
            _compare[hart] = reader.ReadUInt64();
        }
    }

    /// <summary>A register after a store to all of it, or to one of its halves.</summary>
    private static ulong Replace(ulong register, ulong offset, int size, ulong value)
    {
        int shift = (int)((offset & 4) * 8);
        return size == 8 ? value : (register & ~(0xffffffffUL << shift)) | ((ulong)(uint)value << shift);
    }

    private bool IsCompare(ulong word, out int hart)
    {
        hart = (int)((word - TimeCompare) / 8);
        return word >= TimeCompare && word < TimeCompare + ((ulong)_compare.Length * 8);
    }

    private ulong Software(ulong hart) => hart < (ulong)_software.Length && _software[hart] ? 1UL : 0;

    private void SetSoftware(ulong hart, ulong value)
    {
        if (hart < (ulong)_software.Length)
        {
            _software[hart] = (value & 1) != 0;
            platform.DriveLine((int)hart, SoftwareLine, _software[hart]);
        }
    }
}

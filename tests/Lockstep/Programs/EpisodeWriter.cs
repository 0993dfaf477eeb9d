using ObjectOS.Cpu;

namespace ObjectOS.Lockstep.Programs;

/// <summary>Makes the episodes of a program: modes, paging, delegation, and registers that point to where something is mapped or not.</summary>
internal sealed class EpisodeWriter(Random random, ProgramImage image, PageTables tables, BaseRegisters bases)
{
    private const int Most = 23;

    /// <summary>Writes all episodes, each of which is followed by the next, and the last by the first.</summary>
    public void Write()
    {
        int count = random.Next(8, Most + 1);
        for (int i = 0; i < count; i++)
            Write(AddressOf(i), AddressOf((i + 1) % count));
    }

    private static ulong AddressOf(int index) => Layout.Episodes + ((ulong)index * Episode.Size);

    private void Write(ulong address, ulong next)
    {
        PrivilegeMode mode = random.Of(PrivilegeMode.Machine, PrivilegeMode.Supervisor, PrivilegeMode.Supervisor, PrivilegeMode.User);
        int levels = random.Percent(15) ? 0 : random.Next(3, 6);
        ulong satp = levels == 0 ? 0 : tables.Satp(levels, random.Next(1 << 16));
        ulong slot = Zones.AnySlot(random, random.Percent(85) ? mode : random.Of(PrivilegeMode.Machine, PrivilegeMode.Supervisor, PrivilegeMode.User));
        ulong home = mode == PrivilegeMode.Machine || levels == 0 ? Layout.Ram : WindowFor(levels, slot, mode, isCode: true).Base;
        ulong[] registers =
        [
            satp, home + (slot - Layout.Ram), random.Bits() & InterruptBits.All, MachineRegisters.Delegation(random),
            random.Bits() & InterruptBits.Supervisor, Layout.MachineCode | random.Bits() & 1, Layout.SupervisorCode | random.Bits() & 1, Status(mode),
        ];
        for (int i = 0; i < registers.Length; i++)
            image.Write(address + ((ulong)i * 8), registers[i]);
        image.Write(address + Episode.MachineTrapsOffset, (ulong)random.Next(5, 60));
        image.Write(address + Episode.SupervisorTrapsOffset, (ulong)random.Next(2, 30));
        image.Write(address + Episode.NextOffset, next);
        bool translated = levels != 0 && (mode != PrivilegeMode.Machine || random.Percent(30));
        for (int i = 1; i < 32; i++)
            image.Write(address + Episode.IntegersOffset + ((ulong)i * 8), BaseRegisters.Has(i) ? Pointer(i, translated ? levels : 0, mode) : random.Operand());
    }

    // FS is off or dirty: whether reading a floating-point register makes it dirty is left open. MPRV is for M-mode alone, where the
    // handler's own loads, made with the same mstatus, stay those of M-mode.
    private ulong Status(PrivilegeMode mode)
    {
        ulong status = random.Bits() & (StatusBits.Sie | StatusBits.Spie | StatusBits.Mpie | StatusBits.Spp | StatusBits.Sum | StatusBits.Mxr);
        status |= random.Percent(80) ? StatusBits.Fs : 0;
        status |= random.Percent(15) ? StatusBits.Tvm : 0;
        status |= random.Percent(15) ? StatusBits.Tw : 0;
        status |= random.Percent(15) ? StatusBits.Tsr : 0;
        status |= mode == PrivilegeMode.Machine && random.Percent(25) ? StatusBits.Mprv : 0;
        return status | (ulong)mode << StatusBits.MppShift;
    }

    // Mostly one that the mode can use.
    private Window WindowFor(int levels, ulong address, PrivilegeMode mode, bool isCode)
    {
        int tries = random.Percent(85) ? 40 : 1;
        while (true)
        {
            Window window = tables.Windows[random.Next(tables.Windows.Count)];
            if (window.LeastLevels <= levels && (tables.IsUsable(window, address, mode == PrivilegeMode.User, isCode) || tries-- <= 0))
                return window;
        }
    }

    private ulong Pointer(int register, int levels, PrivilegeMode mode)
    {
        ulong low = (ulong)bases.Low(register);
        if (random.Percent(8))
            return Special() | low;
        ulong page = Layout.Data + ((ulong)random.Next(Layout.DataSize >> 12) << 12);
        ulong window = levels == 0 ? Layout.Ram : WindowFor(levels, page, mode, isCode: false).Base;
        return window + (page - Layout.Ram) + low;
    }

    // Beyond memory, beyond physical addresses, and not canonical.
    private ulong Special() => random.Of(
        Layout.Hole, Layout.Ram + Layout.RamSize, Layout.Ram + Layout.RamSize - 0x1000, 1UL << 56 | Layout.Data, ulong.MaxValue << 12, 1UL << 38 | Layout.Data,
        1UL << 47 | Layout.Data, 1UL << 63 | Layout.Data, Layout.SupervisorSave, 0xFFFF_FFBF_FFFF_F000UL);
}

using System.Collections.Immutable;
using ObjectOS.Cpu;

namespace ObjectOS.Lockstep.Programs;

/// <summary>A register that random code reads and writes.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Value">A value that csrrw writes.</param>
/// <param name="Mask">What csrrs and csrrc set and clear; null: they are not used but to read.</param>
internal readonly record struct CsrChoice(int Number, Func<Random, ulong> Value, Func<Random, ulong>? Mask = null);

/// <summary>
/// The registers of random programs, with values that both machines treat alike: where a field is WARL and the specification leaves open
/// what becomes of an illegal value, illegal values of it are left out (docs/conformance.md has the list).
/// </summary>
internal sealed class CsrChoices
{
    private const int UserCounters = 6;

    private static readonly ImmutableArray<int> ReadOnly =
    [
        Csr.Cycle, Csr.Time, Csr.Instret, 0xC03, 0xC10, 0xC1F, Csr.Mhartid, 0xF11, 0xF13, 0xF15, Csr.Misa,
    ];

    // The hypervisor's, the debugger's, 32-bit halves, and none at all.
    private static readonly ImmutableArray<int> Missing = [0x200, 0x600, 0x680, 0x310, 0x3A1, 0x3A3, 0xC80, 0xB80, 0x7B0, 0x7B1, 0x5C0, 0x9C0, 0x004, 0x015, 0x747, 0x30C, 0x31A, 0x1FF];

    private readonly ImmutableArray<CsrChoice> _user;
    private readonly ImmutableArray<CsrChoice> _supervisor;
    private readonly ImmutableArray<CsrChoice> _machine;

    public CsrChoices(PageTables tables, Traits traits)
    {
        Func<Random, ulong> code = random => (random.Percent(50) ? Layout.Ram : tables.Windows[random.Next(tables.Windows.Count)].Base)
            + (Zones.AnySlot(random) - Layout.Ram) + (random.Percent(20) ? 1UL : 0);
        Func<Random, ulong> any = random => random.Operand();
        Func<Random, ulong> time = random => random.Of<ulong>(0, 50, 60, 100, ulong.MaxValue, ulong.MaxValue);
        _user = [new(Csr.Fflags, any, any), new(Csr.Frm, any, any), new(Csr.Fcsr, any, any)];
        _supervisor =
        [
            new(Csr.Sstatus, Status), new(Csr.Sstatus, Status), new(Csr.Sie, any, any), new(Csr.Sip, any, any), new(Csr.Scounteren, any, any), new(Csr.Sscratch, any, any),
            new(Csr.Scause, any, any), new(Csr.Stval, any, any), new(Csr.Sepc, code), new(Csr.Stvec, random => Layout.SupervisorCode | random.Bits() & 3),
            new(Csr.Senvcfg, MachineRegisters.SupervisorEnvironment), new(Csr.Stimecmp, time), new(Csr.Satp, random => Satp(random, tables)),
        ];
        _machine =
        [
            new(Csr.Mstatus, Status), new(Csr.Mstatus, Status), new(Csr.Mstatus, Status), new(Csr.Mie, any, any), new(Csr.Mip, any, any), new(Csr.Mip, any, any),
            new(Csr.Mideleg, any, any), new(Csr.Medeleg, MachineRegisters.Delegation), new(Csr.Mcounteren, any, any), new(Csr.Mscratch, any, any),
            new(Csr.Mcause, any, any), new(Csr.Mtval, any, any), new(Csr.Mepc, code), new(Csr.Mtvec, random => Layout.MachineCode | random.Bits() & 3),
            new(Csr.Menvcfg, random => MachineRegisters.Environment(random, traits)), new(Csr.Mcountinhibit, Inhibit, Inhibit),
            new(Csr.Mcycle, any, any), new(Csr.Minstret, any, any), new(0xB03, any, any), new(0xB1F, any, any), new(0x323, any, any), new(0x33F, any, any),
            new(Csr.Pmpcfg0, random => MachineRegisters.Configuration(random, Csr.Pmpcfg0, traits)), new(Csr.Pmpcfg2, random => MachineRegisters.Configuration(random, Csr.Pmpcfg2, traits)),
            .. Enumerable.Range(1, 15).Select(i => new CsrChoice(Csr.Pmpaddr0 + i, random => MachineRegisters.Address(random, i, traits))),
        ];
    }

    /// <summary>A register, mostly one that a mode has.</summary>
    public CsrChoice Next(Random random, PrivilegeMode mode)
    {
        if (random.Percent(8))
            mode = random.Of(PrivilegeMode.Machine, PrivilegeMode.Supervisor);
        int most = mode switch { PrivilegeMode.Machine => 20, PrivilegeMode.Supervisor => 12, _ => 7 };
        return random.Next(most) switch
        {
            < 2 => new(random.Of(ReadOnly.AsSpan(mode == PrivilegeMode.Machine ? .. : ..UserCounters)), _ => 0),
            2 when random.Percent(30) => new(random.Of(Missing.AsSpan()), Choice.Operand, Choice.Operand),
            < 7 => random.Of(_user.AsSpan()),
            < 12 => random.Of(_supervisor.AsSpan()),
            _ => random.Of(_machine.AsSpan()),
        };
    }

    public static bool IsReadOnly(int number) => number >> 10 == 3 || number == Csr.Misa;

    // FS is Initial or Clean only where an instruction follows that makes it dirty.
    private static ulong Status(Random random)
    {
        ulong value = random.Bits();
        value = random.Percent(70) ? value | StatusBits.Fs : value;
        return random.Percent(70) ? value & ~(StatusBits.Tvm | StatusBits.Tw | StatusBits.Tsr) : value;
    }

    private static ulong Inhibit(Random random) => random.Bits() & 5;

    // Paging by tables that are meant for it, none, or a mode that is reserved, which changes nothing.
    private static ulong Satp(Random random, PageTables tables) => random.Next(8) switch
    {
        0 => 0,
        1 => random.Bits() & ~(15UL << 60) | random.Of<ulong>(1, 2, 7, 11, 12, 13, 14, 15) << 60,
        _ => tables.Satp(random.Next(3, 6), random.Next(1 << 16)),
    };
}

using System.Collections.Immutable;
using ObjectOS.Lockstep.Programs;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>
/// What the trace has said of the CSRs so far. A write is told where it changes what has been said; a trap leaves unsaid what it writes, as
/// handlers read it. Views of one register have its number.
/// </summary>
internal sealed class CsrShadow
{
    private static readonly ImmutableArray<int> Written = [Csr.Mstatus, Csr.Mepc, Csr.Mcause, Csr.Mtval, Csr.Sepc, Csr.Scause, Csr.Stval, Csr.Mip];

    private readonly Dictionary<int, ulong> _known = [];

    /// <summary>The registers that are compared; views and what is read-only or zero are not.</summary>
    public static ImmutableArray<int> Compared { get; } =
    [
        Csr.Fflags, Csr.Frm, Csr.Mstatus, Csr.Mie, Csr.Mip, Csr.Stvec, Csr.Scounteren, Csr.Senvcfg, Csr.Sscratch, Csr.Sepc, Csr.Scause, Csr.Stval,
        Csr.Stimecmp, Csr.Satp, Csr.Medeleg, Csr.Mideleg, Csr.Mtvec, Csr.Mcounteren, Csr.Menvcfg, Csr.Mcountinhibit, Csr.Mscratch, Csr.Mepc,
        Csr.Mcause, Csr.Mtval, Csr.Pmpcfg0, Csr.Pmpcfg2, .. Enumerable.Range(Csr.Pmpaddr0, 16), Csr.Mcycle, Csr.Minstret,
    ];

    /// <summary>The registers that a write to one changes.</summary>
    public static ImmutableArray<int> Behind(int number) => number switch
    {
        Csr.Fcsr => [Csr.Fflags, Csr.Frm],
        Csr.Sstatus => [Csr.Mstatus],
        Csr.Sie => [Csr.Mie],
        Csr.Sip => [Csr.Mip],
        _ => [number],
    };

    /// <summary>True where a write has to be told.</summary>
    public bool Notes(int number, ulong value)
    {
        // Counters go on by themselves.
        if (number is Csr.Mcycle or Csr.Minstret)
            return true;
        bool isNew = !_known.TryGetValue(number, out ulong known) || known != value;
        _known[number] = value;
        return isNew;
    }

    public void ForgetTrap()
    {
        foreach (int number in Written)
            _known.Remove(number);
    }
}

using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>Where generated code finds its state, in bytes from the address that rbp holds.</summary>
internal static class StateLayout
{
    /// <summary>
    /// Bytes of the state that lie before the address in rbp, so that each integer register has a displacement of one byte.
    /// </summary>
    public const int Before = 128;

    public const int Budget = 0x80;

    /// <summary>Where an indirect jump goes that the jump cache does not know.</summary>
    public const int Target = 0x88;

    /// <summary>MXCSR while guest code runs, as it is loaded.</summary>
    public const int GuestControl = 0x90;

    /// <summary>MXCSR as guest code left it.</summary>
    public const int GuestControlAfter = 0x94;

    /// <summary>MXCSR of the host.</summary>
    public const int HostControl = 0x98;

    /// <summary>The number of the exit that was taken.</summary>
    public const int ExitNumber = 0x9C;

    /// <summary>A word for the generated code's own use.</summary>
    public const int Scratch = 0xA0;

    /// <summary>The canonical NaNs of 64 and of 32 bits (unprivileged specification, "NaN Generation and Propagation").</summary>
    public const int CanonicalNan = 0xA8, CanonicalNanSingle = 0xB0;

    /// <summary>For harts: where the view of the regime's pages is, and the table of targets of indirect jumps.</summary>
    public const int PagesPointer = 0xB8, JumpsPointer = 0xC0;

    /// <summary>What LR has reserved, and what was there: see <see cref="Cpu.HartContext"/>.</summary>
    public const int Reservation = 0xC8, ReservedValue = 0xD0;

    /// <summary>Of a regime: V, what roots its first stage (satp or vsatp), and hgatp.</summary>
    public const int Virtual = 0x200, FirstStage = 0x208, Hgatp = 0x210;

    /// <summary>Where the second table of the TLB is: see <see cref="SecondTlb"/>.</summary>
    public const int Second = Tlb - SoftTlb.SecondWords;

    /// <summary>f0–f31.</summary>
    public const int Floats = 0x100;

    /// <summary>The entries of the space's <see cref="SoftTlb"/>, 32 bytes each.</summary>
    public const int Tlb = SoftTlb.RoomBefore - Before;

    public const int TlbEntries = SoftTlb.LastingCount;

    /// <summary>Byte offsets inside a TLB entry: tag and offset for loads, tag and offset for stores.</summary>
    public const int ReadTag = 0, WriteTag = 16, OffsetAfterTag = 8;

    /// <summary>Of an address space: pairs of a guest address and the translated code that begins there.</summary>
    public const int Jumps = Tlb + (TlbEntries * 32);

    public const int JumpEntries = 4096;

    public const int JumpEntrySize = 16;

    public const int End = Jumps + (JumpEntries * JumpEntrySize);

    /// <summary>The home of an integer register.</summary>
    public static int X(int register) => (8 * register) - Before;

    /// <summary>The home of a floating-point register.</summary>
    public static int F(int register) => Floats + (8 * (register & 31));
}

namespace ObjectOS.Machine.Harts;

/// <summary>Numbers of control and status registers (privileged specification, chapter "Control and Status Registers").</summary>
internal static class CsrNumber
{
    public const int Fflags = 0x001, Frm = 0x002, Fcsr = 0x003;
    public const int Sstatus = 0x100, Sie = 0x104, Stvec = 0x105, Scounteren = 0x106, Senvcfg = 0x10A;
    public const int Sscratch = 0x140, Sepc = 0x141, Scause = 0x142, Stval = 0x143, Sip = 0x144, Stimecmp = 0x14D, Satp = 0x180;
    public const int Mstatus = 0x300, Misa = 0x301, Medeleg = 0x302, Mideleg = 0x303, Mie = 0x304, Mtvec = 0x305, Mcounteren = 0x306;
    public const int Menvcfg = 0x30A, Mcountinhibit = 0x320, FirstMhpmevent = 0x323, LastMhpmevent = 0x33F;
    public const int Mscratch = 0x340, Mepc = 0x341, Mcause = 0x342, Mtval = 0x343, Mip = 0x344;
    public const int Pmpcfg0 = 0x3A0, Pmpcfg2 = 0x3A2, FirstPmpaddr = 0x3B0, LastPmpaddr = 0x3BF;
    public const int Tselect = 0x7A0, Tdata1 = 0x7A1, Tdata2 = 0x7A2, Tdata3 = 0x7A3, Tinfo = 0x7A4;
    public const int Mcycle = 0xB00, Minstret = 0xB02, FirstMhpmcounter = 0xB03, LastMhpmcounter = 0xB1F;
    public const int Cycle = 0xC00, Time = 0xC01, Instret = 0xC02, LastHpmcounter = 0xC1F;
    public const int Mvendorid = 0xF11, Marchid = 0xF12, Mimpid = 0xF13, Mhartid = 0xF14, Mconfigptr = 0xF15;
}

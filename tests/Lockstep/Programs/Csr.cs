namespace ObjectOS.Lockstep.Programs;

/// <summary>Numbers of the control and status registers that programs use by name.</summary>
internal static class Csr
{
    public const int Fflags = 0x001, Frm = 0x002, Fcsr = 0x003;
    public const int Sstatus = 0x100, Sie = 0x104, Stvec = 0x105, Scounteren = 0x106, Senvcfg = 0x10A, Sscratch = 0x140, Sepc = 0x141;
    public const int Scause = 0x142, Stval = 0x143, Sip = 0x144, Stimecmp = 0x14D, Satp = 0x180;
    public const int Mstatus = 0x300, Misa = 0x301, Medeleg = 0x302, Mideleg = 0x303, Mie = 0x304, Mtvec = 0x305, Mcounteren = 0x306;
    public const int Menvcfg = 0x30A, Mcountinhibit = 0x320, Mscratch = 0x340, Mepc = 0x341, Mcause = 0x342, Mtval = 0x343, Mip = 0x344;
    public const int Pmpcfg0 = 0x3A0, Pmpcfg2 = 0x3A2, Pmpaddr0 = 0x3B0, Mcycle = 0xB00, Minstret = 0xB02;
    public const int Cycle = 0xC00, Time = 0xC01, Instret = 0xC02, Mhartid = 0xF14;
}

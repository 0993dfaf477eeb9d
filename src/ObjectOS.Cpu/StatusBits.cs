namespace ObjectOS.Cpu;

/// <summary>Fields of mstatus and sstatus (privileged specification, "Machine Status Registers", chapter "Machine-Level ISA").</summary>
public static class StatusBits
{
#pragma warning disable CS1591 // The specification's own names.
    public const ulong Sie = 1UL << 1;
    public const ulong Mie = 1UL << 3;
    public const ulong Spie = 1UL << 5;
    public const ulong Mpie = 1UL << 7;
    public const ulong Spp = 1UL << 8;
    public const int MppShift = 11;
    public const ulong Mpp = 3UL << MppShift;
    public const int FsShift = 13;
    public const ulong Fs = 3UL << FsShift;
    public const ulong Mprv = 1UL << 17;
    public const ulong Sum = 1UL << 18;
    public const ulong Mxr = 1UL << 19;
    public const ulong Tvm = 1UL << 20;
    public const ulong Tw = 1UL << 21;
    public const ulong Tsr = 1UL << 22;
    public const ulong Uxl = 3UL << 32;
    public const ulong Sxl = 3UL << 34;
    public const ulong Sd = 1UL << 63;
#pragma warning restore CS1591

    /// <summary>UXL and SXL of a hart whose every mode has 64 bits.</summary>
    public const ulong Xl64 = (2UL << 32) | (2UL << 34);

    /// <summary>What sstatus shows of mstatus.</summary>
    public const ulong Supervisor = Sie | Spie | Spp | Fs | Sum | Mxr | Uxl | Sd;

    /// <summary>What a write to mstatus changes.</summary>
    public const ulong MachineWritable = Sie | Mie | Spie | Mpie | Spp | Mpp | Fs | Mprv | Sum | Mxr | Tvm | Tw | Tsr;
}

/// <summary>Bits of mip and mie.</summary>
public static class InterruptBits
{
#pragma warning disable CS1591 // The specification's own names.
    public const ulong Ssip = 1UL << 1;
    public const ulong Msip = 1UL << 3;
    public const ulong Stip = 1UL << 5;
    public const ulong Mtip = 1UL << 7;
    public const ulong Seip = 1UL << 9;
    public const ulong Meip = 1UL << 11;
#pragma warning restore CS1591

    /// <summary>Those of supervisor mode.</summary>
    public const ulong Supervisor = Ssip | Stip | Seip;

    /// <summary>All that there are.</summary>
    public const ulong All = Supervisor | Msip | Mtip | Meip;
}

/// <summary>Bits of menvcfg and senvcfg.</summary>
public static class EnvironmentBits
{
#pragma warning disable CS1591 // The specification's own names.
    public const ulong Fiom = 1UL << 0;
    public const ulong Cbie = 3UL << 4;
    public const ulong Cbcfe = 1UL << 6;
    public const ulong Cbze = 1UL << 7;
    public const ulong Adue = 1UL << 61;
    public const ulong Pbmte = 1UL << 62;
    public const ulong Stce = 1UL << 63;
#pragma warning restore CS1591
}

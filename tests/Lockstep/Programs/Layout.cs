namespace ObjectOS.Lockstep.Programs;

/// <summary>Where a program's parts lie in physical memory. Page tables map most of them at the same distances from other bases.</summary>
internal static class Layout
{
    public const ulong Ram = 0x8000_0000;
    public const int RamSize = 0x4_0000;

    /// <summary>Set-up and handler of machine mode.</summary>
    public const ulong MachineCode = Ram;

    /// <summary>What the handler of machine mode keeps.</summary>
    public const ulong MachineSave = Ram + 0x3000;

    /// <summary>Memory that no protection ever takes from machine mode.</summary>
    public const ulong Safe = Ram + 0x3800;

    public const ulong SupervisorCode = Ram + 0x4000;
    public const ulong SupervisorSave = Ram + 0x5000;

    /// <summary>The states that the handler of machine mode starts one after another.</summary>
    public const ulong Episodes = Ram + 0x6000;

    /// <summary>The end of what the first PMP entry, which stays as it is, gives to everybody.</summary>
    public const ulong Protected = Ram + 0x8000;

    /// <summary>Random code, in slots of <see cref="SlotSize"/> bytes.</summary>
    public const ulong Code = Ram + 0x8000;
    public const int CodeSize = 0x4000;

    public const ulong Data = Ram + 0x1_0000;
    public const int DataSize = 0x1_0000;

    public const ulong Tables = Ram + 0x2_0000;

    /// <summary>A handler goes on at the next slot, so that it has not to know how long the instruction was that trapped.</summary>
    public const int SlotSize = 64;

    /// <summary>No memory and no device is here, nor within megabytes of it.</summary>
    public const ulong Hole = 0x4000_0000;

    // The registers of the board's interrupt controller that both machines have: of hart 0.
    public const ulong Msip = 0x200_0000;
    public const ulong Mtimecmp = 0x200_4000;
}

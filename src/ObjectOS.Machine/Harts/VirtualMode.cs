namespace ObjectOS.Machine.Harts;

/// <summary>
/// The virtualization mode of a hart and the second stage of its own guest (privileged specification, chapter "H"). No hart has that extension yet: V is 0
/// everywhere, and nothing is done for V = 1. What the engine caches is told apart by it from the start.
/// </summary>
/// <param name="IsVirtual">V.</param>
/// <param name="Hgatp">hgatp, with the VMID; 0 while V is 0.</param>
internal readonly record struct VirtualMode(bool IsVirtual, ulong Hgatp)
{
    /// <summary>V = 0.</summary>
    public static VirtualMode None => default;

    /// <summary>The VMID: bits 57–44 of hgatp.</summary>
    public int Vmid => (int)(Hgatp >> 44) & 0x3FFF;

    /// <summary>What translated code is told apart by: 0 for V = 0, and a number for each VMID.</summary>
    public int Number => IsVirtual ? Vmid + 1 : 0;
}

using ObjectOS.Cpu;

namespace ObjectOS.Lockstep.Programs;

/// <summary>The code region in three parts, each mostly of what one mode may execute.</summary>
internal static class Zones
{
    private const int Slots = Layout.CodeSize / Layout.SlotSize;
    private const int FirstSupervisor = 90, FirstUser = 180;

    /// <summary>The mode that an address of code is made for.</summary>
    public static PrivilegeMode Of(ulong address) => ((int)(address - Layout.Code) / Layout.SlotSize) switch
    {
        < FirstSupervisor => PrivilegeMode.Machine,
        < FirstUser => PrivilegeMode.Supervisor,
        _ => PrivilegeMode.User,
    };

    /// <summary>A slot of a mode's part.</summary>
    public static ulong AnySlot(Random random, PrivilegeMode mode)
    {
        int slot = mode switch
        {
            PrivilegeMode.Machine => random.Next(FirstSupervisor),
            PrivilegeMode.Supervisor => random.Next(FirstSupervisor, FirstUser),
            _ => random.Next(FirstUser, Slots),
        };
        return Layout.Code + (ulong)(slot * Layout.SlotSize);
    }

    /// <summary>A slot of any.</summary>
    public static ulong AnySlot(Random random) => Layout.Code + (ulong)(random.Next(Slots) * Layout.SlotSize);
}

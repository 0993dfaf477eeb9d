namespace ObjectOS;

/// <summary>What harts of machines do without their kernel, for <see cref="ObjectOsOptions.TraceGuest"/>.</summary>
[Flags]
public enum GuestEvents
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Exceptions and interrupts that a hart takes itself.</summary>
    Traps = 1,

    /// <summary>Walks of a hart's page tables: accesses that its TLB did not answer.</summary>
    Walks = 2,
}

namespace ObjectOS.Abi;

/// <summary>What a program may do with a page.</summary>
[Flags]
public enum PageRights : byte
{
    /// <summary>Every access faults.</summary>
    None = 0,

    /// <summary>Loads.</summary>
    Read = 1,

    /// <summary>Stores; implies loads (privileged specification, chapter "Sv39": W without R is reserved).</summary>
    Write = 2,

    /// <summary>Instruction fetches.</summary>
    Execute = 4,
}

/// <summary>What the holder of a capability may do with its object. Derivation never adds a right.</summary>
[Flags]
public enum CapabilityRights : byte
{
    /// <summary>Holding it shows that one holds it, no more.</summary>
    None = 0,

    /// <summary>Read from it: receive, wait, look at state, map for reading.</summary>
    Read = 1,

    /// <summary>Write to it: send, call, signal, map for writing.</summary>
    Write = 2,

    /// <summary>Map for execution.</summary>
    Execute = 4,

    /// <summary>Change, pause or destroy it, create objects from its quota.</summary>
    Manage = 8,

    /// <summary>Hand it on to others by a message.</summary>
    Grant = 16,

    /// <summary>All of the above.</summary>
    All = Read | Write | Execute | Manage | Grant,
}

/// <summary>The kinds of kernel object that a capability can name.</summary>
public enum ObjectKind : byte
{
    /// <summary>An empty slot.</summary>
    None,

    /// <summary>A protection domain: a capability table, a quota, its threads.</summary>
    Cell,

    /// <summary>A thread of a cell.</summary>
    Thread,

    /// <summary>A rendezvous for messages.</summary>
    Endpoint,

    /// <summary>The right to answer one call, once.</summary>
    Reply,

    /// <summary>A word of signal bits that can be waited for.</summary>
    Notification,

    /// <summary>A range of memory that can be mapped, cloned, read and written.</summary>
    MemoryObject,

    /// <summary>What a cell's threads see as memory.</summary>
    AddressSpace,

    /// <summary>A share of CPU time: budget and period.</summary>
    SchedulingContext,

    /// <summary>A deadline in guest time that signals a notification.</summary>
    Timer,

    /// <summary>The way to work done by the host: console, files, clocks.</summary>
    HostPort,

    /// <summary>A CPU made by the kernel, on which another kernel or a bare hart runs.</summary>
    VCpu,
}

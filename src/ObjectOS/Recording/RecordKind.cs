namespace ObjectOS.Recording;

/// <summary>What a record of the log is. The numbers are part of the file format (docs/recording.md).</summary>
internal enum RecordKind : byte
{
    /// <summary>A slice of the root kernel: its limits, how it ended and what it used.</summary>
    Slice = 1,

    /// <summary>A request to the host that was taken from a kernel.</summary>
    Request = 2,

    /// <summary>The completion of a request, posted to a kernel.</summary>
    Completion = 3,

    /// <summary>A kernel was made, on the machine's CPU or on a virtual one.</summary>
    Kernel = 4,

    /// <summary>A managed cell was made.</summary>
    ManagedCell = 5,

    /// <summary>A virtual CPU was made.</summary>
    VirtualCpu = 6,

    /// <summary>An invocation through a root cell's port.</summary>
    Invocation = 7,

    /// <summary>A child's CPU was interrupted.</summary>
    Interrupt = 8,

    /// <summary>A virtual CPU was resumed by its holder.</summary>
    Resume = 9,

    /// <summary>A virtual CPU's intercepts were set.</summary>
    Intercepts = 10,

    /// <summary>A virtual CPU's memory limit was set.</summary>
    MemoryLimit = 11,

    /// <summary>A virtual CPU's reserve was set.</summary>
    Reserve = 12,

    /// <summary>A kernel under another was shut down.</summary>
    Shutdown = 13,

    /// <summary>A CPU's physical memory was changed from outside.</summary>
    Memory = 14,

    /// <summary>Devices of the embedding program were offered to a machine.</summary>
    Devices = 15,

    /// <summary>A number that requests name stands for a standard stream.</summary>
    Stream = 16,

    /// <summary>The digest of the whole state at this position.</summary>
    Digest = 17,

    /// <summary>A number that requests name has a name in events.</summary>
    Name = 18,
}

/// <summary>The operations of <see cref="RecordKind.Memory"/>.</summary>
internal enum MemoryOperation : byte
{
    /// <summary>Bytes were written.</summary>
    Write,

    /// <summary>Pages were made present.</summary>
    Prepare,

    /// <summary>A range was made a clone of another.</summary>
    Clone,

    /// <summary>A range was given back.</summary>
    Discard,
}

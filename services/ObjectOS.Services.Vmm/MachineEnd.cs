namespace ObjectOS.Services.Vmm;

/// <summary>How a virtual machine ended; argument 0 of the host request <see cref="Abi.HostRequestKind.Ended"/>. Argument 1 is a code.</summary>
public enum MachineEnd
{
    /// <summary>It switched itself off; the code is 0.</summary>
    PowerOff = 0,

    /// <summary>It asked for a reset and was not to be started again; the code is 0.</summary>
    Reset = 1,

    /// <summary>It told a result by HTIF: the code is what was written to tohost, shifted right by one.</summary>
    Htif = 2,

    /// <summary>It told a failure: by its test device with a code, or by its SBI as a failure of the system (code 1).</summary>
    GuestFailure = 3,

    /// <summary>All its harts wait for an interrupt that nothing can cause any more.</summary>
    Idle = 4,

    /// <summary>Its budget of virtual instructions is used up.</summary>
    BudgetExhausted = 5,

    /// <summary>Its memory quota is used up.</summary>
    MemoryExhausted = 6,

    /// <summary>The host stopped it.</summary>
    Stopped = 7,

    /// <summary>It could not be started; the record's text says why.</summary>
    NotRunnable = 8,

    /// <summary>A device of its platform broke its contract; the record's text says how.</summary>
    DeviceFailed = 9,

    /// <summary>Nobody takes any more what its console writes.</summary>
    OutputClosed = 10,

    /// <summary>A hart trapped in a way that no hart of a virtual machine can: the record says how.</summary>
    Fault = 11,

    /// <summary>Its device tree was wanted, and nothing else: no hart has run.</summary>
    Described = 12,
}

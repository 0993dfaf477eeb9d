namespace ObjectOS.Services.Vmm;

/// <summary>What a notice about a virtual machine is about; argument 0 of the host request <see cref="Abi.HostRequestKind.Notice"/>.</summary>
public enum MachineNotice
{
    /// <summary>One of its files, which the sentence names.</summary>
    File = 0,

    /// <summary>The machine itself: the sentence says what it does.</summary>
    Machine = 1,
}

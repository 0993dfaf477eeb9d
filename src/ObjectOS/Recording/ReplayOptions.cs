using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Recording;

/// <summary>What a replay gets from the embedding program. Recordings of the project's own kernel and services need nothing.</summary>
public sealed record ReplayOptions
{
    /// <summary>The kernel version to run; null: this package's own. Its name has to be the recorded one.</summary>
    public IKernelFactory? KernelFactory { get; init; }

    /// <summary>The Linux personality; null: this package's own. Its name has to be the recorded one.</summary>
    public ILinuxFactory? LinuxFactory { get; init; }

    /// <summary>The service for virtual machines; null: this package's own. Its name has to be the recorded one.</summary>
    public IVmmFactory? VmmFactory { get; init; }

    /// <summary>Makes the embedding program's own managed programs, by the full name of their class; null: there are none.</summary>
    public Func<string, IManagedProgram?>? Programs { get; init; }

    /// <summary>Makes the embedding program's own devices, by the full name of their class; null: there are none.</summary>
    public Func<string, IDevice?>? Devices { get; init; }

    /// <summary>The embedding program's own instructions.</summary>
    public IReadOnlyList<ICustomInstruction> Instructions { get; init; } = [];

    /// <summary>Where what guests wrote to standard output is written again; null: nowhere. Not closed.</summary>
    public Stream? Output { get; init; }

    /// <summary>The same for standard error.</summary>
    public Stream? Error { get; init; }
}

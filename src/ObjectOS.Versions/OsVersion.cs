using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Versions;

/// <summary>
/// A version, ready to be used: factories, files and changes. Thread-safe; as many OS objects as wanted can be made of it.
/// </summary>
public sealed class OsVersion : IDisposable
{
    internal OsVersion(VersionSpec spec) => Spec = spec;

    /// <summary>Its name.</summary>
    public VersionSpec Spec { get; }

    /// <summary>Its kernel; null: this process's own.</summary>
    public IKernelFactory? Kernel => Build?.Kernel;

    /// <summary>Its Linux personality; null: this process's own.</summary>
    public ILinuxFactory? Linux => Build?.Linux;

    /// <summary>Its service for virtual machines; null: this process's own.</summary>
    public IVmmFactory? Vmm => Build?.Vmm;

    /// <summary>What it boots and how; null for a version that is not about that.</summary>
    public BootOptions? Boot { get; internal init; }

    /// <summary>The full path of its program; null for a version that is not about that.</summary>
    public string? Program => Spec.Kind == VersionKind.Program ? Spec.Path : null;

    /// <summary>The seed that it has by itself; null: it says none.</summary>
    public ulong? Seed => Spec.Changes.FirstOrDefault(change => change.Kind == ChangeKind.Seed)?.Seed ?? Boot?.Seed;

    /// <summary>The full path of its standard input; null: it says none.</summary>
    public string? Input => Spec.Changes.FirstOrDefault(change => change.Kind == ChangeKind.Input)?.Value;

    /// <summary>One line for people: what the build reports about itself.</summary>
    public string Description => Spec.Kind switch
    {
        VersionKind.Kernel => $"{Kernel!.Description.Name} {Kernel.Description.Version} of {Spec.Path}",
        VersionKind.Services => $"{string.Join(" and ", Services.Select(service => $"{service.Name} {service.Version}"))} of {Spec.Path}",
        VersionKind.Current => "the current build",
        _ => Spec.Path,
    };

    internal LoadedBuild? Build { get; init; }

    private IEnumerable<ServiceDescription> Services => new[] { Linux?.Description, Vmm?.Description }.OfType<ServiceDescription>();

    /// <summary>Sets the options of an OS object that runs this version; what the version says nothing about stays as it is.</summary>
    public void Apply(ObjectOsOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.KernelFactory = Kernel ?? options.KernelFactory;
        options.LinuxFactory = Linux ?? options.LinuxFactory;
        options.VmmFactory = Vmm ?? options.VmmFactory;
        options.Seed = Seed ?? options.Seed;
        options.HostClock = Boot?.HostClock ?? options.HostClock;
        options.Inputs = Boot?.Inputs ?? options.Inputs;
    }

    /// <summary>
    /// Unloads its assemblies, as soon as nothing refers to them. The last OS object that was made of it has ended before.
    /// </summary>
    public void Dispose() => Build?.Dispose();
}

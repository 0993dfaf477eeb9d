using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Services.Linux;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Recording;

/// <summary>The kernel and the services of a recording. A replay makes one of each, so all OS objects of the recording have the same.</summary>
/// <param name="kernel">The kernel's factory; null: this package's own.</param>
/// <param name="linux">The factory of the Linux personality; null: this package's own.</param>
/// <param name="vmm">The factory of the service for virtual machines; null: this package's own.</param>
internal sealed class RecordedBuilds(IKernelFactory? kernel, ILinuxFactory? linux, IVmmFactory? vmm)
{
    public IKernelFactory Kernel { get; } = kernel ?? new KernelFactory();

    public ILinuxFactory Linux { get; } = linux ?? new LinuxFactory();

    public IVmmFactory Vmm { get; } = vmm ?? new VmmFactory();

    /// <summary>Says why an OS object with these options cannot be a part of the recording; null if it can.</summary>
    public string? Problem(ObjectOsOptions options)
    {
        var other = new RecordedBuilds(options.KernelFactory, options.LinuxFactory, options.VmmFactory);
        return Difference("the kernel", Kernel, NameOf(Kernel.Description), other.Kernel, NameOf(other.Kernel.Description))
            ?? Difference("the Linux personality", Linux, NameOf(Linux.Description), other.Linux, NameOf(other.Linux.Description))
            ?? Difference("the service for virtual machines", Vmm, NameOf(Vmm.Description), other.Vmm, NameOf(other.Vmm.Description));
    }

    private static string NameOf(ServiceDescription description) => $"{description.Name} {description.Version}";

    private static string NameOf(KernelDescription description) => $"{description.Name} {description.Version}";

    private static string? Difference(string what, object first, string firstName, object second, string secondName) =>
        firstName != secondName ? $"The recording has {what} {firstName}, and this OS object {secondName}; a replay makes one of them."
        : first.GetType().Module.ModuleVersionId != second.GetType().Module.ModuleVersionId ? $"The recording has {what} {firstName}, and this OS object another build of it; a replay makes one of them."
        : null;
}

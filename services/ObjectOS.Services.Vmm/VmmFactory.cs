using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>Makes services for virtual machines of this build.</summary>
public sealed class VmmFactory : IVmmFactory
{
    /// <inheritdoc/>
    public ServiceDescription Description { get; } = new("ObjectOS.Services.Vmm", typeof(VmmFactory).Assembly.GetName().Version!.ToString(3));

    /// <inheritdoc/>
    public IVirtualMachineService Create() => new VmmService();
}

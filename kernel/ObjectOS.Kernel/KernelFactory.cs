using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS;

/// <summary>Makes kernels of this version.</summary>
public sealed class KernelFactory : IKernelFactory
{
    /// <inheritdoc/>
    public KernelDescription Description => Describe();

    /// <inheritdoc/>
    public IKernel Create(ICpu cpu, KernelOptions options) => new Kernel(cpu, options);

    internal static KernelDescription Describe() =>
        new("ObjectOS", typeof(KernelFactory).Assembly.GetName().Version!.ToString(3), InvocationTable.AbiVersion, InvocationTable.Rows);
}

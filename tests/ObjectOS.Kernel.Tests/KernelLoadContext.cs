using System.Reflection;
using System.Runtime.Loader;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>Loads the kernel's assembly anew; contracts and ABI are those of the process.</summary>
internal sealed class KernelLoadContext(string name) : AssemblyLoadContext(name)
{
    public IKernelFactory CreateFactory()
    {
        var assembly = LoadFromAssemblyPath(typeof(KernelFactory).Assembly.Location);
        return (IKernelFactory)Activator.CreateInstance(assembly.GetType(typeof(KernelFactory).FullName!, throwOnError: true)!)!;
    }

    protected override Assembly? Load(AssemblyName assemblyName) => null;
}

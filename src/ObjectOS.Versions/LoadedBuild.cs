using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Versions;

/// <summary>
/// A build of the kernel or the services in a load context of its own. The last OS object made of it ends before it is disposed of.
/// </summary>
internal sealed class LoadedBuild : IDisposable
{
    private readonly BuildLoadContext _context;

    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    private LoadedBuild(BuildLoadContext context) => _context = context;

    public IKernelFactory? Kernel { get; private set; }

    public ILinuxFactory? Linux { get; private set; }

    public IVmmFactory? Vmm { get; private set; }

    /// <summary>Loads the kernel of a build.</summary>
    /// <exception cref="VersionException">It has none, or cannot be loaded.</exception>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    public static LoadedBuild OfKernel(string path) =>
        Load(path, isService: false, [typeof(IKernelFactory)], $"{path}: has no kernel: no public class in it implements IKernelFactory");

    /// <summary>Loads the services of a build: the Linux personality, the service for virtual machines, or both.</summary>
    /// <exception cref="VersionException">It has none, or cannot be loaded.</exception>
    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    public static LoadedBuild OfServices(string path) =>
        Load(path, isService: true, [typeof(ILinuxFactory), typeof(IVmmFactory)],
            $"{path}: has no services: no public class in it implements ILinuxFactory or IVmmFactory");

    public void Dispose()
    {
        (Kernel, Linux, Vmm) = (null, null, null);
        _context.Unload();
    }

    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    private static LoadedBuild Load(string path, bool isService, Type[] wanted, string none)
    {
        var build = BuildFiles.Open(path);
        var found = Find(build, isService, wanted);
        if (found.Count == 0)
        {
            throw new VersionException(none);
        }

        var closure = new BuildClosure();
        foreach (var (file, _, _, _) in found)
        {
            closure.Add(file, build, isService);
        }

        var loaded = new LoadedBuild(new BuildLoadContext(path, closure));
        try
        {
            foreach (var (file, assembly, type, contract) in found)
            {
                loaded.Make(assembly, type, contract, file);
            }
        }
        catch
        {
            loaded.Dispose();
            throw;
        }

        return loaded;
    }

    /// <summary>The classes of a build that implement what is wanted, one of each at most.</summary>
    internal static List<(BuildFile File, string Assembly, string Type, Type Contract)> Find(
        BuildFiles build, bool isService, Type[] wanted)
    {
        var found = new List<(BuildFile File, string Assembly, string Type, Type Contract)>();
        foreach (var file in build.Roots)
        {
            using var check = AssemblyCheck.Open(file, isService);
            if (check is null && !build.HasOthers)
            {
                throw new VersionException($"{file.Name}: not an assembly of .NET");
            }

            if (check is not { UsesContracts: true } || ContractAssemblies.Find(check.Name) is not null)
            {
                continue;
            }

            foreach (var contract in wanted)
            {
                foreach (string type in check.ImplementersOf(contract.Namespace!, contract.Name))
                {
                    if (found.Find(other => other.Contract == contract) is { Type: { } otherType } other)
                    {
                        throw new VersionException(
                            $"{build.Path}: has {otherType} in {other.Assembly} and {type} in {check.Name}; one {contract.Name} is wanted");
                    }

                    found.Add((file, check.Name, type, contract));
                }
            }
        }

        return found;
    }

    [RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
    private void Make(string assembly, string type, Type contract, BuildFile file)
    {
        object made;
        try
        {
            made = Activator.CreateInstance(_context.LoadFromAssemblyName(new AssemblyName(assembly)).GetType(type, throwOnError: true)!)!;
        }
        catch (Exception e) when (e is BadImageFormatException or TypeLoadException or FileLoadException or FileNotFoundException
            or MissingMemberException or InvalidProgramException or TargetInvocationException)
        {
            var cause = e is TargetInvocationException { InnerException: { } inner } ? inner : e;
            throw new VersionException($"{file.Name}: cannot be loaded: {cause.Message.ReplaceLineEndings(" ").TrimEnd('.')}", e);
        }

        (Kernel, Linux, Vmm) = (made as IKernelFactory ?? Kernel, made as ILinuxFactory ?? Linux, made as IVmmFactory ?? Vmm);
        if (!contract.IsInstanceOfType(made))
        {
            throw new VersionException($"{file.Name}: the class {type} does not implement the {contract.Name} of this process");
        }
    }
}

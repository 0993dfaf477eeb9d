using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.Loader;

namespace ObjectOS.Versions;

/// <summary>
/// Where the assemblies of one build live: the contracts and .NET are the process's, all else is the build's. It can be unloaded.
/// </summary>
[RequiresUnreferencedCode(VersionLoader.NeedsCompiler)]
internal sealed class BuildLoadContext(string name, BuildClosure closure) : AssemblyLoadContext(name, isCollectible: true)
{
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        ArgumentNullException.ThrowIfNull(assemblyName);
        string name = assemblyName.Name!;
        return ContractAssemblies.Find(name) is { } contract ? contract
            : closure.Files.TryGetValue(name, out var file) ? LoadFromStream(StreamOf(file.Contents)!, StreamOf(file.Symbols))
            : BuildClosure.IsFramework(name) ? null
            : throw new FileNotFoundException($"{Name} refers to {name}, which is not part of it.");
    }

    private static MemoryStream? StreamOf(byte[]? bytes) => bytes is null ? null : new MemoryStream(bytes, writable: false);
}

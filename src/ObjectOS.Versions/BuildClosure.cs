namespace ObjectOS.Versions;

/// <summary>
/// The assemblies of a build that are loaded: those with what was looked for, and all that these refer to. Each has been checked.
/// </summary>
internal sealed class BuildClosure
{
    private readonly Dictionary<string, BuildFile> _files = new(StringComparer.Ordinal);

    /// <summary>The files, by the simple names of their assemblies.</summary>
    public IReadOnlyDictionary<string, BuildFile> Files => _files;

    /// <summary>True if .NET itself has the assembly.</summary>
    public static bool IsFramework(string assembly) =>
        assembly is "mscorlib" or "netstandard" or "System" or "Microsoft.CSharp"
            || assembly.StartsWith("System.", StringComparison.Ordinal)
            || assembly.StartsWith("Microsoft.Win32.", StringComparison.Ordinal);

    /// <summary>Adds an assembly and all that it refers to.</summary>
    /// <exception cref="VersionException">One of them is refused, damaged or not there.</exception>
    public void Add(BuildFile file, BuildFiles build, bool isService)
    {
        using var check = AssemblyCheck.Open(file, isService) ?? throw new VersionException($"{file.Name}: not an assembly of .NET");
        if (!_files.TryAdd(check.Name, file))
        {
            return;
        }

        check.ThrowIfRefused();
        foreach (var (name, _) in check.References)
        {
            if (!IsFramework(name) && ContractAssemblies.Find(name) is null && !_files.ContainsKey(name))
            {
                Add(build.Find(name) ?? throw new VersionException($"{file.Name}: refers to {name}, which is not next to it"), build,
                    isService);
            }
        }
    }
}

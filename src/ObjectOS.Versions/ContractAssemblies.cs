using System.Reflection;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Versions;

/// <summary>
/// The contracts that all builds in a process share. Their assembly version is the contract's; it is raised with each change that a build
/// could notice, the records of the program and machine protocols included.
/// </summary>
internal static class ContractAssemblies
{
    private static readonly Dictionary<string, Assembly> Shared =
        new Assembly[] { typeof(Call).Assembly, typeof(ICpu).Assembly, typeof(Invoker).Assembly }
        .ToDictionary(assembly => assembly.GetName().Name!, StringComparer.Ordinal);

    /// <summary>The contract of this process.</summary>
    public static Version Version { get; } = typeof(ICpu).Assembly.GetName().Version!;

    /// <summary>Returns the shared assembly of a name; null if it is no contract.</summary>
    public static Assembly? Find(string? name) => name is null ? null : Shared.GetValueOrDefault(name);

    /// <summary>
    /// True if a build for <paramref name="wanted"/> works here: before 1.0 only the same version does, then each that is not newer.
    /// </summary>
    public static bool Fits(Version wanted) =>
        wanted.Major == Version.Major && (Version.Major == 0 ? wanted.Minor == Version.Minor : wanted.Minor <= Version.Minor);
}

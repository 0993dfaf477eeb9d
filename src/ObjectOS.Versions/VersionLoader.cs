using System.Diagnostics.CodeAnalysis;

namespace ObjectOS.Versions;

/// <summary>
/// Makes versions of their names. This is the only class of the product that loads assemblies: it needs a runtime with a JIT compiler. A
/// tool that has none starts a <see cref="WorkerProcess"/> for that.
/// </summary>
public static class VersionLoader
{
    internal const string NeedsCompiler =
        "Loading a build of the kernel or the services needs a runtime with a JIT compiler; without one, start a WorkerProcess.";

    /// <summary>Loads a version: checks its assemblies, loads them into a context of their own, reads its files.</summary>
    /// <param name="spec">Its name; <c>left</c> is resolved by the caller.</param>
    /// <returns>The version; dispose of it after the last OS object that was made of it.</returns>
    /// <exception cref="VersionException">It cannot be had; the message is one sentence that names the file.</exception>
    /// <exception cref="ArgumentException">The name is <c>left</c>.</exception>
    [RequiresUnreferencedCode(NeedsCompiler)]
    [RequiresDynamicCode(NeedsCompiler)]
    public static OsVersion Load(VersionSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Kind switch
        {
            VersionKind.Kernel => new OsVersion(spec) { Build = LoadedBuild.OfKernel(spec.Path) },
            VersionKind.Services => new OsVersion(spec) { Build = LoadedBuild.OfServices(spec.Path) },
            _ => Open(spec),
        };
    }

    /// <summary>
    /// The same for a version that loads no assembly (<see cref="VersionSpec.LoadsAssemblies"/> is false); it needs no JIT compiler.
    /// </summary>
    /// <param name="spec">Its name; <c>left</c> is resolved by the caller.</param>
    /// <exception cref="VersionException">It cannot be had; the message is one sentence that names the file.</exception>
    /// <exception cref="ArgumentException">The name is <c>left</c>, or loads assemblies.</exception>
    public static OsVersion Open(VersionSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        return spec.Kind switch
        {
            VersionKind.Current => new OsVersion(spec),
            VersionKind.Program when File.Exists(spec.Path) => new OsVersion(spec),
            VersionKind.Program => throw new VersionException(
                $"{spec.Path}: {(Directory.Exists(spec.Path) ? "Is a directory" : "No such file or directory")}"),
            VersionKind.Boot => new OsVersion(spec) { Boot = BootOptionsFile.Read(spec.Path) },
            VersionKind.Left => throw new ArgumentException("The version \"left\" stands for that of the left side; give that one.",
                nameof(spec)),
            _ => throw new ArgumentException($"The version \"{spec}\" loads assemblies.", nameof(spec)),
        };
    }
}

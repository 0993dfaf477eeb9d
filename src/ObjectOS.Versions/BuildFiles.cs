namespace ObjectOS.Versions;

/// <summary>
/// The assemblies of a build: a folder of assemblies or packages, one assembly with those next to it, or one package with those next to
/// it.
/// </summary>
internal abstract class BuildFiles
{
    /// <summary>No assembly of a build is larger.</summary>
    public const long MostBytes = 64 << 20;

    /// <summary>The path that names the build.</summary>
    public abstract string Path { get; }

    /// <summary>The assemblies that may hold what is looked for, in a fixed order.</summary>
    public abstract IEnumerable<BuildFile> Roots { get; }

    /// <summary>True if files that are no managed assembly are passed over in <see cref="Roots"/>, as a folder's are.</summary>
    public abstract bool HasOthers { get; }

    /// <summary>Returns the assembly of a name; null if the build has none.</summary>
    /// <exception cref="VersionException">It cannot be read.</exception>
    public abstract BuildFile? Find(string assembly);

    /// <summary>Opens a build.</summary>
    /// <exception cref="VersionException">Nothing there is a build.</exception>
    public static BuildFiles Open(string path)
    {
        try
        {
            if (Directory.Exists(path))
            {
                return Directory.EnumerateFiles(path, "*.dll").Any() ? new FolderFiles(path, null)
                    : Directory.EnumerateFiles(path, "*.nupkg").Any() ? new PackageFiles(path, null)
                    : throw new VersionException($"{path}: the folder has neither an assembly nor a package");
            }

            byte[] head = new byte[2];
            using (var file = File.OpenRead(path))
            {
                _ = file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
            }

            return head.AsSpan().SequenceEqual("PK"u8) ? new PackageFiles(System.IO.Path.GetDirectoryName(path)!, path)
                : head.AsSpan().SequenceEqual("MZ"u8) ? new FolderFiles(System.IO.Path.GetDirectoryName(path)!, path)
                : throw new VersionException($"{path}: neither an assembly nor a package");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="VersionException">It cannot be read, or is too large.</exception>
    protected static byte[] Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return file.Length > MostBytes
                ? throw new VersionException($"{path}: {file.Length} bytes; an assembly of at most {MostBytes} is wanted")
                : ReadAll(file, file.Length);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, e);
        }
    }

    /// <summary>Reads a stream of a known length.</summary>
    protected static byte[] ReadAll(Stream stream, long length)
    {
        byte[] bytes = new byte[length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    private static VersionException Unreadable(string path, Exception e) => new($"{path}: {HostFileProblem.Of(e)}", e);
}

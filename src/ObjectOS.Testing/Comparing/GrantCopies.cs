namespace ObjectOS.Testing.Comparing;

/// <summary>Copies of the directories that a scenario's guest may change: every run begins with the same files, and the originals stay as they are.</summary>
internal sealed class GrantCopies : IDisposable
{
    private readonly List<(string Original, string Copy)> _copies = [];

    /// <summary>Copies the writable directories.</summary>
    /// <exception cref="IOException">One cannot be read, or there is no room.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    public GrantCopies(IReadOnlyList<DirectoryGrant> grants)
    {
        try
        {
            Grants = [.. grants.Select(grant => grant with
            {
                HostPath = grant.Writable ? CopyOf(Path.GetFullPath(grant.HostPath)) : grant.HostPath, Reproducible = true,
            })];
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The grants, with the copies in the place of the originals.</summary>
    public IReadOnlyList<DirectoryGrant> Grants { get; }

    /// <summary>Where a file of an original is in the copy; other files are where they are.</summary>
    public string PathOf(string path)
    {
        foreach (var (original, copy) in _copies)
        {
            if (path.StartsWith(original + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                return copy + path[original.Length..];
            }
        }

        return path;
    }

    public void Dispose()
    {
        foreach (var (_, copy) in _copies)
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private string CopyOf(string original)
    {
        string copy = Directory.CreateTempSubdirectory("objectos-compare-").FullName;
        _copies.Add((original, copy));
        CopyTree(new DirectoryInfo(original), copy);
        return copy;
    }

    private static void CopyTree(DirectoryInfo from, string to)
    {
        foreach (var entry in from.EnumerateFileSystemInfos())
        {
            string target = Path.Combine(to, entry.Name);
            switch (entry)
            {
                case { LinkTarget: { } link }:
                    File.CreateSymbolicLink(target, link);
                    File.SetLastWriteTimeUtc(target, entry.LastWriteTimeUtc);
                    break;
                case DirectoryInfo directory:
                    Directory.CreateDirectory(target);
                    CopyTree(directory, target);
                    break;
                case FileInfo file:
                    file.CopyTo(target);
                    break;
                default:
                    break;
            }
        }

        Directory.SetLastWriteTimeUtc(to, from.LastWriteTimeUtc);
    }
}

using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <content>
/// Listings. A guest asks for them piece by piece, each behind the last name that it has; the names of the directory that was listed last are kept in
/// between, so that one large directory is not read anew for each piece. A listing from the start reads the directory.
/// </content>
public sealed partial class HostDirectory
{
    /// <summary>Bytes of a <c>linux_dirent64</c> beside its name and the zero behind it.</summary>
    private const int EntryBytes = 19;

    private (string Path, List<(string Name, byte Kind)> Entries)? _listed;

    private Completion List(HostRequest request)
    {
        Split(request.Data.Span, out var directory, out var behind);
        var error = _paths.Find(Encoding.UTF8.GetString(directory), true, out string path);
        if (error != 0)
        {
            return Failed(request, error);
        }

        string after = Encoding.UTF8.GetString(behind);
        if (after.Length == 0 || _listed?.Path != path)
        {
            _listed = (path, EntriesOf(path));
        }

        var entries = _listed.Value.Entries;
        int at = after.Length == 0 ? 0 : FirstAfter(entries, after);
        using var data = new MemoryStream();
        int count = 0;
        for (ulong left = request.Argument1; at < entries.Count; at++, count++)
        {
            var (name, kind) = entries[at];
            byte[] bytes = Encoding.UTF8.GetBytes(name);
            ulong size = (ulong)((EntryBytes + bytes.Length + 1 + 7) & ~7);
            if (size > left && count > 0)
            {
                break;
            }

            left -= Math.Min(left, size);
            data.WriteByte(kind);
            data.Write(bytes);
            data.WriteByte(0);
        }

        if (at == entries.Count)
        {
            _listed = null;
        }

        return new Completion(request.Id, count, data.ToArray());
    }

    private static List<(string Name, byte Kind)> EntriesOf(string path)
    {
        var entries = new List<(string Name, byte Kind)>();
        foreach (var info in new DirectoryInfo(path).EnumerateFileSystemInfos("*", new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = true, ReturnSpecialDirectories = false }))
        {
            // A name that is not UTF-8 cannot be said by a guest, and two of them would look alike.
            if (info.Name.Contains('\ufffd', StringComparison.Ordinal))
            {
                continue;
            }

            entries.Add((info.Name, (byte)(info.LinkTarget is not null ? HostFileKind.Link : info is DirectoryInfo ? HostFileKind.Directory : HostFileKind.File)));
        }

        entries.Sort((left, right) => string.CompareOrdinal(left.Name, right.Name));
        return entries;
    }

    /// <summary>The index of the first entry behind a name, which need not be there any more.</summary>
    private static int FirstAfter(List<(string Name, byte Kind)> entries, string name)
    {
        int low = 0;
        int high = entries.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (string.CompareOrdinal(entries[middle].Name, name) <= 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}

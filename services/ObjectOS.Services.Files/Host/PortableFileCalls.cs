using System.Formats.Tar;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <summary>What .NET alone can do: hosts without Linux's calls, and tests that want no more.</summary>
public sealed class PortableFileCalls : IFileCalls
{
    /// <inheritdoc/>
    public HostError Rename(string from, string to, HostRenameMode mode)
    {
        if (mode == HostRenameMode.Exchange)
        {
            return HostError.InvalidArgument; // As by a Linux file system that has no exchange (renameat2(2)).
        }

        if (!Directory.Exists(from) || new FileInfo(from).LinkTarget is not null)
        {
            File.Move(from, to, overwrite: mode == HostRenameMode.Replace);
            return 0;
        }

        if (mode == HostRenameMode.Replace && Directory.Exists(to))
        {
            Directory.Delete(to);
        }

        Directory.Move(from, to);
        return 0;
    }

    /// <inheritdoc/>
    public SafeFileHandle? OpenDirectory(string path) => null;

    /// <inheritdoc/>
    public HostError Synchronize(SafeFileHandle handle)
    {
        RandomAccess.FlushToDisk(handle);
        return 0;
    }

    /// <inheritdoc/>
    public HostError SynchronizeAll(SafeFileHandle handle) => HostError.NotSupported;

    /// <inheritdoc/>
    public HostError Append(SafeFileHandle handle, ReadOnlyMemory<byte> data, out long written, out long end)
    {
        long at = RandomAccess.GetLength(handle);
        RandomAccess.Write(handle, data.Span, at);
        written = data.Length;
        end = at + written;
        return 0;
    }

    /// <inheritdoc/>
    public HostError SetTimes(SafeFileHandle handle, long access, long modify)
    {
        if (access != HostFileTime.Omitted)
        {
            File.SetLastAccessTimeUtc(handle, TimeOf(access));
        }

        if (modify != HostFileTime.Omitted)
        {
            File.SetLastWriteTimeUtc(handle, TimeOf(modify));
        }

        return 0;
    }

    /// <inheritdoc/>
    public HostError SetTimes(string path, long access, long modify)
    {
        if (access != HostFileTime.Omitted)
        {
            File.SetLastAccessTimeUtc(path, TimeOf(access));
        }

        if (modify != HostFileTime.Omitted)
        {
            File.SetLastWriteTimeUtc(path, TimeOf(modify));
        }

        return 0;
    }

    private static DateTime TimeOf(long nanoseconds) => DateTime.UnixEpoch.AddTicks(nanoseconds / 100);

    /// <inheritdoc/>
    public bool TryStatus(SafeFileHandle handle, out HostFileStatus status)
    {
        status = default;
        return false;
    }

    /// <inheritdoc/>
    public bool TryStatus(string path, out HostFileStatus status)
    {
        status = default;
        FileSystemInfo info = new FileInfo(path);
        bool isLink = info.LinkTarget is not null;
        if (!isLink && !info.Exists)
        {
            info = new DirectoryInfo(path);
            if (!info.Exists)
            {
                return false;
            }
        }

        var kind = isLink ? HostFileKind.Link : info is DirectoryInfo ? HostFileKind.Directory : HostFileKind.File;
        ulong size = info is FileInfo file && !isLink ? (ulong)file.Length : isLink ? (ulong)Encoding.UTF8.GetByteCount(info.LinkTarget!) : 4096;
        if (kind == HostFileKind.File && size == 0 && IsSpecial(path))
        {
            kind = HostFileKind.Other;
        }

        uint mode = OperatingSystem.IsWindows() || isLink ? 0x1ffu : (uint)info.UnixFileMode & 0x1ff;
        long modify = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        status = new HostFileStatus(kind, mode, size, modify, NumberOf(path), 1, (info.LastAccessTimeUtc - DateTime.UnixEpoch).Ticks * 100, modify);
        return true;
    }

    /// <summary>True for pipes, sockets and devices, told without opening them: the archive writer asks the file system for the type.</summary>
    private static bool IsSpecial(string path)
    {
        using var data = new MemoryStream();
        try
        {
            using var writer = new TarWriter(data, TarEntryFormat.Ustar, leaveOpen: true);
            writer.WriteEntry(path, "x");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or InvalidOperationException)
        {
            return problem is not UnauthorizedAccessException;
        }

        return data.Length > 156 && data.GetBuffer()[156] is not ((byte)'0' or 0);
    }

    /// <summary>FNV-1a over the path: .NET does not tell inode numbers.</summary>
    private static ulong NumberOf(string path)
    {
        ulong hash = 0xcbf29ce484222325;
        foreach (char letter in path)
        {
            hash = (hash ^ letter) * 0x100000001b3;
        }

        return (hash >> 1) | 1;
    }
}

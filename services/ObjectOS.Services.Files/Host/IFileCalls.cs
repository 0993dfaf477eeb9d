using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <summary>
/// Calls to the host's file system that .NET has no names for. The host project makes them by the C library; <see cref="PortableFileCalls"/> does what
/// .NET alone can, and refuses the rest. Paths are absolute, found by <see cref="GrantPath"/>; a link at their end is not followed.
/// </summary>
public interface IFileCalls
{
    /// <summary>True if nothing that these calls show may depend on the host: the room of a directory is then what its limits leave.</summary>
    bool IsReproducible => false;

    /// <summary>Notes that a file with this inode number is no more; the host may give its number to another.</summary>
    void Forget(ulong inode)
    {
    }

    /// <summary>Gives a file another name, in one step (renameat2(2)).</summary>
    HostError Rename(string from, string to, HostRenameMode mode);

    /// <summary>Gives a file a further name (linkat(2)). A link is not followed.</summary>
    HostError HardLink(string from, string to) => HostError.NotPermitted;

    /// <summary>Opens a directory, to make it durable and to change it by its handle; null if the host has no handles for directories.</summary>
    SafeFileHandle? OpenDirectory(string path);

    /// <summary>Waits until what was written to the file or directory has reached the device (fsync(2)).</summary>
    HostError Synchronize(SafeFileHandle handle);

    /// <summary>Waits until all that was written to the file system of a file has reached the device (syncfs(2)).</summary>
    HostError SynchronizeAll(SafeFileHandle handle);

    /// <summary>Writes at the file's end, wherever that is when the bytes arrive; <paramref name="end"/> is the offset after them.</summary>
    HostError Append(SafeFileHandle handle, ReadOnlyMemory<byte> data, out long written, out long end);

    /// <summary>Sets times of an open file: nanoseconds since 1970, or <see cref="HostFileTime.Omitted"/>.</summary>
    HostError SetTimes(SafeFileHandle handle, long access, long modify);

    /// <summary>Sets times of what lies at a path.</summary>
    HostError SetTimes(string path, long access, long modify);

    /// <summary>Reads what an open file is; false if the host does not say.</summary>
    bool TryStatus(SafeFileHandle handle, out HostFileStatus status);

    /// <summary>Reads what lies at a path; false if the host does not say, or nothing lies there.</summary>
    bool TryStatus(string path, out HostFileStatus status);
}

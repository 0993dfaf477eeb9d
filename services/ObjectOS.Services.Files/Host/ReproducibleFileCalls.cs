using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <summary>
/// Makes the status of files the same in every run: inode numbers count from 1 in the order in which they are asked for, files that changed after the start
/// show one fixed time, the other times are those of the last change, and directories have 4096 bytes and one link.
/// </summary>
/// <param name="inner">The host's calls.</param>
/// <param name="start">The host's time of the start: nanoseconds since 1970.</param>
/// <param name="shown">The time that files show that changed after the start: nanoseconds since 1970.</param>
public sealed class ReproducibleFileCalls(IFileCalls inner, long start, long shown) : IFileCalls
{
    private const ulong BytesOfDirectory = 4096;

    private readonly Dictionary<ulong, ulong> _numbers = [];
    private ulong _last;

    /// <inheritdoc/>
    public bool IsReproducible => true;

    /// <inheritdoc/>
    public void Forget(ulong inode)
    {
        foreach (ulong host in _numbers.Where(number => number.Value == inode).Select(number => number.Key).ToArray())
        {
            _numbers.Remove(host);
        }
    }

    /// <inheritdoc/>
    public HostError Rename(string from, string to, HostRenameMode mode) => inner.Rename(from, to, mode);

    /// <inheritdoc/>
    public HostError HardLink(string from, string to) => inner.HardLink(from, to);

    /// <inheritdoc/>
    public SafeFileHandle? OpenDirectory(string path) => inner.OpenDirectory(path);

    /// <inheritdoc/>
    public HostError Synchronize(SafeFileHandle handle) => inner.Synchronize(handle);

    /// <inheritdoc/>
    public HostError SynchronizeAll(SafeFileHandle handle) => inner.SynchronizeAll(handle);

    /// <inheritdoc/>
    public HostError Append(SafeFileHandle handle, ReadOnlyMemory<byte> data, out long written, out long end) => inner.Append(handle, data, out written, out end);

    /// <inheritdoc/>
    public HostError SetTimes(SafeFileHandle handle, long access, long modify) => inner.SetTimes(handle, access, modify);

    /// <inheritdoc/>
    public HostError SetTimes(string path, long access, long modify) => inner.SetTimes(path, access, modify);

    /// <inheritdoc/>
    public bool TryStatus(SafeFileHandle handle, out HostFileStatus status) => Adjust(inner.TryStatus(handle, out status), ref status);

    /// <inheritdoc/>
    public bool TryStatus(string path, out HostFileStatus status) => Adjust(inner.TryStatus(path, out status), ref status);

    private bool Adjust(bool isThere, ref HostFileStatus status)
    {
        if (!isThere)
        {
            return false;
        }

        if (!_numbers.TryGetValue(status.Inode, out ulong number))
        {
            _numbers.Add(status.Inode, number = ++_last);
        }

        long time = status.ModifyTime >= start ? shown : status.ModifyTime;
        bool isDirectory = status.Kind == HostFileKind.Directory;
        status = status with
        {
            Inode = number, ModifyTime = time, AccessTime = time, ChangeTime = time, Size = isDirectory ? BytesOfDirectory : status.Size, Links = isDirectory ? 1 : status.Links,
        };
        return true;
    }
}

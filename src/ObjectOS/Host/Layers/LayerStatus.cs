using ObjectOS.Services.Files;

namespace ObjectOS.Host.Layers;

/// <summary>What a layer takes of a file of the host.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Mode">Permission bits, with set-user-id, set-group-id and sticky.</param>
/// <param name="UserId">Whose it is.</param>
/// <param name="GroupId">Its group.</param>
/// <param name="ModifyTime">When its bytes were last changed: nanoseconds since 1970.</param>
/// <param name="Length">A file's length.</param>
/// <param name="Device">A device's number.</param>
/// <param name="HostDevice">The host's file system.</param>
/// <param name="Inode">Its number there.</param>
/// <param name="Links">Its names there.</param>
internal readonly record struct LayerStatus(
    LayerNodeKind Kind, uint Mode, uint UserId, uint GroupId, long ModifyTime, ulong Length, ulong Device, ulong HostDevice, ulong Inode, uint Links)
{
    /// <summary>Looks at what lies at a path, a link itself.</summary>
    /// <exception cref="IOException">Nothing lies there, or the host does not say.</exception>
    public static LayerStatus Of(string path) => LinuxFileCalls.TryLayerStatus(path, out var status) ? status : Portable(path);

    /// <summary>What .NET alone can say: everything belongs to the superuser.</summary>
    private static LayerStatus Portable(string path)
    {
        FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        if (!info.Exists && info.LinkTarget is null)
        {
            throw new FileNotFoundException($"{path} is not there.", path);
        }

        var kind = info.LinkTarget is not null ? LayerNodeKind.Link : info is DirectoryInfo ? LayerNodeKind.Directory : LayerNodeKind.File;
        uint mode = OperatingSystem.IsWindows() ? kind == LayerNodeKind.File ? 0x1a4u : 0x1edu : (uint)info.UnixFileMode;
        long time = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        return new LayerStatus(kind, mode, 0, 0, time, info is FileInfo file && kind == LayerNodeKind.File ? (ulong)file.Length : 0, 0, 0, 0, 1);
    }
}

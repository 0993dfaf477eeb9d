using System.Formats.Tar;
using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Host;

/// <summary>
/// A directory of the host that guests may use: carries out <see cref="HostRequestKind.File"/> requests. A request names only what lies
/// below the directory; without <c>writable</c> nothing is changed. Only regular files and directories are opened: a pipe or a device could keep
/// the host waiting. Not thread-safe.
/// </summary>
public sealed partial class HostDirectory : IDisposable
{
    private const int MostHandles = 4096;
    private const int MostBytes = 1 << 24;

    private readonly GrantPath _paths;
    private readonly bool _writable;
    private readonly Dictionary<ulong, OpenHandle> _open = [];
    private ulong _nextHandle = 1;

    /// <summary>Grants <paramref name="directory"/>.</summary>
    /// <param name="directory">A directory of the host that exists.</param>
    /// <param name="writable">True: guests may change it.</param>
    /// <param name="mostBytes">Bytes that guests may add, counted by the lengths of files; what they remove is given back.</param>
    /// <param name="mostFiles">Files, directories and links that they may add.</param>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    public HostDirectory(string directory, bool writable, ulong mostBytes = ulong.MaxValue, long mostFiles = long.MaxValue)
    {
        _mostBytes = (long)Math.Min(mostBytes, long.MaxValue);
        _mostFiles = mostFiles;
        string full = Path.GetFullPath(directory);
        if (!Directory.Exists(full))
        {
            throw new DirectoryNotFoundException($"The directory to grant, {full}, is not there.");
        }

        full = RealPath(full);
        _paths = new GrantPath(full);
        _writable = writable;
    }

    /// <summary>The directory, without links.</summary>
    public string Root => _paths.Root;

    /// <summary>Does what the request asks; never throws for what a guest asked or a file system answered.</summary>
    public Completion Execute(HostRequest request)
    {
        try
        {
            return Dispatch(request);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return Failed(request, ErrorOf(problem));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in _open.Values)
        {
            handle.Stream?.Dispose();
        }

        _open.Clear();
    }

    private Completion Dispatch(HostRequest request)
    {
        var operation = (HostFileOperation)request.Argument0;
        if (!_writable && operation is HostFileOperation.Write or HostFileOperation.Truncate or HostFileOperation.MakeDirectory
            or HostFileOperation.RemoveFile or HostFileOperation.RemoveDirectory or HostFileOperation.Rename or HostFileOperation.MakeLink
            or HostFileOperation.ChangeMode or HostFileOperation.SetTime)
        {
            return Failed(request, HostError.ReadOnly);
        }

        return operation switch
        {
            HostFileOperation.Open => Open(request),
            HostFileOperation.Close => Close(request),
            HostFileOperation.Read => Read(request),
            HostFileOperation.Write => Write(request),
            HostFileOperation.Status => Status(request),
            HostFileOperation.HandleStatus => HandleStatus(request),
            HostFileOperation.List => List(request),
            HostFileOperation.Truncate => Truncate(request),
            HostFileOperation.MakeDirectory => MakeDirectory(request),
            HostFileOperation.RemoveFile => RemoveFile(request),
            HostFileOperation.RemoveDirectory => RemoveDirectory(request),
            HostFileOperation.Rename => Rename(request),
            HostFileOperation.ReadLink => ReadLink(request),
            HostFileOperation.MakeLink => MakeLink(request),
            HostFileOperation.Synchronize => Synchronize(request),
            HostFileOperation.ChangeMode => ChangeMode(request),
            HostFileOperation.SetTime => SetTime(request),
            _ => Failed(request, HostError.InvalidArgument),
        };
    }

    private Completion Open(HostRequest request)
    {
        var flags = (HostOpenFlags)request.Argument1;
        bool changes = (flags & (HostOpenFlags.Write | HostOpenFlags.Create | HostOpenFlags.Truncate)) != 0;
        bool exclusive = flags.HasFlag(HostOpenFlags.Create | HostOpenFlags.Exclusive);
        var error = _paths.Find(TextOf(request.Data), !exclusive, out string path);
        if (error != 0)
        {
            return Failed(request, error);
        }

        bool isThere = TryStatus(path, followed: true, out var status);
        error = (isThere, exclusive, status.Kind) switch
        {
            (true, true, _) => HostError.Exists,
            (true, _, HostFileKind.Directory) => changes ? HostError.IsDirectory : 0,
            (true, _, not HostFileKind.File) => HostError.AccessDenied,
            (false, _, _) => flags.HasFlag(HostOpenFlags.Create) ? 0 : HostError.NotFound,
            _ => 0,
        };
        if (error == 0 && changes && !_writable && (!isThere || (flags & (HostOpenFlags.Write | HostOpenFlags.Truncate)) != 0))
        {
            error = HostError.ReadOnly;
        }

        if (error != 0 || _open.Count >= MostHandles || (!isThere && !HasRoomForFile))
        {
            return Failed(request, error == 0 ? HostError.NoSpace : error);
        }

        FileStream? stream = null;
        if (!isThere || status.Kind == HostFileKind.File)
        {
            stream = OpenStream(path, flags, isThere, (uint)request.Argument2);
            CountOpened(isThere, stream.Length - (long)(isThere ? status.Size : 0));
            TryStatus(path, followed: true, out status);
        }

        ulong handle = _nextHandle++;
        _open[handle] = new OpenHandle(path, stream);
        return new Completion(request.Id, (long)handle, status.ToBytes());
    }

    private static FileStream OpenStream(string path, HostOpenFlags flags, bool isThere, uint mode)
    {
        bool writes = flags.HasFlag(HostOpenFlags.Write);
        var options = new FileStreamOptions
        {
            Mode = isThere ? FileMode.Open : FileMode.CreateNew,
            Access = !writes && isThere ? FileAccess.Read : flags.HasFlag(HostOpenFlags.Read) && isThere ? FileAccess.ReadWrite : writes && isThere ? FileAccess.Write : FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!isThere && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = (UnixFileMode)(mode & 0x1ff) | UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var stream = new FileStream(path, options);
        if (isThere && writes && flags.HasFlag(HostOpenFlags.Truncate))
        {
            stream.SetLength(0);
        }

        return stream;
    }

    private Completion Close(HostRequest request)
    {
        if (!_open.Remove(request.Argument1, out var file))
        {
            return Failed(request, HostError.InvalidArgument);
        }

        CountClosed(file);
        file.Stream?.Dispose();
        return Done(request);
    }

    private Completion Read(HostRequest request)
    {
        if (StreamOf(request) is not { } stream)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        var buffer = new byte[Math.Min(request.Argument3, MostBytes)];
        int length = 0;
        while (length < buffer.Length && request.Argument2 <= long.MaxValue - MostBytes)
        {
            int part = RandomAccess.Read(stream.SafeFileHandle, buffer.AsSpan(length), (long)request.Argument2 + length);
            if (part == 0)
            {
                break;
            }

            length += part;
        }

        return new Completion(request.Id, length, buffer.AsMemory(0, length));
    }

    private Completion Write(HostRequest request)
    {
        if (StreamOf(request) is not { CanWrite: true } stream)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        ulong offset = request.Argument2 == ulong.MaxValue ? (ulong)RandomAccess.GetLength(stream.SafeFileHandle) : request.Argument2;
        if (offset > long.MaxValue - MostBytes)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        int length = LengthThatFits(stream, (long)offset, request.Data.Length);
        if (length == 0 && request.Data.Length > 0)
        {
            return Failed(request, HostError.NoSpace);
        }

        long before = stream.Length;
        RandomAccess.Write(stream.SafeFileHandle, request.Data.Span[..length], (long)offset);
        _addedBytes += stream.Length - before;
        return Done(request, length);
    }

    private Completion Status(HostRequest request)
    {
        var error = _paths.Find(TextOf(request.Data), request.Argument1 != 1, out string path);
        return error != 0 ? Failed(request, error)
            : TryStatus(path, request.Argument1 != 1, out var status) ? new Completion(request.Id, 0, status.ToBytes())
            : Failed(request, HostError.NotFound);
    }

    private Completion HandleStatus(HostRequest request)
    {
        if (!_open.TryGetValue(request.Argument1, out var file))
        {
            return Failed(request, HostError.InvalidArgument);
        }

        bool isThere = TryStatus(file.Path, followed: true, out var status);
        if (file.Stream is { } stream)
        {
            // The handle's own length: the name may be gone, or another file's by now.
            status = status with { Kind = HostFileKind.File, Size = (ulong)RandomAccess.GetLength(stream.SafeFileHandle), Links = isThere ? 1u : 0, Mode = isThere ? status.Mode : 0x180 };
        }

        return new Completion(request.Id, 0, status.ToBytes());
    }

    private Completion Truncate(HostRequest request)
    {
        if (StreamOf(request) is not { CanWrite: true } stream || request.Argument2 > long.MaxValue)
        {
            return Failed(request, HostError.InvalidArgument);
        }

        long more = (long)request.Argument2 - stream.Length;
        if (more > 0 && more > _mostBytes - _addedBytes)
        {
            return Failed(request, HostError.NoSpace);
        }

        stream.SetLength((long)request.Argument2);
        AddBytes(more);
        return Done(request);
    }

    /// <summary>Finds a name that is to be made, moved or removed: never the grant's root, nor a link's target.</summary>
    private HostError FindName(ReadOnlySpan<byte> path, out string full)
    {
        string text = Encoding.UTF8.GetString(path).TrimEnd('/');
        var error = _paths.Find(text, false, out full);
        return error == 0 && full == Root ? HostError.AccessDenied : error;
    }

    private static HostError SetEmpty(HostError error, out string text)
    {
        text = "";
        return error;
    }

    private static bool TryStatus(string path, bool followed, out HostFileStatus status)
    {
        status = default;
        FileSystemInfo info = new FileInfo(path);
        bool isLink = info.LinkTarget is not null;
        if (isLink && followed)
        {
            return false; // Find has followed every link that leads somewhere inside; this one does not.
        }

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
        long time = (info.LastWriteTimeUtc - DateTime.UnixEpoch).Ticks * 100;
        status = new HostFileStatus(kind, mode, size, time, NumberOf(path), 1);
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

    private static string RealPath(string path)
    {
        string real = "/";
        if (OperatingSystem.IsWindows())
        {
            return path;
        }

        var pending = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        for (int links = 0; pending.TryPop(out string? name);)
        {
            if (name == "..")
            {
                real = Path.GetDirectoryName(real) ?? "/";
                continue;
            }

            string at = Path.Combine(real, name);
            if (new FileInfo(at).LinkTarget is not { } target || ++links > 40)
            {
                real = at;
                continue;
            }

            real = target.StartsWith('/') ? "/" : real;
            foreach (string part in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse().Where(part => part != "."))
            {
                pending.Push(part);
            }
        }

        return real;
    }

    private FileStream? StreamOf(HostRequest request) => _open.TryGetValue(request.Argument1, out var file) ? file.Stream : null;

    private static void Split(ReadOnlySpan<byte> data, out ReadOnlySpan<byte> first, out ReadOnlySpan<byte> second)
    {
        int zero = data.IndexOf((byte)0);
        first = zero < 0 ? data : data[..zero];
        second = zero < 0 ? [] : data[(zero + 1)..];
    }

    private static string TextOf(ReadOnlyMemory<byte> data) => Encoding.UTF8.GetString(data.Span);

    private static Completion Done(HostRequest request, long result = 0) => new(request.Id, result, default);

    private static Completion Failed(HostRequest request, HostError error) => new(request.Id, -(long)error, default);

    private static HostError ErrorOf(Exception problem) => problem switch
    {
        FileNotFoundException or DirectoryNotFoundException => HostError.NotFound,
        UnauthorizedAccessException => HostError.AccessDenied,
        ArgumentException or NotSupportedException or PathTooLongException => HostError.InvalidArgument,
        IOException { HResult: 28 } => HostError.NoSpace,
        IOException { HResult: 17 } => HostError.Exists,
        IOException { HResult: 39 } => HostError.NotEmpty,
        _ => HostError.InputOutput,
    };
}

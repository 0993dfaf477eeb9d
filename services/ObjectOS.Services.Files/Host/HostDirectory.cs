using System.Buffers.Binary;
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
    private readonly IFileCalls _calls;
    private readonly Dictionary<ulong, OpenHandle> _open = [];
    private ulong _nextHandle = 1;

    /// <summary>Grants <paramref name="directory"/>.</summary>
    /// <param name="directory">A directory of the host that exists.</param>
    /// <param name="writable">True: guests may change it.</param>
    /// <param name="calls">The host's calls; null: what .NET alone can do.</param>
    /// <param name="mostBytes">Bytes that guests may add, counted by the lengths of files; what they remove is given back.</param>
    /// <param name="mostFiles">Files, directories and links that they may add.</param>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    public HostDirectory(string directory, bool writable, IFileCalls? calls = null, ulong mostBytes = ulong.MaxValue, long mostFiles = long.MaxValue)
    {
        _calls = calls ?? new PortableFileCalls();
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

    /// <summary>The path below the directory of a file of the host, links in its path followed; null if it lies elsewhere.</summary>
    public string? NameInside(string path)
    {
        string real = RealPath(Path.GetFullPath(path));
        string start = Root == "/" ? "/" : Root + "/";
        return real.StartsWith(start, StringComparison.Ordinal) ? real[start.Length..] : null;
    }

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
        foreach (var file in _open.Values)
        {
            file.Dispose();
        }

        _open.Clear();
    }

    private Completion Dispatch(HostRequest request)
    {
        var operation = (HostFileOperation)request.Argument0;
        if (!_writable && operation is HostFileOperation.Write or HostFileOperation.Truncate or HostFileOperation.MakeDirectory
            or HostFileOperation.RemoveFile or HostFileOperation.RemoveDirectory or HostFileOperation.Rename or HostFileOperation.MakeLink
            or HostFileOperation.ChangeMode or HostFileOperation.SetTimes or HostFileOperation.SetHandleTimes or HostFileOperation.ChangeHandleMode
            or HostFileOperation.TruncatePath or HostFileOperation.HardLink)
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
            HostFileOperation.HardLink => HardLink(request),
            HostFileOperation.Synchronize => Synchronize(request),
            HostFileOperation.ChangeMode => ChangeMode(request),
            HostFileOperation.SetTimes => SetTimes(request),
            HostFileOperation.SetHandleTimes => SetHandleTimes(request),
            HostFileOperation.ChangeHandleMode => ChangeHandleMode(request),
            HostFileOperation.TruncatePath => TruncatePath(request),
            HostFileOperation.FileSystemStatus => FileSystemStatus(request),
            _ => Failed(request, HostError.InvalidArgument),
        };
    }

    private Completion Open(HostRequest request)
    {
        var flags = (HostOpenFlags)request.Argument1;
        string text = TextOf(request.Data);
        bool exclusive = flags.HasFlag(HostOpenFlags.Create | HostOpenFlags.Exclusive);
        var error = _paths.Find(text, !exclusive && !flags.HasFlag(HostOpenFlags.NoFollow), out string path);
        if (error != 0)
        {
            return Failed(request, error);
        }

        bool isThere = TryStatus(path, followed: false, out var status);
        error = WhyNotOpened(flags, isThere, status.Kind, exclusive, text.EndsWith('/'));
        if (error != 0 || _open.Count >= MostHandles || (!isThere && !HasRoomForFile))
        {
            return Failed(request, error == 0 ? HostError.NoSpace : error);
        }

        var file = isThere && status.Kind == HostFileKind.Directory
            ? new OpenHandle(path, null, _calls.OpenDirectory(path))
            : new OpenHandle(path, OpenStream(path, flags, isThere, (uint)request.Argument2), null);
        if (file.Stream is { } opened)
        {
            CountOpened(isThere, opened.Length - (long)(isThere ? status.Size : 0));
        }

        if (file.Handle is null || !_calls.TryStatus(file.Handle, out status))
        {
            TryStatus(path, followed: true, out status);
        }

        ulong handle = _nextHandle++;
        _open[handle] = file;
        return new Completion(request.Id, (long)handle, status.ToBytes());
    }

    private HostError WhyNotOpened(HostOpenFlags flags, bool isThere, HostFileKind kind, bool exclusive, bool wantsDirectory)
    {
        bool writes = (flags & (HostOpenFlags.Write | HostOpenFlags.Truncate)) != 0;
        if (!isThere)
        {
            return !flags.HasFlag(HostOpenFlags.Create) ? HostError.NotFound
                : wantsDirectory ? HostError.IsDirectory
                : _writable ? 0 : HostError.ReadOnly;
        }

        return kind switch
        {
            _ when exclusive => HostError.Exists,
            HostFileKind.Link => flags.HasFlag(HostOpenFlags.NoFollow) ? HostError.LinkLoop : HostError.NotFound,
            HostFileKind.Directory => writes || flags.HasFlag(HostOpenFlags.Create) ? HostError.IsDirectory : 0,
            _ when wantsDirectory => HostError.NotDirectory,
            HostFileKind.File => writes && !_writable ? HostError.ReadOnly : 0,
            _ => HostError.AccessDenied,
        };
    }

    private static FileStream OpenStream(string path, HostOpenFlags flags, bool isThere, uint mode)
    {
        bool writes = (flags & (HostOpenFlags.Write | HostOpenFlags.Truncate)) != 0;
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
        if (isThere && flags.HasFlag(HostOpenFlags.Truncate))
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
        file.Dispose();
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

        bool isAppended = request.Argument2 == ulong.MaxValue;
        long before = stream.Length;
        var bytes = request.Data;
        if (isAppended || request.Argument2 <= long.MaxValue - MostBytes)
        {
            bytes = bytes[..LengthThatFits(stream, isAppended ? before : (long)request.Argument2, bytes.Length)];
            if (bytes.IsEmpty && !request.Data.IsEmpty)
            {
                return Failed(request, HostError.NoSpace);
            }
        }

        long written = bytes.Length;
        var data = Array.Empty<byte>();
        HostError error = 0;
        if (isAppended)
        {
            error = _calls.Append(stream.SafeFileHandle, bytes, out written, out long end);
            data = new byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(data, end);
        }
        else if (request.Argument2 > long.MaxValue - MostBytes)
        {
            return Failed(request, HostError.TooLarge);
        }
        else
        {
            RandomAccess.Write(stream.SafeFileHandle, bytes.Span, (long)request.Argument2);
        }

        AddBytes(Math.Max(0, stream.Length - before));
        error = error == 0 && request.Argument3 == 1 ? _calls.Synchronize(stream.SafeFileHandle) : error;
        return error == 0 ? new Completion(request.Id, written, data) : Failed(request, error);
    }

    private Completion Status(HostRequest request)
    {
        string text = TextOf(request.Data);
        var error = _paths.Find(text, request.Argument1 != 1, out string path);
        return error != 0 ? Failed(request, error)
            : !TryStatus(path, request.Argument1 != 1, out var status) ? Failed(request, HostError.NotFound)
            : text.EndsWith('/') && status.Kind != HostFileKind.Directory ? Failed(request, HostError.NotDirectory)
            : new Completion(request.Id, 0, status.ToBytes());
    }

    private Completion HandleStatus(HostRequest request)
    {
        if (!_open.TryGetValue(request.Argument1, out var file))
        {
            return Failed(request, HostError.InvalidArgument);
        }

        if (file.Handle is { } handle && _calls.TryStatus(handle, out var status))
        {
            return new Completion(request.Id, 0, status.ToBytes());
        }

        bool isThere = TryStatus(file.Path, followed: true, out status);
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

        return SetLength(request, stream, (long)request.Argument2);
    }

    /// <summary>Finds a name that is to be made, moved or removed: never the grant's root, nor a link's target.</summary>
    private HostError FindName(ReadOnlySpan<byte> path, out string full)
    {
        string text = Encoding.UTF8.GetString(path).TrimEnd('/');
        var error = _paths.Find(text, false, out full);
        return error == 0 && full == Root ? HostError.Busy : error;
    }

    private static HostError SetEmpty(HostError error, out string text)
    {
        text = "";
        return error;
    }

    /// <summary>Reads what lies at a path; <see cref="GrantPath.Find"/> has followed every link that leads somewhere inside.</summary>
    private bool TryStatus(string path, bool followed, out HostFileStatus status) =>
        _calls.TryStatus(path, out status) && !(followed && status.Kind == HostFileKind.Link);

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
        ArgumentException or NotSupportedException => HostError.InvalidArgument,
        PathTooLongException or IOException { HResult: 36 } => HostError.NameTooLong,
        IOException { HResult: 27 } => HostError.TooLarge,
        IOException { HResult: 28 } => HostError.NoSpace,
        IOException { HResult: 17 } => HostError.Exists,
        IOException { HResult: 39 } => HostError.NotEmpty,
        _ => HostError.InputOutput,
    };
}

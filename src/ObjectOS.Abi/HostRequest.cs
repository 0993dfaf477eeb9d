namespace ObjectOS.Abi;

/// <summary>The kinds of work that a kernel asks of its host.</summary>
public enum HostRequestKind : uint
{
    /// <summary>Write data to a stream: target the stream. Result: bytes written, or a negative <see cref="HostError"/>.</summary>
    StreamWrite = 1,

    /// <summary>
    /// Read at most argument 0 bytes from a stream: target the stream. Result: bytes read, 0 at the end. The host may answer <see cref="HostError.TryAgain"/>:
    /// there is nothing yet. The kernel then makes the request again, with the same number, after a millisecond of guest time; who asked hears nothing of it.
    /// </summary>
    StreamRead = 2,

    /// <summary>An operation on a granted directory: target the grant, argument 0 the <see cref="HostFileOperation"/>.</summary>
    File = 3,

    /// <summary>The host's wall clock. Result: nanoseconds since 1970-01-01 UTC.</summary>
    Clock = 4,

    /// <summary>A cell that was started for the host has ended; target is the host's own number for it. Needs no answer.</summary>
    Ended = 5,

    /// <summary>A line for the trace or the log; needs no answer.</summary>
    Log = 6,

    /// <summary>A cell was started for the host: target is the host's own number for it, argument 0 the kernel's. Needs no answer.</summary>
    Started = 7,

    /// <summary>A sentence about what was started for the host and is still under way: target is the host's own number for it; data: UTF-8. Needs no answer.</summary>
    Notice = 8,

    /// <summary>
    /// Listen on a port of the host's loopback address: target the network grant, argument 0 the port, which the grant must name. Result: a
    /// listener.
    /// </summary>
    SocketListen = 16,

    /// <summary>
    /// Take a connection: argument 0 the listener, 1 the most milliseconds of the host's time to wait (all ones: without a limit). Result: a
    /// connection, or <see cref="HostError.TryAgain"/>.
    /// </summary>
    SocketAccept = 17,

    /// <summary>
    /// Read from a connection: argument 0 the connection, 1 the most bytes, 2 the most milliseconds to wait. Result: bytes read, 0 at the end, or
    /// <see cref="HostError.TryAgain"/>; data: the bytes.
    /// </summary>
    SocketReceive = 18,

    /// <summary>
    /// Write data to a connection: argument 0 the connection, 1 the most milliseconds to wait. Result: bytes taken, which may be fewer than came, or
    /// <see cref="HostError.TryAgain"/> where that is none.
    /// </summary>
    SocketSend = 19,

    /// <summary>Close a connection: argument 0 the connection, 1 the <see cref="SocketCloseMode"/>. Result 0.</summary>
    SocketClose = 20,

    /// <summary>
    /// Take datagrams at a UDP port of the host's loopback address: target the network grant, argument 0 the port, which the grant must name for UDP.
    /// Result: a socket for datagrams.
    /// </summary>
    DatagramOpen = 21,

    /// <summary>
    /// Receive a datagram: argument 0 the socket, 1 the most bytes, 2 the most milliseconds of the host's time to wait. Larger ones are dropped. Result: the
    /// client that sent it, its IPv4 address times 65536 plus its port, or <see cref="HostError.TryAgain"/>; data: the datagram, which may be empty.
    /// </summary>
    DatagramReceive = 22,

    /// <summary>
    /// Send a datagram, the data: argument 0 the socket, 1 the client, which must have sent one to that socket, 2 the most milliseconds to wait. Result 0.
    /// </summary>
    DatagramSend = 23,
}

/// <summary>How a connection is closed.</summary>
public enum SocketCloseMode : uint
{
    /// <summary>All that was written still arrives.</summary>
    Orderly = 0,

    /// <summary>Nothing more is written; reading goes on.</summary>
    EndSending = 1,

    /// <summary>At once: the other side sees a reset.</summary>
    Reset = 2,
}

/// <summary>What a <see cref="HostRequestKind.File"/> request asks for. Paths are relative to the grant, UTF-8, first in the data.</summary>
public enum HostFileOperation : uint
{
    /// <summary>Argument 1: open flags (<see cref="HostOpenFlags"/>), 2: mode. Result: a handle; data: <see cref="HostFileStatus"/>.</summary>
    Open = 1,

    /// <summary>Argument 1: handle. Result 0.</summary>
    Close = 2,

    /// <summary>Argument 1: handle, 2: offset, 3: length. Result: bytes; data: the bytes.</summary>
    Read = 3,

    /// <summary>
    /// Argument 1: handle, 2: offset (all ones: at the end, in one step with finding it), 3: 1 if the bytes must reach the device; data: the bytes. Result: bytes written;
    /// data, if at the end: the offset after them, 64 bits.
    /// </summary>
    Write = 4,

    /// <summary>Path; argument 1: 1 to look at a link itself. Result 0; data: <see cref="HostFileStatus"/>.</summary>
    Status = 5,

    /// <summary>
    /// Path, and behind a NUL the name to go on behind; argument 1: bytes of the program's buffer. Result: count; data: entries (kind byte, UTF-8 name, NUL),
    /// sorted by name, ordinal; at least one unless there is none, and no more than fit as <c>linux_dirent64</c> into the buffer.
    /// </summary>
    List = 6,

    /// <summary>Argument 1: handle, 2: length. Result 0.</summary>
    Truncate = 7,

    /// <summary>Path. Result 0.</summary>
    MakeDirectory = 8,

    /// <summary>Path. Result 0.</summary>
    RemoveFile = 9,

    /// <summary>Path. Result 0.</summary>
    RemoveDirectory = 10,

    /// <summary>Path, NUL, new path; argument 1: a <see cref="HostRenameMode"/>. Result 0.</summary>
    Rename = 11,

    /// <summary>Path. Result: length; data: the target.</summary>
    ReadLink = 12,

    /// <summary>Target, NUL, path of the new link. Result 0.</summary>
    MakeLink = 13,

    /// <summary>Argument 1: handle, of a file or a directory; 0: all of the grant. Its bytes reach the device. Result 0.</summary>
    Synchronize = 14,

    /// <summary>Path; argument 1: permission bits. Result 0.</summary>
    ChangeMode = 15,

    /// <summary>Argument 1: handle. Result 0; data: <see cref="HostFileStatus"/>.</summary>
    HandleStatus = 16,

    /// <summary>
    /// Path; arguments 1 and 2: times of access and modification, signed nanoseconds since 1970-01-01 UTC, or <see cref="HostFileTime.Omitted"/>; 3: 1 to
    /// change a link itself. Result 0.
    /// </summary>
    SetTimes = 17,

    /// <summary>Argument 1: handle, 2 and 3: times as with <see cref="SetTimes"/>. Result 0.</summary>
    SetHandleTimes = 18,

    /// <summary>Argument 1: handle, 2: permission bits. Result 0.</summary>
    ChangeHandleMode = 19,

    /// <summary>Path; argument 1: length. Result 0.</summary>
    TruncatePath = 20,

    /// <summary>Path. Result 0; data: the file system's bytes in all, free, and free to this user, 64 bits each.</summary>
    FileSystemStatus = 21,

    /// <summary>The target is a layer. Argument 1: offset, 2: count. Result: bytes; data: that part of its serialized index; fewer bytes mean its end.</summary>
    LayerIndex = 22,

    /// <summary>The target is a layer. Argument 1: number of a file, 2: offset, 3: count. Result: bytes; data: the bytes.</summary>
    LayerRead = 23,

    /// <summary>Path, NUL, another path, which becomes a further name of the same file. Result 0.</summary>
    HardLink = 24,
}

/// <summary>What a rename does with what has the new name.</summary>
public enum HostRenameMode : uint
{
    /// <summary>It is replaced.</summary>
    Replace = 0,

    /// <summary>The rename fails, in one step with the look.</summary>
    KeepOld = 1,

    /// <summary>It gets the old name.</summary>
    Exchange = 2,
}

/// <summary>Times of files.</summary>
public static class HostFileTime
{
    /// <summary>A time that is not changed.</summary>
    public const long Omitted = long.MinValue;
}

/// <summary>How a granted file is opened.</summary>
[Flags]
public enum HostOpenFlags : uint
{
    /// <summary>For reading.</summary>
    Read = 1,

    /// <summary>For writing; the grant must be writable.</summary>
    Write = 2,

    /// <summary>Made where it is not there.</summary>
    Create = 4,

    /// <summary>With <see cref="Create"/>: it must not be there.</summary>
    Exclusive = 8,

    /// <summary>Emptied; the grant must be writable.</summary>
    Truncate = 16,

    /// <summary>A link at the end of the path is refused.</summary>
    NoFollow = 32,
}

/// <summary>Why the host could not; results carry it negated. The values are Linux's error numbers.</summary>
public enum HostError
{
    /// <summary>Not permitted.</summary>
    NotPermitted = 1,

    /// <summary>No such file or directory.</summary>
    NotFound = 2,

    /// <summary>Cut off: whether it was done is not known.</summary>
    Interrupted = 4,

    /// <summary>Input or output error.</summary>
    InputOutput = 5,

    /// <summary>Nothing within the time that the request gave; to be asked for again.</summary>
    TryAgain = 11,

    /// <summary>Access denied: outside of the grant, or the grant is not writable.</summary>
    AccessDenied = 13,

    /// <summary>In use: the grant's root.</summary>
    Busy = 16,

    /// <summary>There already.</summary>
    Exists = 17,

    /// <summary>Not a directory.</summary>
    NotDirectory = 20,

    /// <summary>Is a directory.</summary>
    IsDirectory = 21,

    /// <summary>Not understood.</summary>
    InvalidArgument = 22,

    /// <summary>Larger than files can be.</summary>
    TooLarge = 27,

    /// <summary>No room left.</summary>
    NoSpace = 28,

    /// <summary>The grant is read-only.</summary>
    ReadOnly = 30,

    /// <summary>Nobody reads the stream any more.</summary>
    BrokenPipe = 32,

    /// <summary>A name or path that is too long.</summary>
    NameTooLong = 36,

    /// <summary>Not empty.</summary>
    NotEmpty = 39,

    /// <summary>Links led round in a circle.</summary>
    LinkLoop = 40,

    /// <summary>A name that is not UTF-8.</summary>
    IllegalSequence = 84,

    /// <summary>The host cannot do that.</summary>
    NotSupported = 95,
}

/// <summary>
/// Work that a kernel asks of its host, a record in kernel state. Host code takes it, does it outside of the kernel, and posts a
/// <see cref="Completion"/> with the same identifier.
/// </summary>
/// <param name="Id">Unique in its kernel, never used twice.</param>
/// <param name="Kind">What kind of work.</param>
/// <param name="Target">Which stream, grant or cell, by the host's own number.</param>
/// <param name="Argument0">The first argument.</param>
/// <param name="Argument1">The second argument.</param>
/// <param name="Argument2">The third argument.</param>
/// <param name="Argument3">The fourth argument.</param>
/// <param name="Data">Data that goes with it; owned by the record.</param>
public sealed record HostRequest(
    ulong Id,
    HostRequestKind Kind,
    ulong Target,
    ulong Argument0,
    ulong Argument1,
    ulong Argument2,
    ulong Argument3,
    ReadOnlyMemory<byte> Data)
{
    /// <summary>False for kinds that the host is told and does not answer.</summary>
    public bool NeedsCompletion => Kind is not (HostRequestKind.Ended or HostRequestKind.Log or HostRequestKind.Started or HostRequestKind.Notice);
}

/// <summary>The end of a <see cref="HostRequest"/>.</summary>
/// <param name="RequestId">The request's identifier.</param>
/// <param name="Result">Non-negative: as its kind says; negative: a <see cref="HostError"/>, negated.</param>
/// <param name="Data">What it returns; not changed after it is posted.</param>
public sealed record Completion(ulong RequestId, long Result, ReadOnlyMemory<byte> Data)
{
    /// <summary>Guest nanoseconds by which it is delivered later than at its time, behind those of later requests if need be.</summary>
    public ulong Delay { get; init; }
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;
using ObjectOS.Host.Layers;
using ObjectOS.Services.Files;
using ObjectOS.Services.Files.Host;

namespace ObjectOS.Host;

/// <summary>Linux's calls for files, by the C library. Each path ends in no link that is followed, unless it is said.</summary>
internal sealed class LinuxFileCalls : IFileCalls
{
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const int NoFollow = 0x100; // AT_SYMLINK_NOFOLLOW
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH
    private const uint BasicStatus = 0x7ff; // STATX_BASIC_STATS
    private const int StatusBytes = 256;
    private const int AppendFlag = 0x10; // RWF_APPEND
    private const int SeekCurrent = 1;
    private const long Second = 1_000_000_000;
    private const long OmittedPart = 0x3ffffffe; // UTIME_OMIT

    /// <summary>The calls that this host has.</summary>
    public static IFileCalls OfThisHost() => OperatingSystem.IsLinux() && Environment.Is64BitProcess && HasAll() ? new LinuxFileCalls() : new PortableFileCalls();

    /// <summary>True if the C library has the newer calls, too.</summary>
    private static bool HasAll() =>
        NativeLibrary.TryLoad("libc", typeof(LinuxFileCalls).Assembly, DllImportSearchPath.SafeDirectories, out nint library)
        && new[] { nameof(renameat2), nameof(pwritev2), nameof(statx), nameof(syncfs) }.All(name => NativeLibrary.TryGetExport(library, name, out _));

    public HostError Rename(string from, string to, HostRenameMode mode) =>
        ErrorOf(renameat2(WorkingDirectory, Bytes(from), WorkingDirectory, Bytes(to), (uint)mode));

    public HostError HardLink(string from, string to) => ErrorOf(linkat(WorkingDirectory, Bytes(from), WorkingDirectory, Bytes(to), 0));

    public SafeFileHandle? OpenDirectory(string path)
    {
        // O_DIRECTORY and O_NOFOLLOW have other values on arm64 than on x86-64; O_CLOEXEC has one (uapi/asm/fcntl.h).
        int flags = 0x80000 | (RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 0x4000 | 0x8000 : 0x10000 | 0x20000);
        int descriptor = open(Bytes(path), flags);
        return descriptor < 0 ? null : new SafeFileHandle(descriptor, ownsHandle: true);
    }

    public HostError Synchronize(SafeFileHandle handle) => ErrorOf(fsync(handle));

    public HostError SynchronizeAll(SafeFileHandle handle) => ErrorOf(syncfs(handle));

    public HostError Append(SafeFileHandle handle, ReadOnlyMemory<byte> data, out long written, out long end)
    {
        var bytes = GCHandle.Alloc(data.ToArray(), GCHandleType.Pinned);
        try
        {
            // An offset of −1 is the descriptor's position, which moves to the end of what was written (preadv2(2)).
            var part = new Part { Start = bytes.AddrOfPinnedObject(), Length = data.Length };
            written = pwritev2(handle, ref part, 1, -1, AppendFlag);
            var error = written < 0 ? Last() : 0;
            end = error == 0 ? lseek(handle, 0, SeekCurrent) : 0;
            return error;
        }
        finally
        {
            bytes.Free();
        }
    }

    public HostError SetTimes(SafeFileHandle handle, long access, long modify) => ErrorOf(futimens(handle, Times(access, modify)));

    public HostError SetTimes(string path, long access, long modify) => ErrorOf(utimensat(WorkingDirectory, Bytes(path), Times(access, modify), NoFollow));

    public bool TryStatus(SafeFileHandle handle, out HostFileStatus status)
    {
        var record = new byte[StatusBytes];
        bool isThere = statx(handle, [0], EmptyPath, BasicStatus, record) == 0;
        status = isThere ? StatusOf(record) : default;
        return isThere;
    }

    public bool TryStatus(string path, out HostFileStatus status)
    {
        var record = new byte[StatusBytes];
        bool isThere = statx(WorkingDirectory, Bytes(path), NoFollow, BasicStatus, record) == 0;
        status = isThere ? StatusOf(record) : default;
        return isThere;
    }

    /// <summary>Reads what a layer takes of what lies at a path; false if nothing does, or the host does not say.</summary>
    public static bool TryLayerStatus(string path, out LayerStatus status)
    {
        status = default;
        var record = new byte[StatusBytes];
        if (!OperatingSystem.IsLinux() || statx(WorkingDirectory, Bytes(path), NoFollow, BasicStatus, record) != 0)
        {
            return false;
        }

        uint WordAt(int at) => BinaryPrimitives.ReadUInt32LittleEndian(record.AsSpan(at));
        ulong LongAt(int at) => BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(at));
        uint mode = BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(28));
        var kind = (mode & 0xf000) switch
        {
            0x4000 => LayerNodeKind.Directory,
            0xa000 => LayerNodeKind.Link,
            0x2000 => LayerNodeKind.CharacterDevice,
            0x6000 => LayerNodeKind.BlockDevice,
            0x1000 => LayerNodeKind.Fifo,
            0xc000 => LayerNodeKind.Socket,
            _ => LayerNodeKind.File,
        };
        bool isDevice = kind is LayerNodeKind.CharacterDevice or LayerNodeKind.BlockDevice;
        status = new LayerStatus(
            kind, mode & 0xfff, WordAt(20), WordAt(24), TimeAt(record.AsSpan(112)), LongAt(40), isDevice ? DeviceNumber.Of(WordAt(128), WordAt(132)) : 0,
            DeviceNumber.Of(WordAt(136), WordAt(140)), LongAt(32), WordAt(16));
        return true;
    }

    /// <summary>Reads struct statx (uapi/linux/stat.h).</summary>
    private static HostFileStatus StatusOf(ReadOnlySpan<byte> record)
    {
        int mode = BinaryPrimitives.ReadUInt16LittleEndian(record[28..]);
        var kind = (mode & 0xf000) switch
        {
            0x4000 => HostFileKind.Directory,
            0x8000 => HostFileKind.File,
            0xa000 => HostFileKind.Link,
            _ => HostFileKind.Other,
        };
        ulong inode = BinaryPrimitives.ReadUInt64LittleEndian(record[32..]);
        ulong size = BinaryPrimitives.ReadUInt64LittleEndian(record[40..]);
        uint links = BinaryPrimitives.ReadUInt32LittleEndian(record[16..]);
        return new HostFileStatus(kind, (uint)mode & 0x1ff, size, TimeAt(record[112..]), inode, links, TimeAt(record[64..]), TimeAt(record[96..]));
    }

    private static long TimeAt(ReadOnlySpan<byte> bytes)
    {
        long seconds = Math.Clamp(BinaryPrimitives.ReadInt64LittleEndian(bytes), long.MinValue / Second + 1, long.MaxValue / Second - 1);
        return (seconds * Second) + BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
    }

    /// <summary>Two records of seconds and nanoseconds.</summary>
    private static long[] Times(long access, long modify)
    {
        var times = new long[4];
        Put(access, 0);
        Put(modify, 2);
        return times;

        void Put(long time, int at)
        {
            long part = time == HostFileTime.Omitted ? OmittedPart : ((time % Second) + Second) % Second;
            times[at] = time == HostFileTime.Omitted ? 0 : (time - part) / Second;
            times[at + 1] = part;
        }
    }

    private static byte[] Bytes(string path) => Encoding.UTF8.GetBytes(path + "\0");

    private static HostError ErrorOf(long result) => result < 0 ? Last() : 0;

    private static HostError Last() => (HostError)Marshal.GetLastPInvokeError();

    private struct Part
    {
        public nint Start;
        public nint Length;
    }

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code, which has no room here.
    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int renameat2(int fromDirectory, byte[] from, int toDirectory, byte[] to, uint flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int linkat(int fromDirectory, byte[] from, int toDirectory, byte[] to, int flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fsync(SafeFileHandle handle);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int syncfs(SafeFileHandle handle);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint pwritev2(SafeFileHandle handle, ref Part part, int count, long offset, int flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern long lseek(SafeFileHandle handle, long offset, int origin);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int futimens(SafeFileHandle handle, long[] times);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int utimensat(int directory, byte[] path, long[] times, int flags);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(SafeFileHandle directory, byte[] path, int flags, uint mask, [Out] byte[] record);

    [DllImport("libc", SetLastError = true), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, [Out] byte[] record);
#pragma warning restore SYSLIB1054
}

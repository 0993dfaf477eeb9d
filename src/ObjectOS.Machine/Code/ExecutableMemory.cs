using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace ObjectOS.Machine.Code;

/// <summary>
/// A range of host memory for generated code and its data. No page of it is ever writable and executable: the code has two views, one
/// that is
/// written through and one that is executed.
/// </summary>
internal sealed unsafe partial class ExecutableMemory : IDisposable
{
    private const int ProtectNone = 0, ProtectRead = 1, ProtectWrite = 2, ProtectExecute = 4;
    private const int MapShared = 1, MapPrivate = 2, MapFixed = 0x10, MapAnonymous = 0x20;
    private const uint CloseOnExec = 1;

    private readonly nuint _codeBytes;
    private readonly nuint _dataBytes;
    private bool _disposed;

    private ExecutableMemory(byte* code, byte* writableCode, nuint codeBytes, nuint dataBytes)
    {
        Code = code;
        WritableCode = writableCode;
        _codeBytes = codeBytes;
        _dataBytes = dataBytes;
    }

    ~ExecutableMemory() => Free();

    /// <summary>The view that is executed; it can be read but not written.</summary>
    public byte* Code { get; }

    /// <summary>The view of the same code that is written; it cannot be executed.</summary>
    public byte* WritableCode { get; }

    /// <summary>Data that generated code reads and writes, right after <see cref="Code"/>; it cannot be executed.</summary>
    public byte* Data => Code + _codeBytes;

    /// <summary>True if the generated code's instruction set and calling convention are those of this process.</summary>
    public static bool IsSupported => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64
        && Avx2.IsSupported && Fma.IsSupported && Bmi2.X64.IsSupported && Lzcnt.X64.IsSupported && Popcnt.X64.IsSupported;

    /// <summary>Maps the memory; null if the host refuses. Sizes are multiples of the host's page.</summary>
    public static ExecutableMemory? TryCreate(nuint codeBytes, nuint dataBytes)
    {
        if (!IsSupported)
            return null;
        int file = CreateMemoryFile("objectos-code", CloseOnExec);
        if (file < 0)
            return null;
        try
        {
            return SetLength(file, (nint)codeBytes) == 0 ? TryMap(file, codeBytes, dataBytes) : null;
        }
        finally
        {
            _ = Close(file);
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    // One reservation holds the code and its data, so that a displacement of 32 bits reaches from the one to the other.
    private static ExecutableMemory? TryMap(int file, nuint codeBytes, nuint dataBytes)
    {
        byte* start = Map(null, codeBytes + dataBytes, ProtectNone, MapPrivate | MapAnonymous, -1, 0);
        if (Failed(start))
            return null;
        byte* writable = Map(null, codeBytes, ProtectRead | ProtectWrite, MapShared, file, 0);
        if (Failed(Map(start, codeBytes, ProtectRead | ProtectExecute, MapShared | MapFixed, file, 0))
            || Failed(Map(start + codeBytes, dataBytes, ProtectRead | ProtectWrite, MapPrivate | MapAnonymous | MapFixed, -1, 0))
            || Failed(writable))
        {
            _ = Unmap(start, codeBytes + dataBytes);
            if (!Failed(writable))
                _ = Unmap(writable, codeBytes);
            return null;
        }

        return new ExecutableMemory(start, writable, codeBytes, dataBytes);
    }

    private static bool Failed(byte* address) => (nint)address == -1;

    // Safety: nothing is executed from here afterwards; the owner is not running, or is not reachable any more.
    private void Free()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = Unmap(Code, _codeBytes + _dataBytes);
        _ = Unmap(WritableCode, _codeBytes);
    }

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int CreateMemoryFile(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "ftruncate")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLength(int file, nint length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial byte* Map(byte* address, nuint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmap(byte* address, nuint length);

    [LibraryImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Close(int file);
}

using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace ObjectOS.Host;

/// <summary>What stands at a path of the host, told without opening it: a pipe that nobody writes holds whoever opens it, beyond time-outs and signals.</summary>
internal static class HostNode
{
    private const int WorkingDirectory = -100; // AT_FDCWD
    private const uint KindWanted = 1; // STATX_TYPE
    private const int Room = 256, ModeAt = 28;

    /// <summary>What it is where bytes cannot be had from it as from a file; null: a file, a directory, a device, nothing, or a host that does not say.</summary>
    public static string? Misfit(string path) => (Mode(path) & 0xf000) switch
    {
        0x1000 => "a pipe",
        0xc000 => "a socket",
        _ => null,
    };

    /// <summary>The mode with the kind, links followed; 0: not known. Linux alone has a record that is laid out alike on every processor (statx(2)).</summary>
    private static int Mode(string path)
    {
        if (!OperatingSystem.IsLinux() || path.Contains('\0', StringComparison.Ordinal))
        {
            return 0;
        }

        var record = new byte[Room];
        try
        {
            return statx(WorkingDirectory, Encoding.UTF8.GetBytes(path + "\0"), 0, KindWanted, record) == 0 ? BinaryPrimitives.ReadUInt16LittleEndian(record.AsSpan(ModeAt)) : 0;
        }
        catch (Exception e) when (e is EntryPointNotFoundException or DllNotFoundException)
        {
            // A C library older than the call.
            return 0;
        }
    }

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code, which has no room here.
    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int statx(int directory, byte[] path, int flags, uint mask, [Out] byte[] record);
#pragma warning restore SYSLIB1054
}

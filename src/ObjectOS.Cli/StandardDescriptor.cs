using System.Runtime.InteropServices;

namespace ObjectOS.Cli;

/// <summary>
/// Descriptors 0, 1 and 2. Where one was closed before the tool began, the runtime has put something of its own there, a pipe for signals for instance, that looks like a
/// standard stream and never ends.
/// </summary>
/// <remarks>
/// What a process begins with has come through exec(2), which closes all that has FD_CLOEXEC: a descriptor that has it was opened since. The runtime opens its own so.
/// </remarks>
internal static class StandardDescriptor
{
    private const int GetFlags = 1; // F_GETFD
    private const int ClosedByExec = 1; // FD_CLOEXEC

    /// <summary>True where the process began without it.</summary>
    public static bool WasClosed(int number) => !OperatingSystem.IsWindows() && fcntl(number, GetFlags) is var flags && (flags < 0 || (flags & ClosedByExec) != 0);

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code, which has no room here.
    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int fcntl(int descriptor, int command);
#pragma warning restore SYSLIB1054
}

using System.Runtime.InteropServices;
using System.Text;

namespace ObjectOS.Cli.Jail;

/// <summary>The calls to Linux that a jail is made of. x64 alone has these numbers.</summary>
internal static class JailCalls
{
    private const nint SeccompNumber = 317, CreateRulesetNumber = 444, AddRuleNumber = 445, RestrictSelfNumber = 446;
    private const int NoNewPrivileges = 38; // PR_SET_NO_NEW_PRIVS
    private const nint SetFilter = 1, AllThreads = 1; // SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC
    private const nint AskVersion = 1; // LANDLOCK_CREATE_RULESET_VERSION
    private const int PathOnly = 0x280000; // O_PATH | O_CLOEXEC

    /// <summary>Forbids this thread, and those that it starts, to gain rights by execve: both walls ask for it (prctl(2)).</summary>
    public static bool TryForbidNewPrivileges() => prctl(NoNewPrivileges, 1, 0, 0, 0) == 0;

    /// <summary>Has a filter decide on the calls of all threads from here on (seccomp(2)).</summary>
    /// <param name="filter">Instructions of BPF.</param>
    public static bool TryInstallFilter(ulong[] filter)
    {
        var pinned = GCHandle.Alloc(filter, GCHandleType.Pinned);
        try
        {
            var program = new FilterProgram { Length = (ushort)filter.Length, Instructions = pinned.AddrOfPinnedObject() };
            return syscall(SeccompNumber, SetFilter, AllThreads, ref program) == 0;
        }
        finally
        {
            pinned.Free();
        }
    }

    /// <summary>The version of Landlock that the host has; 0: none (landlock_create_ruleset(2)).</summary>
    public static int LandlockVersion() => (int)Math.Max(0, syscall(CreateRulesetNumber, 0, 0, AskVersion));

    /// <summary>Makes a set of rules; negative: the host refuses.</summary>
    /// <param name="handled">What is forbidden but by a rule: for files, then for ports.</param>
    public static int CreateRuleset(ulong[] handled) => (int)syscall(CreateRulesetNumber, handled, handled.Length * sizeof(ulong), 0);

    /// <summary>Adds a rule: of kind 1 for what is at or below a descriptor, of kind 2 for a port.</summary>
    public static bool TryAddRule(int ruleset, int kind, byte[] rule) => syscall(AddRuleNumber, ruleset, kind, rule, 0) == 0;

    /// <summary>Has this thread, and those that it starts, keep to the rules.</summary>
    public static bool TryRestrictThread(int ruleset) => syscall(RestrictSelfNumber, ruleset, 0, 0) == 0;

    /// <summary>A descriptor that stands for a path; negative: there is none.</summary>
    public static int OpenPath(string path) => open(Encoding.UTF8.GetBytes(path + "\0"), PathOnly);

    /// <summary>Gives a descriptor back.</summary>
    public static void Close(int descriptor) => _ = close(descriptor);

    private struct FilterProgram
    {
        public ushort Length;
        public nint Instructions;
    }

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code, which has no room here.
    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int prctl(int option, nint a, nint b, nint c, nint d);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(nint number, nint a, nint b, ref FilterProgram c);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(nint number, nint a, nint b, nint c);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(nint number, ulong[] a, nint b, nint c);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint syscall(nint number, nint a, nint b, byte[] c, nint d);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int open(byte[] path, int flags);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054
}

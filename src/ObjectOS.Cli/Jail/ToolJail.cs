using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ObjectOS.Cli.Jail;

/// <summary>
/// The second wall around guests: before the first instruction of a guest, the native tool gives up all of the host that the run does not need. Code that got out of a guest then
/// has no file, socket or process either.
/// </summary>
/// <remarks>
/// Landlock binds a thread and those that it starts, so it comes first, while this thread and the runtime's finalizer are the only ones. The filter of system calls binds
/// all threads, so it comes last, after what the run opens for itself.
/// </remarks>
internal sealed class ToolJail
{
    private readonly JailGrants _grants;
    private bool _hasLandlock;
    private bool _hasFilter;

    private ToolJail(JailGrants grants) => _grants = grants;

    /// <summary>The walls that stand, as figures name them.</summary>
    public string Walls => (_hasFilter, _hasLandlock) switch
    {
        (true, true) => "seccomp, landlock",
        (true, false) => "seccomp",
        (false, true) => "landlock",
        _ => "none",
    };

    /// <summary>True for a native tool on Linux on x64. A runtime that makes code while it runs needs what is forbidden here.</summary>
    private static bool IsSupported =>
        !RuntimeFeature.IsDynamicCodeSupported && OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Puts up both walls at once, for a command that opens little for itself.</summary>
    /// <param name="grants">What it needs.</param>
    public static void Enter(JailGrants grants)
    {
        LoadHashes();
        TryEnter(grants)?.Close();
    }

    /// <summary>Loads the library for hashes, which cannot be loaded later.</summary>
    public static void LoadHashes() => _ = SHA256.HashData([]);

    /// <summary>Puts up the first wall, around files. Null: this tool has no jail.</summary>
    /// <param name="grants">What the run needs.</param>
    public static ToolJail? TryEnter(JailGrants grants)
    {
        if (!IsSupported)
        {
            return null;
        }

        var jail = new ToolJail(grants);
        int rules = LandlockRules.Create(grants);
        if (rules >= 0)
        {
            jail._hasLandlock = TryRestrictAll(rules);
            JailCalls.Close(rules);
        }

        return jail;
    }

    /// <summary>Puts up the second wall, around system calls.</summary>
    public void Close() => _hasFilter = JailCalls.TryForbidNewPrivileges() && JailCalls.TryInstallFilter(CallFilter.Create(_grants, Environment.ProcessId));

    /// <summary>Restricts the threads that there are. False if one of them is not.</summary>
    private static bool TryRestrictAll(int rules)
    {
        const int Own = 2;
        bool isWhole = Directory.GetDirectories("/proc/self/task").Length == Own;
        isWhole &= TryRestrict(rules);
        bool isFinalizerRestricted = false;
        OnFinalizerThread(() => isFinalizerRestricted = TryRestrict(rules));
        GC.Collect(0, GCCollectionMode.Forced, blocking: true);
        GC.WaitForPendingFinalizers();
        return isWhole && Volatile.Read(ref isFinalizerRestricted);
    }

    private static bool TryRestrict(int rules) => JailCalls.TryForbidNewPrivileges() && JailCalls.TryRestrictThread(rules);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void OnFinalizerThread(Action action) => _ = new Errand(action);

    /// <summary>Something that is done on the runtime's finalizer thread, once this is found to be garbage.</summary>
    private sealed class Errand(Action action)
    {
        ~Errand() => action();
    }
}

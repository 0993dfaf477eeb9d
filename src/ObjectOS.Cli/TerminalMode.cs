using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace ObjectOS.Cli;

/// <summary>
/// Puts the terminal at standard input into raw mode: every key comes at once and unchanged, Ctrl-C included. Its own mode comes back whatever ends the tool: disposal,
/// a signal, an exception that nobody catches. A tool that is suspended gives it back meanwhile.
/// </summary>
/// <remarks>
/// POSIX, chapter "General Terminal Interface". The mode is kept as the bytes that the host's C library made of it; of their meaning only the place of <c>c_oflag</c> is known,
/// which stays as it was, so that lines of the tool and of guests begin where they should.
/// </remarks>
internal sealed class TerminalMode : IDisposable
{
    private const int StandardInput = 0;
    private const int Now = 0; // TCSANOW, on Linux and macOS
    private const int Room = 256;

    private readonly Lock _changes = new();
    private readonly byte[] _own = new byte[Room];
    private readonly byte[] _raw = new byte[Room];
    private readonly List<PosixSignalRegistration> _signals = [];
    private bool _isDone;

    private TerminalMode()
    {
    }

    /// <summary>Changes the mode; null where standard input is no terminal, or the host is of another kind.</summary>
    public static TerminalMode? TryMakeRaw()
    {
        if (OperatingSystem.IsWindows() || !(OperatingSystem.IsLinux() || OperatingSystem.IsMacOS()))
        {
            return null;
        }

        var mode = new TerminalMode();
        if (tcgetattr(StandardInput, mode._own) != 0)
        {
            return null;
        }

        mode._own.CopyTo(mode._raw, 0);
        cfmakeraw(mode._raw);
        var output = OperatingSystem.IsMacOS() ? 8..16 : 4..8;
        mode._own.AsSpan(output).CopyTo(mode._raw.AsSpan(output));
        mode.Watch();
        mode.Set(mode._raw);
        return mode;
    }

    public void Dispose()
    {
        Leave();
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        AppDomain.CurrentDomain.UnhandledException -= OnExit;
        _signals.ForEach(signal => signal.Dispose());
    }

    [UnsupportedOSPlatform("windows")]
    private void Watch()
    {
        AppDomain.CurrentDomain.ProcessExit += OnExit;
        AppDomain.CurrentDomain.UnhandledException += OnExit;
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, _ => Leave()));
        }

        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGTSTP, _ => Set(_own)));
        _signals.Add(PosixSignalRegistration.Create(PosixSignal.SIGCONT, _ => Set(_raw)));
    }

    private void OnExit(object? sender, EventArgs e) => Leave();

    private void Leave()
    {
        Set(_own);
        lock (_changes)
        {
            _isDone = true;
        }
    }

    private void Set(byte[] mode)
    {
        lock (_changes)
        {
            if (!_isDone)
            {
                _ = tcsetattr(StandardInput, Now, mode);
            }
        }
    }

#pragma warning disable SYSLIB1054 // Generated marshalling needs unsafe code, which has no room here.
    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int tcgetattr(int descriptor, byte[] mode);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int tcsetattr(int descriptor, int when, byte[] mode);

    [DllImport("libc"), DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern void cfmakeraw(byte[] mode);
#pragma warning restore SYSLIB1054
}

using Microsoft.Win32.SafeHandles;

namespace ObjectOS.Cli;

/// <summary>The terminal at standard input as the console of a guest: raw, with an escape of the tool's own. Keys are read whether the guest wants some or not.</summary>
internal sealed class TerminalConsole : IDisposable
{
    private readonly TerminalMode? _mode = TerminalMode.TryMakeRaw();
    private readonly KeyFilter _filter;
    private readonly KeyStream _keys = new();
    private readonly Interruption _interruption;
    private readonly StandardError _error;

    /// <param name="interruption">What the escape stops.</param>
    /// <param name="error">Where help is told.</param>
    public TerminalConsole(Interruption interruption, StandardError error)
    {
        (_interruption, _error) = (interruption, error);
        _filter = new KeyFilter(_keys.Write, OnEscape);
        // A read from a terminal can be given up by nothing but the process's end.
        new Thread(Read) { IsBackground = true, Name = "terminal" }.Start();
    }

    /// <summary>What the guest reads.</summary>
    public Stream Input => _keys;

    public void Dispose()
    {
        _mode?.Dispose();
        _keys.Close();
    }

    private void OnEscape(TerminalEscape escape)
    {
        if (escape == TerminalEscape.Leave)
        {
            _interruption.Stop(ExitCodes.Interrupted);
        }
        else
        {
            _error.Say("\nobjectos: Ctrl-A x leaves, Ctrl-A h shows this, Ctrl-A Ctrl-A sends Ctrl-A to the guest");
        }
    }

    private void Read()
    {
        try
        {
            using var terminal = new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, 0);
            var buffer = new byte[256];
            for (int read; (read = terminal.Read(buffer)) > 0;)
            {
                _filter.Feed(buffer.AsSpan(0, read));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or ObjectDisposedException)
        {
            // The terminal has gone: input is at its end.
        }

        _keys.End();
    }
}

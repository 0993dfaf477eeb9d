using System.Runtime.InteropServices;

namespace ObjectOS.Cli;

/// <summary>Turns SIGINT, SIGTERM and the console's escape into a token. The first one stops the guests; a second one is the host's own.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration _interrupt;
    private readonly PosixSignalRegistration _terminate;
    private int _exitCode;

    public Interruption()
    {
        _interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => OnSignal(context, ExitCodes.Interrupted));
        _terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => OnSignal(context, ExitCodes.Terminated));
    }

    public CancellationToken Token => _stop.Token;

    /// <summary>The exit code that the signal asks for; 0 where none came.</summary>
    public int ExitCode => Volatile.Read(ref _exitCode);

    public void Dispose()
    {
        _interrupt.Dispose();
        _terminate.Dispose();
        _stop.Dispose();
    }

    /// <summary>Stops the guests as a signal does.</summary>
    /// <returns>False where something has stopped them already.</returns>
    public bool Stop(int code)
    {
        bool isFirst = Interlocked.CompareExchange(ref _exitCode, code, 0) == 0;
        if (isFirst)
        {
            _stop.Cancel();
        }

        return isFirst;
    }

    private void OnSignal(PosixSignalContext context, int code) => context.Cancel |= Stop(code);
}

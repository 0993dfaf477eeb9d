using ObjectOS.Abi;

namespace ObjectOS.Events;

/// <summary>The names of Linux's signals (asm-generic/signal.h).</summary>
internal static class SignalNames
{
    private static readonly string[] Names =
    [
        "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1", "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM",
        "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR", "SIGSYS",
    ];

    /// <summary>Writes what a signal did.</summary>
    public static string Delivery(ulong signal, SignalEffect effect)
    {
        string name = signal is > 0 && signal < (ulong)Names.Length ? Names[signal] : $"signal {signal}";
        return effect switch
        {
            SignalEffect.Handler => $"{name} runs its handler",
            SignalEffect.End => $"{name} ends the process",
            SignalEffect.Stop => $"{name} stops the process",
            SignalEffect.Continue => $"{name} continues the process",
            _ => $"{name} has the effect {(int)effect}",
        };
    }
}

using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace ObjectOS.Cli;

/// <summary>One run of a program from the command line: the streams, the signals, the figures, the exit code.</summary>
internal sealed class RunSession(RunFigures figures, string? traceFile, bool wantsStatistics, string? statisticsFile, bool asJson)
{
    public async Task<int> RunAsync(ProgramSpec spec)
    {
        using var stop = new CancellationTokenSource();
        int signalled = 0;
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => OnSignal(c, ExitCodes.Interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => OnSignal(c, ExitCodes.Terminated));
        await using var output = new HashingStream(Writer(1));
        await using var error = Writer(2);
        await using var input = Console.OpenStandardInput();
        await using var trace = traceFile is null ? null : OpenTrace(traceFile);
        RunResult result;
        ulong framesAfter;
        await using (var os = await ObjectOs.BootAsync(o =>
        {
            o.Memory = Math.Max(spec.Limits.Memory + 64.MiB() + ((ulong)spec.Image!.Value.Length * 2), 1UL << 30);
            o.Seed = figures.Seed;
            o.HostClock = figures.Clock == "host";
            o.Trace = trace;
        }).ConfigureAwait(false))
        {
            spec = spec with
            {
                StandardInput = input,
                StandardOutput = output,
                StandardError = error,
                IsTerminal = !Console.IsOutputRedirected && !Console.IsInputRedirected,
                ReportsState = wantsStatistics,
            };
            result = await os.RunAsync(spec, stop.Token).ConfigureAwait(false);
            figures.Take(result, await os.GetStatisticsAsync().ConfigureAwait(false), output.Sha256);
            await os.DisposeAsync().ConfigureAwait(false);
            framesAfter = os.LiveFrames;
        }

        figures.FramesAfterTeardown = framesAfter;
        if (result.Message is { } message)
        {
            await Console.Error.WriteLineAsync($"objectos: {message}").ConfigureAwait(false);
        }

        if (wantsStatistics)
        {
            Report();
        }

        return signalled != 0 && result.End == RunEnd.Stopped ? signalled : result.ExitCode;

        void OnSignal(PosixSignalContext context, int code)
        {
            // The first one stops the guests; a second one is the host's own.
            if (Interlocked.CompareExchange(ref signalled, code, 0) == 0)
            {
                context.Cancel = true;
                stop.CancelAsync();
            }
        }
    }

    private static StreamWriter OpenTrace(string file) => new(file, append: false) { NewLine = "\n" };

    /// <summary>
    /// A standard stream for writing. The console's own stream hides that nobody reads a pipe any more, a file stream hides from others how
    /// far it has written a file: each is used where it tells the truth.
    /// </summary>
    private static Stream Writer(int number)
    {
        if (!OperatingSystem.IsWindows())
        {
            var file = new FileStream(new SafeFileHandle(number, ownsHandle: false), FileAccess.Write, 0);
            if (!file.CanSeek)
            {
                return file;
            }
        }

        return number == 1 ? Console.OpenStandardOutput() : Console.OpenStandardError();
    }

    private void Report()
    {
        if (statisticsFile is null)
        {
            Console.Error.Write(asJson ? figures.ToJson() + "\n" : figures.ToTable());
            return;
        }

        string temporary = statisticsFile + ".new";
        File.WriteAllText(temporary, figures.ToJson() + "\n");
        File.Move(temporary, statisticsFile, overwrite: true);
    }
}

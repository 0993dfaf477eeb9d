using System.Text;
using ObjectOS;

namespace Embedder;

/// <summary>3. Streams of the embedding program that fail are reported, in the result and in the log.</summary>
internal static class StreamScenario
{
    public static async Task RunAsync(Guests guests)
    {
        var log = new KeptLog();
        await using var os = await ObjectOs.BootAsync(o => o.Logger = log);
        var disposed = new MemoryStream();
        await disposed.DisposeAsync();
        var readOnly = new MemoryStream(new byte[100], writable: false);
        foreach (var stream in (Stream[])[WriteStream.Throwing(), disposed, readOnly])
        {
            await FailsAsync(guests.Cat with { StandardInput = Text(), StandardOutput = stream }, "standard output");
            await FailsAsync(guests.Alternate with { StandardError = stream }, "standard error");
        }

        string path = Path.GetTempFileName();
        await using var writeOnly = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.None, 4096, FileOptions.DeleteOnClose);
        foreach (var stream in (Stream[])[new ThrowingInput(), disposed, writeOnly])
        {
            await FailsAsync(guests.Cat with { StandardInput = stream }, "standard input");
        }

        var good = (await os.RunAsync(guests.Cat with { StandardInput = Text() }).WaitAsync(Limits.Soon)).EnsureSuccess();
        Check.That(good.StreamFailure is null && good.Output == "text\n", "streams that work report no failure");

        async Task FailsAsync(ProgramSpec spec, string which)
        {
            log.Clear();
            var result = await os.RunAsync(spec).WaitAsync(Limits.Soon);
            var failure = result.StreamFailure as StreamFailureException;
            Check.That(failure?.Message.StartsWith(which, StringComparison.Ordinal) is true, $"a failure of {which}: {result}");
            Check.That(failure?.InnerException is not null, "the failure has what the stream threw");
            await Check.ThrowsAsync<StreamFailureException>(() => Task.FromResult(result.EnsureSuccess()), "EnsureSuccess");
            Check.That(log.Text.Contains(which, StringComparison.Ordinal), $"the log has the failure of {which}: {log.Text}");
        }
    }

    private static MemoryStream Text() => new(Encoding.ASCII.GetBytes("text\n"));

    private sealed class KeptLog : ILogger
    {
        private readonly StringBuilder _lines = new();

        public string Text
        {
            get
            {
                lock (_lines)
                {
                    return _lines.ToString();
                }
            }
        }

        public void Clear()
        {
            lock (_lines)
            {
                _lines.Clear();
            }
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                if (IsEnabled(logLevel))
                {
                    _lines.AppendLine(formatter(state, exception));
                }
            }
        }
    }
}

using System.Globalization;

namespace ObjectOS.Testing;

/// <summary>
/// Runs a test on an OS object whose console, trace and recording are kept. If the test fails, they stay in a folder beside the test's results, and one
/// command replays it exactly; if it passes, they are removed. If the test's process dies, they stay as well.
/// </summary>
/// <example>
/// <code>
/// await RecordedTest.RunAsync("boots", async os => (await os.RunAsync("app.elf")).ShouldHaveExited(0));
/// </code>
/// </example>
public static class RecordedTest
{
    /// <summary>The variable of the environment that names the folder of results; unless set, it is <c>TestResults</c> beside the test's assembly.</summary>
    public const string ResultsVariable = "OBJECTOS_TEST_RESULTS";

    /// <summary>The files in the folder of a failed test.</summary>
    public const string ConsoleFile = "console.txt", TraceFile = "trace.jsonl", RecordingFile = "run.rec";

    /// <summary>Runs a test.</summary>
    /// <param name="name">The test's name, from which the folder has its own.</param>
    /// <param name="test">The test; what it throws is thrown on.</param>
    /// <param name="configure">Sets options of the OS object; null: all as they are, with deterministic inputs.</param>
    /// <param name="say">Where a failure says what was left behind and how to replay it; null: standard error.</param>
    /// <exception cref="IOException">The files cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The files may not be written.</exception>
    public static async Task RunAsync(string name, Func<ObjectOs, Task> test, Action<ObjectOsOptions>? configure = null, Action<string>? say = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(test);
        string folder = MakeFolder(name);
        bool isKept = true;
        try
        {
            await RunInAsync(folder, test, configure).ConfigureAwait(false);
            isKept = false;
        }
        catch (Exception e)
        {
            string recording = Path.Combine(folder, RecordingFile);
            string text = $"console, trace and recording: {folder}\nreplay: objectos replay {Quoted(recording)}";
            e.Data[nameof(RecordedTest)] = text;
            (say ?? Console.Error.WriteLine)(text);
            throw;
        }
        finally
        {
            if (!isKept)
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static async Task RunInAsync(string folder, Func<ObjectOs, Task> test, Action<ObjectOsOptions>? configure)
    {
        var console = File.Create(Path.Combine(folder, ConsoleFile));
        await using var closesConsole = console.ConfigureAwait(false);
        var trace = new StreamWriter(Path.Combine(folder, TraceFile));
        await using var closesTrace = trace.ConfigureAwait(false);
        var os = await ObjectOs.RecordAsync(Path.Combine(folder, RecordingFile), options =>
        {
            options.Inputs = Inputs.Deterministic;
            configure?.Invoke(options);
            (options.ConsoleCopy, options.Trace) = (console, trace);
        }).ConfigureAwait(false);
        await using var ends = os.ConfigureAwait(false);
        await test(os).ConfigureAwait(false);
    }

    /// <summary>Makes a folder that no other test has, in this run or in one before.</summary>
    private static string MakeFolder(string name)
    {
        string results = Environment.GetEnvironmentVariable(ResultsVariable) is { Length: > 0 } given ? Path.GetFullPath(given) : Path.Combine(AppContext.BaseDirectory, "TestResults");
        string plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' ? c : '-'));
        Directory.CreateDirectory(results);
        for (int number = 1; ; number++)
        {
            string folder = Path.Combine(results, number == 1 ? plain : string.Create(CultureInfo.InvariantCulture, $"{plain}-{number}"));
            try
            {
                // The file takes the name: creating a folder that is there would succeed.
                new FileStream(folder + ".lock", FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose).Dispose();
            }
            catch (IOException) when (File.Exists(folder + ".lock"))
            {
                continue;
            }

            if (!Directory.Exists(folder))
            {
                return Directory.CreateDirectory(folder).FullName;
            }
        }
    }

    private static string Quoted(string path) => path.All(c => char.IsAsciiLetterOrDigit(c) || "/._-+=:,@".Contains(c, StringComparison.Ordinal)) ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}

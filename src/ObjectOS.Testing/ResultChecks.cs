using System.Globalization;
using System.Text;

namespace ObjectOS.Testing;

/// <summary>Checks of results for tests; each failure shows what the guest wrote.</summary>
public static class ResultChecks
{
    private const int MostShown = 4000;

    /// <summary>Returns the result if the guest ended by itself with an exit code.</summary>
    /// <param name="result">The result.</param>
    /// <param name="exitCode">The exit code that is wanted.</param>
    /// <exception cref="ResultException">It ended otherwise.</exception>
    public static RunResult ShouldHaveExited(this RunResult result, int exitCode)
    {
        ArgumentNullException.ThrowIfNull(result);
        bool isEnd = result.End is RunEnd.Exited or RunEnd.PoweredOff or RunEnd.Reset or RunEnd.Htif;
        return isEnd && result.ExitCode == exitCode ? result
            : throw new ResultException(string.Create(CultureInfo.InvariantCulture, $"{result.Program}: {result.End} with code {result.ExitCode}; an exit with {exitCode} is wanted"), result);
    }

    /// <summary>Returns the result if standard output is exactly a text.</summary>
    /// <exception cref="ResultException">It is another.</exception>
    public static RunResult ShouldHavePrinted(this RunResult result, string output)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(output);
        return result.Output == output ? result : throw new ResultException($"{result.Program}: standard output is not \"{Shown(output)}\"", result);
    }

    internal static string Shown(string text) => text.Length <= MostShown ? text : string.Concat("…", text.AsSpan(text.Length - MostShown));
}

/// <summary>A result is not as a test wants it; the message shows what the guest wrote.</summary>
public sealed class ResultException : Exception
{
    internal ResultException(string sentence, RunResult result)
        : base(TextOf(sentence, result)) => Result = result;

    /// <summary>The result.</summary>
    public RunResult Result { get; }

    private static string TextOf(string sentence, RunResult result)
    {
        var text = new StringBuilder(sentence).Append('.');
        foreach (var (name, shown) in ((string, string?)[])[("message", result.Message), ("standard output", result.Output), ("standard error", result.Error)])
        {
            if (!string.IsNullOrEmpty(shown))
            {
                text.Append(CultureInfo.InvariantCulture, $"\n--- {name} ---\n{ResultChecks.Shown(shown)}");
            }
        }

        return text.ToString();
    }
}

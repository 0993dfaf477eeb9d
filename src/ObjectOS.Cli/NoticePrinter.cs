namespace ObjectOS.Cli;

/// <summary>Writes what is said of a running machine to standard error, a line each.</summary>
internal sealed class NoticePrinter(StandardError error) : IProgress<string>
{
    public void Report(string value) => error.Say($"objectos: {value}");
}

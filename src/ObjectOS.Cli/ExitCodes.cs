namespace ObjectOS.Cli;

/// <summary>The tool's own exit codes; a guest's are its own.</summary>
internal static class ExitCodes
{
    public const int WrongUsage = 2;

    /// <summary>Wrong usage of <c>compare</c>, whose 2 says that the control differed.</summary>
    public const int WrongComparison = 3;

    public const int Exhausted = 124;
    public const int ToolFailed = 125;
    public const int NotRunnable = 126;
    public const int NotFound = 127;
    public const int Interrupted = 130;
    public const int Terminated = 143;
}

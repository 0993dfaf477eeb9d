namespace ObjectOS.Cli;

/// <summary>A program on the tool's own standard streams.</summary>
internal sealed class ProgramGuest(ProgramSpec spec, ToolStreams streams, RunSettings settings) : IGuest
{
    public string Name => spec.Path;

    public string Wanted => "a program's file";

    public ulong SystemMemory => Math.Max(spec.Limits.Memory!.Value + 1.GiB(), 2.GiB());

    public ValueTask<Cell> StartAsync(ObjectOs os, Stream output) => os.StartAsync(spec with
    {
        StandardInput = streams.Input,
        StandardOutput = output,
        StandardError = streams.Error,
        IsTerminal = streams.IsTerminal,
        SharesOutput = streams.SharesOutput,
        ReportsState = settings.WantsStatistics,
        ReportsHash = settings.WantsStatistics,
    });

    public string? Finish(RunResult result) => null;
}

namespace ObjectOS.Cli;

/// <summary>A virtual machine whose console is the tool's standard streams, or a terminal.</summary>
/// <param name="spec">The machine, but for its streams.</param>
/// <param name="input">What its console reads.</param>
/// <param name="isInteractive">True where a person sits there, or time is the host's.</param>
/// <param name="settings">What the command line says of the run.</param>
/// <param name="signature">Where its signature goes; null: nowhere.</param>
/// <param name="deviceTree">Where its device tree goes, in place of a run; null: it runs.</param>
internal sealed class MachineGuest(MachineSpec spec, Stream input, bool isInteractive, RunSettings settings, SignatureFile? signature, DeviceTreeFile? deviceTree = null) : IGuest
{
    public string Name => spec.Name;

    public string Wanted => "an image's file";

    // Its files lie in memory beside its own, too.
    public ulong SystemMemory => spec.Memory + 2.GiB();

    public ValueTask<Cell> StartAsync(ObjectOs os, Stream output) => os.StartMachineAsync(spec with
    {
        StandardInput = input,
        StandardOutput = output,
        IsTerminal = isInteractive,
        ReportsState = settings.WantsStatistics,
        ReportsHash = settings.WantsStatistics,
        ReportsSignature = signature is not null,
        DumpsDeviceTree = deviceTree is not null,
    });

    public string? Finish(RunResult result) => deviceTree is not null ? deviceTree.Finish(result.DeviceTree) : signature?.Finish(result.Signature, spec.Name);
}

using ObjectOS.Machine;

namespace ObjectOS.Cli;

/// <summary>What the command line says of a run beside the guest itself.</summary>
/// <param name="Command">The command's name.</param>
/// <param name="Depth">How many kernels lie between the guest's own and the machine.</param>
/// <param name="Engine">How the guest's code is executed; null: as the environment says.</param>
/// <param name="Seed">The seed of all that is random to the guest.</param>
/// <param name="Clock">"virtual" or "host".</param>
/// <param name="Inputs">When the host's answers reach the guest.</param>
/// <param name="IdleTime">How guest time passes while nothing runs.</param>
/// <param name="GdbPort">Where gdb is waited for; null: nowhere.</param>
/// <param name="RecordFile">Where the recording goes; null: none.</param>
/// <param name="TraceFile">Where the trace goes; null: none.</param>
/// <param name="WantsStatistics">True: figures are wanted, somewhere.</param>
/// <param name="StatisticsFile">Where they go; null: standard error.</param>
/// <param name="AsJson">True: as one line of JSON on standard error.</param>
internal sealed record RunSettings(string Command, int Depth, Engine? Engine, ulong Seed, string Clock, Inputs Inputs, IdleTime IdleTime, int? GdbPort, string? RecordFile, string? TraceFile, bool WantsStatistics, string? StatisticsFile, bool AsJson)
{
    /// <summary>What of a machine's own doings is traced.</summary>
    public GuestEvents TraceGuest { get; init; }

    /// <summary>True: the native tool gives up what it does not need of the host before the guest begins.</summary>
    public bool IsConfined { get; init; }
}

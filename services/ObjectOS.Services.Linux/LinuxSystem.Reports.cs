using ObjectOS.Client;

namespace ObjectOS.Services.Linux;

/// <content>What the host is told of a job's end: figures, and a hash of the state where it was asked for.</content>
internal sealed partial class LinuxSystem
{
    /// <summary>Completes the record of a job that has ended, while its cells still stand. False: suspended, to be done again.</summary>
    private static bool TryReport(Job job)
    {
        if (job.IsReported)
        {
            return true;
        }

        var end = job.End!.Value;
        var main = job.Main;
        string hash = "";
        if (job.Request.ReportsState && main is not null)
        {
            var status = StateHash.Compute(main, out hash);
            if (status == Abi.KernelStatus.Suspended)
            {
                return false;
            }
        }

        job.Cell.Status(out var total);
        var (instructions, charged, traps) = (total.Instructions, total.Charged, total.Traps);
        foreach (var process in job.Processes.Values)
        {
            process.Cell.Status(out var figures);
            instructions += figures.Instructions;
            charged += figures.Charged;
            traps += figures.Traps;
        }

        job.IsReported = true;
        job.End = (end.Reason, end.Code, end.Record with
        {
            Cell = end.Record.Cell != 0 ? end.Record.Cell : main is null ? total.Number : CellNumber(main),
            Instructions = instructions,
            Charged = charged,
            Traps = traps,
            PeakBytes = total.PeakBytes,
            StateHash = hash,
            UnsupportedCalls = [.. job.Unsupported],
        });
        return true;
    }

    private static uint CellNumber(LinuxProcess process) => process.Cell.Status(out CellFigures figures) == Abi.KernelStatus.Ok ? figures.Number : 0;
}

using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

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

        // The figures first, and once: what the hash costs is not the program's.
        if (!job.IsCounted)
        {
            Count(job);
            job.IsCounted = true;
        }

        // Before the hash, which takes many steps, and so only once.
        if (job.Hash is null && !TryTakeFault(job))
        {
            return false;
        }

        if (job.Request.ReportsState && job.Main is { } main)
        {
            job.Hash ??= new StateHash(main);
            var status = job.Hash.Step(out string hash);
            if (status is KernelStatus.Suspended or KernelStatus.InProgress)
            {
                return false;
            }

            job.Hash = null;
            var end = job.End!.Value;
            job.End = (end.Reason, end.Code, end.Record with { StateHash = hash });
        }

        job.IsReported = true;
        return true;
    }

    /// <summary>Adds the registers and the stack to the record of a fault. False: suspended; what was added stays, and is charged once.</summary>
    private static bool TryTakeFault(Job job)
    {
        var (reason, code, record) = job.End!.Value;
        if (reason != ProgramEnd.Fault || job.Main is not { } main)
        {
            return true;
        }

        bool isDone = FaultPicture.TryTake(main, ref record);
        job.End = (reason, code, record);
        return isDone;
    }

    private void Tell(Job job, ProgramEnd reason, ulong code, ProgramEndRecord record) =>
        _untold.Enqueue((job.Request.Job, reason, code, record.ToBytes()));

    /// <summary>Tells the host of the ends of jobs: as soon as it takes requests, for whoever runs a program waits for that.</summary>
    private void TellEnds()
    {
        while (_untold.TryPeek(out var end))
        {
            if (Host.Request(HostRequestKind.Ended, end.Job, end.Record, out _, (ulong)end.Reason, end.Code) != KernelStatus.Ok)
            {
                Notification.Signal(AgainBit);
                return;
            }

            _untold.Dequeue();
        }
    }

    private static void Count(Job job)
    {
        var end = job.End!.Value;
        job.Cell.Status(out var total);
        var (instructions, charged, traps) = (total.Instructions, total.Charged, total.Traps);
        foreach (var process in job.Processes.Values)
        {
            process.Cell.Status(out var figures);
            instructions += figures.Instructions;
            charged += figures.Charged;
            traps += figures.Traps;
        }

        job.End = (end.Reason, end.Code, end.Record with
        {
            Cell = end.Record.Cell != 0 ? end.Record.Cell : job.Main is { } main ? CellNumber(main) : total.Number,
            Instructions = instructions,
            Charged = charged,
            Traps = traps,
            SystemCalls = job.Calls,
            PeakBytes = total.PeakBytes,
            UnsupportedCalls = [.. job.Unsupported],
        });
    }

    private static uint CellNumber(LinuxProcess process) => process.Cell.Status(out CellFigures figures) == KernelStatus.Ok ? figures.Number : 0;
}

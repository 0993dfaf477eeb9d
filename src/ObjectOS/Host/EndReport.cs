using System.Globalization;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host;

/// <summary>Turns what a program service says of an end into a result.</summary>
internal static class EndReport
{
    public static RunResult Read(ProgramEnd reason, int code, ProgramEndRecord record, Job job, int depth)
    {
        string who = string.Create(CultureInfo.InvariantCulture, $"cell {record.Cell} ({Path.GetFileName(job.Spec.Called)}) at depth {depth}");
        var result = new RunResult
        {
            End = EndOf(reason),
            ExitCode = reason switch
            {
                ProgramEnd.Exited => code & 0xff,
                ProgramEnd.NotRunnable => code == 127 ? 127 : 126,
                _ => 128 + code,
            },
            Cell = record.Cell,
            Instructions = record.Instructions,
            Charged = record.Charged,
            Traps = record.Traps,
            PeakMemory = record.PeakBytes,
            StateHash = record.StateHash.Length > 0 ? record.StateHash : null,
            UnsupportedCalls = record.UnsupportedCalls.ToDictionary(c => c.Key, c => c.Value),
        };
        return result.End switch
        {
            RunEnd.Exited => result,
            RunEnd.Fault => WithFault(result, record, who),
            RunEnd.MemoryExhausted => result with { ExitCode = 137, Message = $"{who}: memory quota of {job.Spec.Limits.Memory} bytes exhausted" },
            RunEnd.BudgetExhausted => result with { ExitCode = 124, Message = $"{who}: budget of {job.Spec.Limits.Instructions} instructions exhausted" },
            RunEnd.NotRunnable => result with { Message = $"{job.Spec.Called}: {record.Text}" },
            _ => result with { Message = $"{who}: ended by signal {code}" },
        };
    }

    /// <summary>The same where the host stopped it, or took no more of what it had written.</summary>
    public static RunResult Stopped(RunResult result, Job job, RunEnd reason)
    {
        string who = result.Cell == 0 ? Path.GetFileName(job.Spec.Called) : string.Create(CultureInfo.InvariantCulture, $"cell {result.Cell} ({Path.GetFileName(job.Spec.Called)})");
        return reason == RunEnd.TimedOut
            ? result with { End = reason, ExitCode = 124, Fault = null, Message = string.Create(CultureInfo.InvariantCulture, $"{who}: time-out of {job.Spec.Limits.Timeout!.Value.TotalSeconds} s exhausted") }
            : result with { End = reason, ExitCode = 143, Fault = null, Message = $"{who}: stopped" };
    }

    private static RunEnd EndOf(ProgramEnd reason) => reason switch
    {
        ProgramEnd.Exited => RunEnd.Exited,
        ProgramEnd.Fault => RunEnd.Fault,
        ProgramEnd.MemoryExhausted => RunEnd.MemoryExhausted,
        ProgramEnd.BudgetExhausted => RunEnd.BudgetExhausted,
        ProgramEnd.NotRunnable => RunEnd.NotRunnable,
        _ => RunEnd.Signalled,
    };

    private static RunResult WithFault(RunResult result, ProgramEndRecord record, string who)
    {
        var cause = (TrapCause)record.Cause;
        string words = InWords(cause);
        string text = record.Instruction != 0 ? Disassembler.Format(record.Instruction, record.Pc) : "";
        bool hasAddress = cause is not (TrapCause.IllegalInstruction or TrapCause.EcallFromU);
        string message = string.Create(
            CultureInfo.InvariantCulture,
            $"{who}: {words}, pc 0x{record.Pc:x}{(hasAddress ? $", address 0x{record.Address:x}" : "")}{(text.Length > 0 ? ", " + text : "")}");
        return result with
        {
            Message = message,
            Fault = new FaultReport((int)record.Cause, words, record.Pc, record.Address, record.Instruction, text),
        };
    }

    private static string InWords(TrapCause cause)
    {
        // "StorePageFault" → "store page fault"
        var words = cause.ToString().SelectMany((c, i) => char.IsUpper(c) && i > 0 ? new[] { ' ', char.ToLowerInvariant(c) } : [char.ToLowerInvariant(c)]);
        return new string([.. words]);
    }
}

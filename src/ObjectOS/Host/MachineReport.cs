using System.Globalization;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Host;

/// <summary>Turns what the service for virtual machines says of an end into a result.</summary>
internal static class MachineReport
{
    /// <summary>What sentences about a machine begin with.</summary>
    public static string Subject(uint cell, Job job, int depth) => string.Create(CultureInfo.InvariantCulture, $"cell {cell} ({Path.GetFileName(job.Spec.Called)}) at depth {depth}");

    public static RunResult Read(MachineEnd reason, ulong code, MachineEndRecord ended, Job job, int depth)
    {
        var record = ended.Program;
        string who = Subject(record.Cell, job, depth);
        var (end, exit, message) = reason switch
        {
            MachineEnd.PowerOff => (RunEnd.PoweredOff, 0, null),
            MachineEnd.Described => (RunEnd.PoweredOff, 0, null),
            MachineEnd.Reset => (RunEnd.Reset, 0, null),
            MachineEnd.Htif => (RunEnd.Htif, code == 0 ? 0 : FailureCode(code), code == 0 ? null : $"{who}: told the failure {code} by HTIF"),
            MachineEnd.GuestFailure => (RunEnd.PoweredOff, FailureCode(code), $"{who}: switched itself off with the failure {code}"),
            MachineEnd.Idle => (RunEnd.Idle, 124, $"{who}: all harts wait for an interrupt that nothing can cause{(code == MachineProtocol.InputEnded ? ", and standard input has ended" : "")}"),
            MachineEnd.BudgetExhausted => (RunEnd.BudgetExhausted, 124, $"{who}: budget of {job.Spec.Limits.Instructions} instructions exhausted"),
            MachineEnd.MemoryExhausted => (RunEnd.MemoryExhausted, 137, $"{who}: memory quota of {job.Spec.Limits.Memory} bytes exhausted"),
            MachineEnd.NotRunnable => (RunEnd.NotRunnable, 126, record.Text),
            MachineEnd.DeviceFailed => (RunEnd.Fault, 125, $"{who}: {record.Text}"),
            MachineEnd.OutputClosed => (RunEnd.Signalled, 141, $"{who}: nobody takes its output any more"),
            MachineEnd.Fault => (RunEnd.Fault, 125, string.Create(CultureInfo.InvariantCulture, $"{who}: a hart stopped with cause {record.Cause}, pc 0x{record.Pc:x}, address 0x{record.Address:x}")),
            _ => (RunEnd.Stopped, 143, (string?)$"{who}: stopped"),
        };
        return new RunResult
        {
            End = end,
            ExitCode = exit,
            Message = message,
            Cell = record.Cell,
            Instructions = record.Instructions,
            Charged = record.Charged,
            Traps = record.Traps,
            PeakMemory = record.PeakBytes,
            StateHash = record.StateHash.Length > 0 ? record.StateHash : null,
            Signature = ended.Signature,
            DeviceTree = ended.DeviceTree,
            ReportedCode = reason is MachineEnd.Htif or MachineEnd.GuestFailure ? code : 0,
        };
    }

    /// <summary>A shell shows the low eight bits; a failure is never shown as 0.</summary>
    private static int FailureCode(ulong code) => (code & 0xff) == 0 ? 1 : (int)(code & 0xff);
}

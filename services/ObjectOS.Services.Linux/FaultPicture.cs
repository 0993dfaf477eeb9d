using ObjectOS.Abi;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>The registers and the stack of a thread that a fault has ended, from which the host finds the functions that were active.</summary>
internal static class FaultPicture
{
    /// <summary>
    /// Completes the record. False: suspended, to be called again with the record as it is then. Each step is added once, so that a run with
    /// suspensions is charged as one without.
    /// </summary>
    public static bool TryTake(LinuxProcess process, ref ProgramEndRecord record)
    {
        if (record.Registers.Count == 0 && !TryTakeRegisters(process, ref record))
        {
            return false;
        }

        return record.Registers.Count == 0 || !record.Stack.IsEmpty || TryTakeStack(process, ref record);
    }

    /// <summary>Finds the thread by the pc; another thread of the process may wait with a fault that it handles.</summary>
    private static bool TryTakeRegisters(LinuxProcess process, ref ProgramEndRecord record)
    {
        Span<ulong> state = stackalloc ulong[ThreadState.Words];
        foreach (var thread in process.Threads.Where(thread => thread.IsFault))
        {
            var status = thread.Capability.ReadState(state);
            if (status == KernelStatus.Suspended)
            {
                return false;
            }

            if (status == KernelStatus.Ok && state[ThreadState.Pc] == record.Pc)
            {
                record = record with { Registers = state[..ThreadState.F(0)].ToArray(), ProgramBytes = process.Executable?.Length ?? 0 };
                return true;
            }
        }

        return true;
    }

    /// <summary>Copies from the stack pointer up to the end of its area; after an overflow, from the start of the next readable area above.</summary>
    private static bool TryTakeStack(LinuxProcess process, ref ProgramEndRecord record)
    {
        const ulong Most = ProgramEndRecord.MostStack;
        ulong pointer = record.Registers[ThreadState.X(2)];
        var area = process.Memory.Areas.FirstOrDefault(area => area.End > pointer && area.Rights.HasFlag(PageRights.Read));
        if (area is null || (area.Start > pointer && area.Start - pointer > Most))
        {
            return true;
        }

        ulong start = Math.Max(area.Start, pointer);
        byte[] stack = new byte[(int)Math.Min(Most, area.End - start)];
        var status = process.Memory.Space.CopyIn(new VirtualAddress(start), stack);
        if (status == KernelStatus.Ok)
        {
            record = record with { StackAddress = start, Stack = stack };
        }

        return status != KernelStatus.Suspended;
    }
}

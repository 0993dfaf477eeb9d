using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS;

/// <content>How threads and cells stop and end.</content>
public sealed partial class Kernel
{
    /// <summary>Objects and capabilities that one step of a destruction takes.</summary>
    private const int DestroyUnits = 64;

    /// <summary>Stops a thread; a wait that it is in ends with Interrupted, a system call or a fault is made anew when it is resumed.</summary>
    internal void StopThread(Thread thread)
    {
        bool waited = thread.State is ThreadState.Sending or ThreadState.AwaitingReply or ThreadState.Receiving or ThreadState.Waiting;
        thread.LeaveQueues(this);
        if (waited && thread.Letter is not { Kind: MessageKind.SystemCall or MessageKind.Fault })
        {
            Finish(thread.Context!, KernelStatus.Interrupted);
        }

        thread.Letter = null;
        thread.State = ThreadState.Suspended;
    }

    /// <summary>For a thread that has stopped itself: the call is over when it is resumed.</summary>
    internal static KernelStatus FinishLater(Thread thread)
    {
        Finish(thread.Context!, KernelStatus.Ok);
        thread.State = ThreadState.Suspended;
        return Outcome.Blocked;
    }

    /// <summary>A thread ends by itself; with the last one its cell does.</summary>
    internal void EndThread(Thread thread, ulong code)
    {
        var cell = thread.Owner;
        Trace(thread, TraceKind.End, code, default, 0);
        thread.Destroy(this);
        if (cell.ThreadCount == 0)
        {
            EndCell(cell, null, code);
        }
    }

    /// <summary>
    /// A cell ends: its threads are gone, its memory stays until its holder destroys it, so that the holder can look at it.
    /// </summary>
    internal void EndCell(Cell cell, Trap? trap, ulong code)
    {
        if (cell.State == CellState.Ended)
        {
            return;
        }

        cell.State = CellState.Ended;
        cell.End = new CellEnd(cell.Number, trap, code);
        for (int i = cell.Owned.Count - 1; i >= 0; i--)
        {
            if (i < cell.Owned.Count && cell.Owned[i] is Thread thread)
            {
                thread.Destroy(this);
            }
        }

        if (cell.Faults.Live is { } endpoint)
        {
            var letter = new Letter { Kind = MessageKind.CellEnded, Badge = cell.Faults.Badge };
            letter.Words[0] = code;
            letter.Words[1] = cell.Number;
            SendLetter(endpoint, letter);
        }
    }

    /// <summary>Does one bounded step of destroying a cell and all below it: Ok when it is gone, else Again.</summary>
    internal KernelStatus DestroyCell(Cell top)
    {
        for (int unit = 0; unit < DestroyUnits; unit++)
        {
            var cell = top;
            while (cell.Children.Count > 0)
            {
                cell = cell.Children[^1];
            }

            cell.State = CellState.Ended;
            if (cell.Owned.Count > 0)
            {
                cell.Owned[^1].Destroy(this);
            }
            else if (cell.Capabilities.Any() is { } capability)
            {
                capability.Table.Remove(this, capability);
            }
            else
            {
                Forget(cell);
                cell.Destroy(this);
                if (cell == top)
                {
                    return KernelStatus.Ok;
                }
            }
        }

        return Outcome.Again;
    }
}

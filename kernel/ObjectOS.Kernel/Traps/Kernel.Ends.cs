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
    internal const int DestroyUnits = 64;

    /// <summary>Cells that have ended and still own threads, with the number of objects that have not been looked at.</summary>
    private readonly Queue<(Cell Cell, int Left)> _ending = [];

    /// <summary>Stops a thread; a wait that it is in ends with Interrupted, a system call or a fault is made anew when it is resumed.</summary>
    internal void StopThread(Thread thread)
    {
        bool waited = thread.State is ThreadState.Sending or ThreadState.AwaitingReply or ThreadState.Receiving or ThreadState.Waiting;
        thread.LeaveQueues(this);
        if (waited && thread.Context!.System is null && thread.Letter is not { Kind: MessageKind.SystemCall or MessageKind.Fault })
        {
            Finish(thread.Context!, KernelStatus.Interrupted);
        }

        thread.Letter = null;
        thread.CallsAgain = false;
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
        NoteEnd(thread, code);
        thread.Destroy(this);
        if (cell.ThreadCount == 0)
        {
            EndCell(cell, null, code);
        }
    }

    /// <summary>
    /// A cell ends: none of its threads runs any more, and they are gone soon, with whatever waits for them; its memory stays until
    /// its holder destroys it, so that the holder can look at it.
    /// </summary>
    internal void EndCell(Cell cell, Trap? trap, ulong code)
    {
        if (cell.State != CellState.Ended)
        {
            cell.State = CellState.Ended;
            cell.End = new CellEnd(cell.Number, trap, code);
            NoteEnd(cell, code);
            _ending.Enqueue((cell, cell.Owned.Count));
        }
    }

    /// <summary>Does one bounded step of ending cells: threads, rights to answer and endpoints go, so that nobody waits for them.</summary>
    private void EndStep()
    {
        var (cell, left) = _ending.Dequeue();
        left = Math.Min(left, cell.Owned.Count);
        for (int unit = 0; unit < DestroyUnits && left > 0; unit++)
        {
            left = Math.Min(left, cell.Owned.Count) - 1;
            if (left >= 0 && cell.Owned[left] is Thread or Reply or Endpoint)
            {
                cell.Owned[left].Destroy(this);
            }
        }

        if (left > 0)
        {
            _ending.Enqueue((cell, left));
            Charge(CostOfStep);
        }
        else if (cell.Faults.Live is { } endpoint)
        {
            cell.EndLetter = new Letter { Kind = MessageKind.CellEnded, Badge = cell.Faults.Badge };
            cell.EndLetter.Words[0] = cell.End!.ExitCode;
            cell.EndLetter.Words[1] = cell.Number;
            SendLetter(endpoint, cell.EndLetter);
        }
    }

    /// <summary>Does one bounded step of destroying a cell and all below it, leaves first: Ok when it is gone, else Again.</summary>
    internal KernelStatus DestroyCell(Cell top, out int units)
    {
        top.IsBeingDestroyed = true;
        var cell = DeepestBelow(top);
        for (units = 1; units <= DestroyUnits; units++)
        {
            if (cell.Owned.Count > 0)
            {
                DestroyPart(cell.Owned[^1]);
            }
            else if (cell.Capabilities.FirstHeld is { } capability)
            {
                cell.Capabilities.TryRemove(this, capability, 1);
            }
            else
            {
                Forget(cell);
                cell.Destroy(this);
                if (cell == top)
                {
                    return KernelStatus.Ok;
                }

                cell = DeepestBelow(cell.Parent!);
            }
        }

        return Outcome.Again;
    }

    /// <summary>Goes down to a cell that has none below it; nothing can be made any more in those on the way.</summary>
    private static Cell DeepestBelow(Cell cell)
    {
        cell.State = CellState.Ended;
        while (cell.Children.Count > 0)
        {
            cell = cell.Children[^1];
            cell.State = CellState.Ended;
        }

        return cell;
    }

    /// <summary>Takes a mapping of the object away, or the object itself where it has none.</summary>
    private void DestroyPart(KernelObject item)
    {
        switch (item)
        {
            case AddressSpace { Mappings.Count: > 0 } space:
                space.UnmapLast(1);
                break;
            case MemoryObject { Mappings: { Count: > 0 } mappings }:
                mappings[^1].Space.Unmap(mappings[^1]);
                break;
            default:
                item.Destroy(this);
                break;
        }
    }
}

using ObjectOS.Objects;
using Thread = ObjectOS.Objects.Thread;
using ThreadState = ObjectOS.Objects.ThreadState;

namespace ObjectOS.Tests.Kernels;

/// <summary>The rules that hold between any two steps of a kernel; a broken one throws with what was found.</summary>
internal static class KernelAudit
{
    public static void Check(Kernel kernel, ulong liveFrames)
    {
        Require(kernel.HaltReport is null, kernel.HaltReport ?? "");
        ulong charged = 0;
        var open = new Stack<Cell>([kernel.RootCell]);
        while (open.TryPop(out var cell))
        {
            CheckCell(cell);
            charged += cell.Account.ChargedHere;
            foreach (var vcpu in cell.Owned.OfType<VCpu>())
            {
                charged += vcpu.Grant.Charged;
            }

            foreach (var child in cell.Children)
            {
                Require(child.Parent == cell && !child.IsDead, $"cell {child.Number} is below the cell it was carved from");
                open.Push(child);
            }
        }

        Require(charged == liveFrames, $"accounts hold {charged} pages, {liveFrames} frames live");
    }

    private static void CheckCell(Cell cell)
    {
        int mappings = cell.Owned.OfType<AddressSpace>().Sum(space => space.Mappings.Count);
        int carved = cell.Children.Sum(child => child.ObjectLimit);
        int chunks = cell.Owned.OfType<VCpu>().Sum(vcpu => vcpu.StageTwo.ChunkCount);
        int addresses = cell.Owned.OfType<MemoryObject>().Sum(memory => memory.ExtraObjects);
        int expected = addresses + chunks + cell.Owned.Count + cell.Capabilities.Count + carved + mappings;
        Require(cell.ObjectsUsed == expected, $"cell {cell.Number} counts {cell.ObjectsUsed} objects and has {expected}");
        Require(cell.ObjectsUsed <= cell.ObjectLimit, $"cell {cell.Number} has {cell.ObjectsUsed} of {cell.ObjectLimit} objects");
        for (int i = 0; i < cell.Owned.Count; i++)
        {
            var item = cell.Owned[i];
            Require(item.OwnerIndex == i && item.Owner == cell && !item.IsDead, $"{item.Kind} {i} of cell {cell.Number} is in its owner's list");
        }

        int held = 0;
        for (var capability = cell.Capabilities.FirstHeld; capability is not null; capability = capability.NextHeld)
        {
            held++;
            CheckCapability(cell.Capabilities, capability);
        }

        Require(held == cell.Capabilities.Count, $"cell {cell.Number} counts {cell.Capabilities.Count} capabilities and holds {held}");
        var threads = cell.Owned.OfType<Thread>().ToList();
        int own = threads.Count(thread => thread.VCpu is null);
        Require(own == cell.ThreadCount, $"cell {cell.Number} counts {cell.ThreadCount} threads and owns {own}");
        threads.ForEach(CheckThread);
        foreach (var space in cell.Owned.OfType<AddressSpace>())
        {
            CheckSpace(space);
        }
    }

    private static void CheckCapability(CapabilityTable table, Capability capability)
    {
        Require(table[capability.Slot] == capability, $"slot {capability.Slot} holds the capability that says so");
        if (capability.Parent is { } parent)
        {
            Require(parent.Object == capability.Object, "a derived capability names the same object");
            Require((capability.Rights & ~parent.Rights) == 0, $"derivation made {capability.Rights} of {parent.Rights}");
            Require(parent.Badge == 0 || parent.Badge == capability.Badge, "derivation keeps a badge");
            Require(parent.Table[parent.Slot] == parent, "a parent is in its table");
        }

        foreach (var mapping in capability.Mappings ?? [])
        {
            Require(mapping.Through == capability && mapping.Space.Mappings.Contains(mapping), "a mapping is in its space");
        }

        if (capability.Object is Reply { IsDead: false } reply)
        {
            Require(reply.Right == capability && reply.Caller?.AwaitedReply == reply, "a right to answer has somebody to answer to");
        }
    }

    private static void CheckThread(Thread thread)
    {
        bool ready = thread.ReadyNode?.List is not null;
        bool waits = thread.WaitNode?.List is not null;
        bool sends = thread.Letter?.Place?.List is not null;
        bool awaits = thread.AwaitedReply is not null;
        int queues = (ready ? 1 : 0) + (waits ? 1 : 0) + (sends ? 1 : 0) + (awaits ? 1 : 0);
        Require(queues <= 1, $"thread {thread.Number} ({thread.State}) is in {queues} queues");
        if (thread.Owner.State == Cpu.CellState.Ended || thread.Program is not null || thread.VCpu is not null)
        {
            return;
        }

        bool right = thread.State switch
        {
            ThreadState.Ready => ready,
            ThreadState.Sending => sends,
            ThreadState.AwaitingReply => awaits,
            ThreadState.Receiving or ThreadState.Waiting => waits,
            _ => queues == 0,
        };
        Require(right, $"thread {thread.Number} is {thread.State}: ready {ready}, waits {waits}, sends {sends}, awaits {awaits}");
    }

    private static void CheckSpace(AddressSpace space)
    {
        for (int i = 0; i < space.Mappings.Count; i++)
        {
            var mapping = space.Mappings[i];
            Require(i == 0 || space.Mappings[i - 1].End <= mapping.Start, "mappings ascend and do not overlap");
            Require(!mapping.Memory.IsDead && mapping.Memory.Contains(mapping.Offset, mapping.Length), "a mapping shows memory that lives");
            Require(mapping.Through.Table[mapping.Through.Slot] == mapping.Through, "a mapping's capability is in its table");
            Require(mapping.Memory.Mappings.Contains(mapping), "a memory object knows its mappings");
        }
    }

    private static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new InvalidOperationException(what);
        }
    }
}

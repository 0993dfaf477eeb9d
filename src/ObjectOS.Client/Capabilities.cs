using ObjectOS.Abi;

namespace ObjectOS.Client;

/// <summary>The registers of a thread as <c>thread_read_state</c> copies them: pc, x1–x31, f0–f31, fcsr.</summary>
public static class ThreadState
{
    /// <summary>Words in a state.</summary>
    public const int Words = 65;

    /// <summary>The index of the program counter.</summary>
    public const int Pc = 0;

    /// <summary>The index of fcsr.</summary>
    public const int Fcsr = 64;

    /// <summary>The index of integer register <paramref name="number"/>, 1 to 31.</summary>
    public static int X(int number) => number;

    /// <summary>The index of floating-point register <paramref name="number"/>, 0 to 31.</summary>
    public static int F(int number) => 32 + number;
}

/// <summary>A capability to a thread.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct ThreadCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Lets it run.</summary>
    public KernelStatus Resume() => Invoker.Call1(Call.ThreadResume, Slot);

    /// <summary>Stops it.</summary>
    public KernelStatus Suspend() => Invoker.Call1(Call.ThreadSuspend, Slot);

    /// <summary>Ends it.</summary>
    public KernelStatus Destroy() => Invoker.Call1(Call.ThreadDestroy, Slot);

    /// <summary>Reads <see cref="ThreadState.Words"/> words.</summary>
    public KernelStatus ReadState(Span<ulong> state)
    {
        Span<byte> bytes = stackalloc byte[ThreadState.Words * 8];
        var status = Invoker.CallIn(Call.ThreadReadState, Slot, bytes);
        for (int i = 0; i < ThreadState.Words; i++)
        {
            state[i] = BitConverter.ToUInt64(bytes[(i * 8)..]);
        }

        return status;
    }

    /// <summary>Sets <see cref="ThreadState.Words"/> words.</summary>
    public KernelStatus WriteState(ReadOnlySpan<ulong> state)
    {
        Span<byte> bytes = stackalloc byte[ThreadState.Words * 8];
        for (int i = 0; i < ThreadState.Words; i++)
        {
            BitConverter.TryWriteBytes(bytes[(i * 8)..], state[i]);
        }

        return Invoker.CallOut(Call.ThreadWriteState, Slot, bytes);
    }

    /// <summary>Records an event of the thread for the comparison of runs.</summary>
    public KernelStatus Note(ulong number, ulong word) => Invoker.Call1(Call.ThreadNote, Slot, number, word);
}

/// <summary>A capability to a thread that is a hart of an operating system.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct HartCapability(Invoker Invoker, uint Slot)
{
    /// <summary>It as a thread: registers, resume, suspend, destroy.</summary>
    public ThreadCapability Thread => new(Invoker, Slot);

    /// <summary>Drives interrupt lines, numbered as in mip.</summary>
    public KernelStatus SetLines(ulong mask, ulong lines) => Invoker.Call1(Call.HartSetLines, Slot, mask, lines);

    /// <summary>Sets its timer, in ticks of its time register; all ones: never.</summary>
    public KernelStatus SetTimer(ulong deadline) => Invoker.Call1(Call.HartSetTimer, Slot, deadline);

    /// <summary>Brings it back into its reset state, suspended.</summary>
    /// <param name="keepsInterrupts">True: stimecmp and SSIP stay as they are.</param>
    public KernelStatus Reset(bool keepsInterrupts = false) => Invoker.Call1(Call.HartReset, Slot, keepsInterrupts ? 1UL : 0);

    /// <summary>Sets how many ticks its time register is ahead of guest time, modulo 2^64.</summary>
    public KernelStatus SetTimeOffset(ulong ticks) => Invoker.Call1(Call.HartSetTimeOffset, Slot, ticks);

    /// <summary>Sets, starts or stops a counter while the hart does not run.</summary>
    /// <param name="counter">0: mcycle; 2: minstret.</param>
    /// <param name="counts">True: it counts; false: it is inhibited.</param>
    /// <param name="value">What it becomes; null: it stays as it is.</param>
    public KernelStatus SetCounter(int counter, bool counts, ulong? value = null) =>
        Invoker.Call1(Call.HartSetCounter, Slot, (ulong)counter, value ?? 0, (value is null ? 0UL : 1) | (counts ? 2UL : 0));

    /// <summary>Reads privilege mode and CSRs, words of 64 bits, little-endian; a short buffer gets the first ones.</summary>
    public KernelStatus ReadState(Span<byte> state) => Invoker.CallIn(Call.HartReadState, Slot, state);

    /// <summary>The same, and whether it waits for an interrupt.</summary>
    public KernelStatus ReadState(Span<byte> state, out HartWait wait)
    {
        var frame = new InvocationFrame();
        frame[0] = Slot;
        var status = Invoker.Port.Invoke(Call.HartReadState, ref frame, [], state);
        wait = (HartWait)frame[1];
        return status;
    }
}

/// <summary>Whether a hart waits for an interrupt.</summary>
public enum HartWait
{
    /// <summary>It runs, may run, is stopped, or waits for an answer.</summary>
    No = 0,

    /// <summary>It has executed WFI, and a timer of its own is to come.</summary>
    WithTimer = 1,

    /// <summary>It has executed WFI, and nothing that it has can wake it: no interrupt is pending that it lets through, and no timer is to come.</summary>
    Alone = 2,
}

/// <summary>A capability to an address space.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct AddressSpaceCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Maps whole pages of a memory object.</summary>
    public KernelStatus Map(VirtualAddress address, MemoryCapability memory, ulong offset, ulong length, PageRights rights) =>
        Invoker.Call1(Call.SpaceMap, Slot, address.Value, memory.Slot, offset, length, (ulong)rights);

    /// <summary>Changes rights.</summary>
    public KernelStatus Protect(VirtualAddress address, ulong length, PageRights rights) =>
        Invoker.Call1(Call.SpaceProtect, Slot, address.Value, length, (ulong)rights);

    /// <summary>Sets what answers a load of a hart where nothing is mapped, until a guest time in nanoseconds.</summary>
    /// <param name="address">The address, a multiple of the size.</param>
    /// <param name="size">Bytes of the load: 1, 2, 4 or 8.</param>
    /// <param name="kind">What answers it.</param>
    /// <param name="value">The value, or by how many bits the hart's time register is shifted right.</param>
    /// <param name="until">From then on the load is its holder's again.</param>
    public KernelStatus AnswerRead(PhysicalAddress address, int size, AnswerKind kind, ulong value, ulong until) =>
        Invoker.Call1(Call.SpaceAnswerRead, Slot, address.Value, (ulong)size, (ulong)kind, value, until);

    /// <summary>Takes mappings away, one bounded step; <see cref="KernelStatus.InProgress"/> where there are more.</summary>
    public KernelStatus UnmapStep(VirtualAddress address, ulong length) => Invoker.Step(Call.SpaceUnmap, Slot, address.Value, length);

    /// <summary>Takes mappings away.</summary>
    public KernelStatus Unmap(VirtualAddress address, ulong length) => Invoker.Call1(Call.SpaceUnmap, Slot, address.Value, length);

    /// <summary>Copies from it.</summary>
    public KernelStatus CopyIn(VirtualAddress address, Span<byte> buffer) => Invoker.CallIn(Call.SpaceCopyIn, Slot, buffer, address.Value);

    /// <summary>The same, and says what the kernel's events note of the bytes.</summary>
    public KernelStatus Read(VirtualAddress address, Span<byte> buffer, SpaceReadKind kind) =>
        Invoker.CallIn(Call.SpaceRead, Slot, buffer, address.Value, (ulong)kind);

    /// <summary>Copies into it.</summary>
    public KernelStatus CopyOut(VirtualAddress address, ReadOnlySpan<byte> buffer) =>
        Invoker.CallOut(Call.SpaceCopyOut, Slot, buffer, address.Value);

    /// <summary>Makes sure that a later <see cref="CopyOut"/> in the same message cannot fail.</summary>
    public KernelStatus Prepare(VirtualAddress address, ulong length) => Invoker.Call1(Call.SpacePrepare, Slot, address.Value, length);

}

/// <summary>A capability to a memory object.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct MemoryCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Copies out of it.</summary>
    public KernelStatus Read(ulong offset, Span<byte> buffer) => Invoker.CallIn(Call.MemoryRead, Slot, buffer, offset);

    /// <summary>Copies into it.</summary>
    public KernelStatus Write(ulong offset, ReadOnlySpan<byte> buffer) =>
        Invoker.CallOut(Call.MemoryWrite, Slot, buffer, offset);

    /// <summary>Makes a copy that shares pages until one side writes, charged to <paramref name="cell"/>.</summary>
    public KernelStatus CreateClone(CellCapability cell, out MemoryCapability clone)
    {
        var status = Invoker.Create(Call.MemoryClone, Slot, out uint slot, cell.Slot);
        clone = new MemoryCapability(Invoker, slot);
        return status;
    }

    /// <summary>Makes a larger copy that shares pages until one side writes, charged to <paramref name="cell"/>.</summary>
    public KernelStatus Extend(CellCapability cell, ulong bytes, out MemoryCapability copy)
    {
        var status = Invoker.Create(Call.MemoryExtend, Slot, out uint slot, cell.Slot, bytes);
        copy = new MemoryCapability(Invoker, slot);
        return status;
    }

    /// <summary>Gives whole pages back.</summary>
    public KernelStatus Discard(ulong offset, ulong length) => Invoker.Call1(Call.MemoryDiscard, Slot, offset, length);

    /// <summary>Does one bounded step of that; <see cref="KernelStatus.InProgress"/> where there is more.</summary>
    public KernelStatus DiscardStep(ulong offset, ulong length) => Invoker.Step(Call.MemoryDiscard, Slot, offset, length);

    /// <summary>Finds the first page at or after an offset that was written; the object's size where there is none.</summary>
    public KernelStatus Find(ulong offset, out ulong found)
    {
        var frame = new InvocationFrame();
        frame[0] = Slot;
        frame[1] = offset;
        var status = Invoker.Port.Invoke(Call.MemoryFind, ref frame);
        found = frame[1];
        return status;
    }

    /// <summary>Deletes the capability; the object goes with its last use.</summary>
    public void Delete() => Invoker.Delete(Slot);
}

/// <summary>A capability to an endpoint.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct EndpointCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Has the notification's signals come as messages.</summary>
    public KernelStatus Bind(NotificationCapability notification) => Invoker.Call1(Call.EndpointBind, Slot, notification.Slot);

    /// <summary>Derives one with a badge into a fresh slot.</summary>
    public KernelStatus Badge(ulong badge, CapabilityRights rights, out EndpointCapability badged)
    {
        uint slot = Invoker.TakeSlot();
        var status = Invoker.Call1(Call.CapabilityCopy, Slot, slot, (ulong)rights, badge);
        badged = new EndpointCapability(Invoker, slot);
        return status;
    }
}

/// <summary>The right to answer a call, once.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct ReplyCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Answers with a label and up to two words; the slot is empty afterwards.</summary>
    public KernelStatus Send(ulong label, ulong word0 = 0, ulong word1 = 0) => Invoker.Call1(Call.ReplySend, Slot, label, word0, word1);

    /// <summary>Copies from the lent memory.</summary>
    public KernelStatus CopyIn(ulong offset, Span<byte> buffer) => Invoker.CallIn(Call.ReplyCopyIn, Slot, buffer, offset);

    /// <summary>Copies into the lent memory.</summary>
    public KernelStatus CopyOut(ulong offset, ReadOnlySpan<byte> buffer) =>
        Invoker.CallOut(Call.ReplyCopyOut, Slot, buffer, offset);
}

/// <summary>A capability to a notification.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct NotificationCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Sets bits.</summary>
    public KernelStatus Signal(ulong bits) => Invoker.Call1(Call.NotificationSignal, Slot, bits);
}

/// <summary>A capability to a timer.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct TimerCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Starts it: absolute guest nanoseconds, then every period (0: once).</summary>
    public KernelStatus Set(ulong deadline, ulong period = 0) => Invoker.Call1(Call.TimerSet, Slot, deadline, period);

    /// <summary>Stops it.</summary>
    public KernelStatus Cancel() => Invoker.Call1(Call.TimerCancel, Slot);
}

/// <summary>The way to work done by the host.</summary>
/// <param name="Invoker">Whose table the slot is in.</param>
/// <param name="Slot">The slot.</param>
public readonly record struct HostPortCapability(Invoker Invoker, uint Slot)
{
    /// <summary>Asks the host; the completion comes as a message whose label is <paramref name="id"/>.</summary>
    public KernelStatus Request(
        HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, out ulong id, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        var frame = new InvocationFrame();
        frame[0] = Slot;
        frame[1] = (ulong)kind;
        frame[2] = target;
        frame[3] = a0;
        frame[4] = a1;
        frame[5] = a2;
        frame[6] = a3;
        var status = Invoker.Port.Invoke(Call.HostRequestPost, ref frame, data);
        id = frame[1];
        return status;
    }

    /// <summary>Has completions come to the endpoint.</summary>
    public KernelStatus Bind(EndpointCapability endpoint) => Invoker.Call1(Call.HostPortBind, Slot, endpoint.Slot);
}

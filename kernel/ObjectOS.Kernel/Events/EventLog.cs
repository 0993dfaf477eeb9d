using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>
/// The events of a kernel until the holder takes them. Bytes that a service moves are noted with the thread that pays for the move; moves in the
/// space of another thread are noted with that space, and belong to the next event in it.
/// </summary>
internal sealed class EventLog(EventDetail detail, EventMemory? memory)
{
    private readonly Queue<EventRecord> _records = new();

    /// <summary>What transfers were before the message that a service handles now; a suspended message is undone by it.</summary>
    private readonly List<(Thread? Thread, AddressSpace Space, Transfer Before)> _moves = [];

    private ulong _added;

    public bool IsOn => detail != EventDetail.None;

    /// <summary>True if events have samples of bytes, registers and stack.</summary>
    public bool HasSamples => detail == EventDetail.Samples;

    /// <summary>The memory to keep with the next event; null: none.</summary>
    public IReadOnlyList<MemoryRange>? NextMemory => HasSamples && memory?.Event == _added + 1 ? memory.Ranges : null;

    public bool TryTake(out EventRecord record) => _records.TryDequeue(out record);

    public void Add(in EventRecord record)
    {
        _added++;
        _records.Enqueue(record);
    }

    /// <summary>Begins a message to a service.</summary>
    public void BeginMessage() => _moves.Clear();

    /// <summary>Undoes the transfers of a message that was suspended.</summary>
    public void UndoMessage()
    {
        for (int i = _moves.Count - 1; i >= 0; i--)
        {
            var (thread, space, before) = _moves[i];
            if (thread is null)
            {
                space.Transfer = before;
            }
            else
            {
                thread.Transfer = before;
            }
        }

        _moves.Clear();
    }

    /// <summary>Notes bytes that were read of a space for the thread that pays.</summary>
    public void NoteInput(Thread? payer, AddressSpace space, ReadOnlySpan<byte> bytes)
    {
        if (IsOn)
        {
            Of(payer, space).AddInput(bytes, HasSamples);
        }
    }

    /// <summary>Notes bytes that were written to a space for the thread that pays.</summary>
    public void NoteOutput(Thread? payer, AddressSpace space, ReadOnlySpan<byte> bytes)
    {
        if (IsOn)
        {
            Of(payer, space).AddOutput(bytes, HasSamples);
        }
    }

    /// <summary>Takes what was moved for a thread since its last event.</summary>
    public static Transfer Take(Thread thread)
    {
        var taken = thread.Transfer;
        thread.Transfer = default;
        if (thread.Space is { Transfer: { Input: not 0 } or { Output: not 0 } } space)
        {
            var other = space.Transfer;
            space.Transfer = default;
            taken.Input = other.Input == 0 ? taken.Input : Digest64.Add(taken.Input, other.Input);
            taken.Output = other.Output == 0 ? taken.Output : Digest64.Add(taken.Output, other.Output);
            taken.InputSample ??= other.InputSample;
            taken.OutputSample ??= other.OutputSample;
        }

        return taken;
    }

    private ref Transfer Of(Thread? payer, AddressSpace space)
    {
        if (payer?.Space == space)
        {
            _moves.Add((payer, space, payer.Transfer));
            return ref payer.Transfer;
        }

        _moves.Add((null, space, space.Transfer));
        return ref space.Transfer;
    }
}

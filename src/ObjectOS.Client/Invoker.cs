using ObjectOS.Abi;

namespace ObjectOS.Client;

/// <summary>
/// A port with its slots: every typed capability below is a slot number and this. Not thread-safe, like the port.
/// </summary>
/// <param name="port">The way into the kernel.</param>
/// <param name="firstFreeSlot">The first slot that nobody has filled yet.</param>
public sealed class Invoker(IInvocationPort port, uint firstFreeSlot)
{
    private readonly Stack<uint> _free = [];
    private uint _next = firstFreeSlot;

    /// <summary>The port.</summary>
    public IInvocationPort Port => port;

    /// <summary>Takes a slot that is free.</summary>
    public uint TakeSlot() => _free.TryPop(out uint slot) ? slot : _next++;

    /// <summary>Gives a slot back that is empty again.</summary>
    public void ReturnSlot(uint slot)
    {
        if (slot < CapabilitySlots.Limit)
        {
            _free.Push(slot);
        }
    }

    /// <summary>Empties a slot and gives it back.</summary>
    public void Delete(uint slot)
    {
        Call1(Call.CapabilityDelete, slot);
        ReturnSlot(slot);
    }

    /// <summary>Invokes with up to five arguments and no buffer; results are dropped. Long work is done to its end, all in one message.</summary>
    public KernelStatus Call1(Call call, uint slot, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0, ulong a5 = 0)
    {
        KernelStatus status;
        do
        {
            status = Step(call, slot, a1, a2, a3, a4, a5);
        }
        while (status == KernelStatus.InProgress);
        return status;
    }

    /// <summary>The same, but only one bounded step of long work; <see cref="KernelStatus.InProgress"/> where there is more.</summary>
    public KernelStatus Step(Call call, uint slot, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0, ulong a5 = 0) =>
        Invoke(call, slot, [], [], a1, a2, a3, a4, a5);

    /// <summary>Charges so many virtual instructions, for work that the program itself has done, to the sender of the message that it handles.</summary>
    public void Charge(ulong instructions) => Call1(Call.WorkCharge, 0, instructions);

    /// <summary>Invokes a row that fills the buffer; results are dropped.</summary>
    public KernelStatus CallIn(Call call, uint slot, Span<byte> destination, ulong a1 = 0, ulong a2 = 0) => Invoke(call, slot, [], destination, a1, a2);

    /// <summary>Invokes a row that reads the buffer; results are dropped.</summary>
    public KernelStatus CallOut(Call call, uint slot, ReadOnlySpan<byte> source, ulong a1 = 0) => Invoke(call, slot, source, [], a1);

    private KernelStatus Invoke(
        Call call, uint slot, ReadOnlySpan<byte> source, Span<byte> destination, ulong a1, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0, ulong a5 = 0)
    {
        var frame = new InvocationFrame();
        frame[0] = slot;
        frame[1] = a1;
        frame[2] = a2;
        frame[3] = a3;
        frame[4] = a4;
        frame[5] = a5;
        return port.Invoke(call, ref frame, source, destination);
    }

    /// <summary>Makes an object through <paramref name="call"/>, whose first argument is the destination, into a fresh slot.</summary>
    public KernelStatus Create(Call call, uint slot, out uint created, ulong a2 = 0, ulong a3 = 0, ulong a4 = 0, ulong a5 = 0)
    {
        created = TakeSlot();
        var status = Call1(call, slot, created, a2, a3, a4, a5);
        if (status != KernelStatus.Ok)
        {
            ReturnSlot(created);
            created = 0;
        }

        return status;
    }

    /// <summary>Writes state that <see cref="Restore"/> takes: which slots are free.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(_next);
        writer.Write(_free.Count);
        foreach (uint slot in _free.Reverse())
        {
            writer.Write(slot);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        _next = reader.ReadUInt32();
        _free.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _free.Push(reader.ReadUInt32());
        }
    }
}

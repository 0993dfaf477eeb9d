using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>One invocation while it is decoded and committed.</summary>
internal ref struct Invocation
{
    private readonly ref InvocationFrame _frame;

    public Invocation(
        Kernel kernel, InvocationRow row, Cell caller, Thread? thread, ref InvocationFrame frame, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        Kernel = kernel;
        Row = row;
        Caller = caller;
        Thread = thread;
        Source = source;
        Destination = destination;
        _frame = ref frame;
    }

    public Kernel Kernel { get; }

    public InvocationRow Row { get; }

    /// <summary>The cell whose capabilities count.</summary>
    public Cell Caller { get; }

    /// <summary>The machine-code thread that called; null for a managed program and for the host.</summary>
    public Thread? Thread { get; }

    /// <summary>The caller's buffer where the row reads it.</summary>
    public ReadOnlySpan<byte> Source { get; }

    /// <summary>The caller's buffer where the row fills it.</summary>
    public Span<byte> Destination { get; }

    /// <summary>A word of the frame.</summary>
    public readonly ulong this[int word]
    {
        get => _frame[word];
        set => _frame[word] = value;
    }

    /// <summary>What is charged beside the row's cost.</summary>
    public ulong ExtraCost { get; set; }

    /// <summary>Finds the capability in the slot that a word names, of a live object of that kind and with those rights.</summary>
    public readonly KernelStatus Get<T>(int word, CapabilityRights rights, out T item, out Capability capability)
        where T : KernelObject
    {
        capability = Caller.Capabilities[_frame[word]]!;
        item = null!;
        if (capability is null || capability.Object is not T found)
        {
            return KernelStatus.InvalidCapability;
        }

        item = found;
        return found.IsDead ? KernelStatus.Dead
            : (capability.Rights & rights) != rights ? KernelStatus.MissingRights
            : KernelStatus.Ok;
    }

    public readonly KernelStatus Get<T>(int word, CapabilityRights rights, out T item)
        where T : KernelObject => Get(word, rights, out item, out _);

    /// <summary>Finds the target: word 0, with the rights that the row asks for.</summary>
    public readonly KernelStatus Target<T>(out T item)
        where T : KernelObject => Get(0, Row.Rights, out item, out _);

    /// <summary>Finds an object that may be left out by a 0.</summary>
    public readonly KernelStatus GetOptional<T>(int word, CapabilityRights rights, out T? item, out Capability? capability)
        where T : KernelObject
    {
        item = null;
        capability = null;
        if (_frame[word] == 0)
        {
            return KernelStatus.Ok;
        }

        var status = Get<T>(word, rights, out var found, out var through);
        item = found;
        capability = through;
        return status;
    }

    /// <summary>
    /// Checks that an object can be made: the destination slot in word 1 is free, and the cell that pays for it can. One more is
    /// counted for the capability.
    /// </summary>
    public readonly KernelStatus CheckCreate(Cell payer)
    {
        var status = Caller.Capabilities.CheckFree(_frame[1]);
        return status != KernelStatus.Ok ? status : payer.CanCharge(payer == Caller ? 2 : 1) ? KernelStatus.Ok : KernelStatus.ObjectsExhausted;
    }

    /// <summary>Puts a new object into the slot that <see cref="CheckCreate"/> has checked.</summary>
    public readonly Capability PutNew(KernelObject item, CapabilityRights rights = CapabilityRights.All) =>
        Caller.Capabilities.Put((uint)_frame[1], item, rights, 0, null);

    /// <summary>A thread that machine code makes gets the CPU share of its maker; only the maker's holders can give more.</summary>
    public readonly void PassShare(Thread made)
    {
        if (Thread is { } maker)
        {
            Kernel.Scheduler.Set(made, Math.Min(maker.Priority, Scheduler.DefaultPriority), maker.SchedulingContext, Kernel);
        }
    }

    /// <summary>True where words name a range of whole pages that is not empty, does not wrap and ends below 2^63.</summary>
    public readonly bool IsPageRange(int addressWord, int lengthWord)
    {
        ulong address = _frame[addressWord];
        ulong length = _frame[lengthWord];
        return ((address | length) & (Pages.Size - 1)) == 0 && length > 0 && address < 1UL << 62 && length < 1UL << 62;
    }
}

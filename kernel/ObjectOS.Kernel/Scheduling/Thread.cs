using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>What a thread is doing.</summary>
public enum ThreadState : byte
{
    /// <summary>Stopped by its holder, or not yet started.</summary>
    Suspended,

    /// <summary>Runs when its turn comes.</summary>
    Ready,

    /// <summary>Waits for a receiver of its message.</summary>
    Sending,

    /// <summary>Waits for the answer to its call, system call or fault.</summary>
    AwaitingReply,

    /// <summary>Waits for a message.</summary>
    Receiving,

    /// <summary>Waits for a notification.</summary>
    Waiting,

    /// <summary>Ended.</summary>
    Ended,
}

/// <summary>
/// A thread of a cell. Machine code has a hart context and an address space; the one thread of a managed cell has a program.
/// Whatever it waits for is in its registers and in the few fields below, so that any wait can be restarted.
/// </summary>
public sealed class Thread : KernelObject
{
    private Transfer _transfer;

    internal Thread(Cell cell, uint number, AddressSpace space, HartContext context, uint quantum)
        : base(ObjectKind.Thread, cell)
    {
        Number = number;
        Space = space;
        Context = context;
        Quantum = quantum;
        QuantumLeft = quantum;
        space.Retain();
        cell.ThreadCount++;
    }

    internal Thread(Cell cell, uint number, IManagedProgram program, Endpoint endpoint)
        : base(ObjectKind.Thread, cell)
    {
        Number = number;
        Program = program;
        ManagedEndpoint = endpoint;
        endpoint.Managed = this;
        endpoint.Retain();
        cell.ThreadCount++;
        State = ThreadState.Receiving;
    }

    internal Thread(Cell cell, VCpu vcpu, uint quantum)
        : base(ObjectKind.Thread, cell)
    {
        Number = vcpu.Number;
        VCpu = vcpu;
        Quantum = quantum;
        QuantumLeft = quantum;
    }

    /// <summary>Its number in its kernel, never used twice.</summary>
    public uint Number { get; }

    /// <summary>What it does.</summary>
    public ThreadState State { get; internal set; }

    /// <summary>Its memory; null for a managed thread.</summary>
    public AddressSpace? Space { get; }

    /// <summary>Its registers; null for a managed thread.</summary>
    public HartContext? Context { get; }

    /// <summary>Its program; null for machine code.</summary>
    public IManagedProgram? Program { get; }

    /// <summary>The virtual CPU whose guest it runs. Such a thread has neither registers nor program, and its cell does not live by it.</summary>
    internal VCpu? VCpu { get; }

    /// <summary>0 lowest to 31.</summary>
    public int Priority { get; internal set; } = Scheduler.DefaultPriority;

    /// <summary>Its share of CPU time; null: no limit.</summary>
    public SchedulingContext? SchedulingContext { get; internal set; }

    /// <summary>Where a managed program receives.</summary>
    internal Endpoint? ManagedEndpoint { get; }

    /// <summary>Virtual instructions of a whole turn.</summary>
    internal uint Quantum { get; }

    /// <summary>For a hart that waits for an interrupt: when its timer comes, in nanoseconds; null: it has none.</summary>
    internal ulong? WakeAt { get; set; }

    /// <summary>Virtual instructions until the next of its priority runs; a last charge may have overdrawn it.</summary>
    internal long QuantumLeft { get; set; }

    /// <summary>Its place among the ready threads, while it is ready and not throttled.</summary>
    internal LinkedListNode<Thread>? ReadyNode { get; set; }

    /// <summary>What services have moved for it since its last event.</summary>
    internal ref Transfer Transfer => ref _transfer;

    /// <summary>A managed thread's place among those that have a message to handle.</summary>
    internal LinkedListNode<Thread>? ManagedNode { get; set; }

    /// <summary>Its place in the queue of what it waits for.</summary>
    internal LinkedListNode<Thread>? WaitNode { get; set; }

    /// <summary>The message that it sends, made anew for each.</summary>
    internal Letter? Letter { get; set; }

    /// <summary>The endpoint whose answer it waits for, as a right in somebody's hands.</summary>
    internal Reply? AwaitedReply { get; set; }

    /// <summary>A managed program's way into the kernel.</summary>
    internal ManagedPort? Port { get; set; }

    /// <summary>True for one that is ready, and whose system call is to be made again when its turn comes, before it runs.</summary>
    internal bool CallsAgain { get; set; }

    /// <summary>The last trap that it took.</summary>
    internal Trap LastTrap { get; set; }

    /// <summary>Where a received call's reply goes.</summary>
    internal uint ReplySlot { get; set; }

    /// <summary>Where a received capability goes.</summary>
    internal uint CapabilitySlot { get; set; }

    /// <summary>Takes it out of whatever queue it waits in.</summary>
    internal void LeaveQueues(Kernel kernel)
    {
        kernel.Scheduler.Remove(this);
        kernel.LeaveManagedQueue(this);
        kernel.Forget(this);
        WaitNode?.List?.Remove(WaitNode);
        if (Letter?.Place is { List: { } letters } place)
        {
            letters.Remove(place);
        }

        AwaitedReply?.Withdraw(kernel);
    }

    /// <summary>Ends a wait for a message or a notification with a status that machine code sees in a0.</summary>
    internal void EndWait(Kernel kernel, KernelStatus status)
    {
        WaitNode?.List?.Remove(WaitNode);
        if (Context is { } context)
        {
            context.X[10] = (ulong)status;
            context.Pc += 4;
            kernel.Scheduler.MakeReady(this);
        }
    }

    private protected override bool DiesUnused => false;

    private protected override void OnDestroy(Kernel kernel)
    {
        LeaveQueues(kernel);
        State = ThreadState.Ended;
        Space?.Release(kernel);
        SchedulingContext?.Release(kernel);
        ManagedEndpoint?.Release(kernel);
        Owner.ThreadCount -= VCpu is null ? 1 : 0;
    }
}

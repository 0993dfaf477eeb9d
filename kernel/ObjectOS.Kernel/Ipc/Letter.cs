using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// A message on its way: a record that says all that is needed to deliver it, now or after a restart. A thread that calls or
/// sends has one of its own; others stand for themselves.
/// </summary>
internal sealed class Letter
{
    public MessageKind Kind;
    public ulong Label;
    public ulong Badge;
    public MessageWords Words;

    /// <summary>The thread that waits for delivery or answer; null for a letter that nobody waits for.</summary>
    public Thread? Sender;

    /// <summary>True where the sender waits for an answer.</summary>
    public bool WantsReply;

    /// <summary>Where it waits for a receiver.</summary>
    public LinkedListNode<Letter>? Place;

    /// <summary>The capability that goes with it; one that has left its slot by the time of delivery is not handed on.</summary>
    public Capability? Capability;

    /// <summary>For a call without a capability: the caller's slot for one that comes with the answer.</summary>
    public uint AnswerSlot;

    /// <summary>The slot of a managed receiver that the capability has gone to already; 0: not yet.</summary>
    public uint TakenSlot;

    public ulong LeaseAddress;
    public ulong LeaseLength;
    public PageRights LeaseRights;
    public ReadOnlyMemory<byte> Data;

    /// <summary>Nobody will ever receive it: the endpoint has gone.</summary>
    public void Reject(Kernel kernel)
    {
        if (Sender is { } sender)
        {
            kernel.FailCall(sender, KernelStatus.Dead);
        }
    }
}

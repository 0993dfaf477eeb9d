using System.Runtime.CompilerServices;

namespace ObjectOS.Abi;

/// <summary>Why a message came.</summary>
public enum MessageKind : byte
{
    /// <summary>Another thread called or sent through the endpoint.</summary>
    Endpoint,

    /// <summary>
    /// An <c>ecall</c> of a thread whose cell names the endpoint for its system calls: label is a7, words are a0–a5. The thread's
    /// whole address space is lent. The answer's label 0 puts its word 0 into a0 and moves on, 1 resumes with the registers as they are,
    /// 2 puts words 0 and 1 into a0 and a1 and moves on. An <c>ecall</c> from S-mode of a supervisor-mode hart comes so, too, with the low
    /// half of a6 in the upper half of the label.
    /// </summary>
    SystemCall,

    /// <summary>
    /// A thread of a cell that names the endpoint for its faults trapped: label is the cause, words are address, pc,
    /// instruction bits, access, size. The reply's label 0 resumes the thread, 2 and 3 are for guest page faults (causes 20, 21, 23) of
    /// harts: 2 completes the access, a load with word 0; 3 gives the hart the exception word 0 with the trap value word 1. Any other leaves
    /// it stopped. The words of a guest page fault are guest-physical address, pc, the value of a store, access (1 load, 2 store, 3 fetch), size (0: it
    /// cannot be completed), virtual address.
    /// </summary>
    Fault,

    /// <summary>The bound notification was signalled: words[0] holds the bits.</summary>
    Notification,

    /// <summary>A host request ended: label is its identifier, words[0] its result, words[1] the length of its data.</summary>
    Completion,

    /// <summary>
    /// A cell that names the endpoint for its faults ended by itself, with its last thread: words are the exit code and the cell's number.
    /// </summary>
    CellEnded,

    /// <summary>
    /// A virtual CPU has stopped for its holder: label is the kind of exit, words are cause, pc, address, guest-physical address,
    /// instruction bits, and access with the size in bits 8 and up.
    /// </summary>
    VCpuExit,
}

/// <summary>Labels of an answer to <see cref="MessageKind.Fault"/>.</summary>
public static class FaultAnswer
{
    /// <summary>The thread goes on where it trapped.</summary>
    public const ulong Retry = 0;

    /// <summary>The access of a hart is complete, a load with word 0.</summary>
    public const ulong Complete = 2;

    /// <summary>The hart gets exception word 0 with the trap value word 1.</summary>
    public const ulong Exception = 3;
}

/// <summary>Labels of an answer to <see cref="MessageKind.SystemCall"/>.</summary>
public static class CallAnswer
{
    /// <summary>Word 0 goes into a0; the thread goes on behind the ecall.</summary>
    public const ulong Value = 0;

    /// <summary>The thread goes on with its registers as they are.</summary>
    public const ulong Registers = 1;

    /// <summary>Words 0 and 1 go into a0 and a1; the thread goes on behind the ecall.</summary>
    public const ulong TwoValues = 2;

    /// <summary>A hart gets exception word 0 with the trap value word 1 at its ecall; where it cannot, this is <see cref="Value"/>.</summary>
    public const ulong Exception = 3;

    /// <summary>
    /// The thread makes the same call again when its turn comes: the server does long work in steps, each of which the thread pays for and before
    /// each of which others run. The ecall counts as one trap. A thread whose budget is used up traps for that instead.
    /// </summary>
    public const ulong Again = 4;
}

/// <summary>The six words of a message.</summary>
[InlineArray(Length)]
public struct MessageWords
{
    /// <summary>Words in a message.</summary>
    public const int Length = 6;

    private ulong _word;
}

/// <summary>A message as its receiver sees it.</summary>
public struct Message
{
    /// <summary>Why it came.</summary>
    public MessageKind Kind;

    /// <summary>What it asks for; the receiver's protocol says what labels mean.</summary>
    public ulong Label;

    /// <summary>The badge of the capability through which it came: who sends, as the receiver has named it.</summary>
    public ulong Badge;

    /// <summary>The words.</summary>
    public MessageWords Words;

    /// <summary>The slot of the reply capability for a call, 0 for a one-way message.</summary>
    public uint ReplySlot;

    /// <summary>The slot of a capability that came with it, 0 for none.</summary>
    public uint CapabilitySlot;

    /// <summary>Bytes of the caller's memory that the call lends to the receiver (Reply invocations copy in and out), 0 for none.</summary>
    public ulong LeaseLength;

    /// <summary>For a system call or a fault: the number of the thread, as <c>thread_create</c> told it.</summary>
    public ulong ThreadNumber;

    /// <summary>For a completion: what the host returned. Owned by the receiver for the length of the call.</summary>
    public ReadOnlyMemory<byte> Data;
}

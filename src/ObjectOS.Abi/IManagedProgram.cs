namespace ObjectOS.Abi;

/// <summary>What a managed program says of a message that it was given.</summary>
public enum HandleResult
{
    /// <summary>Dealt with (an answer may still be owed; it is sent later through the reply capability).</summary>
    Handled,

    /// <summary>
    /// An invocation returned <see cref="KernelStatus.Suspended"/> before anything was changed; the same message comes again.
    /// A program must first make every invocation that can be suspended (copy in, prepare), then change state.
    /// </summary>
    Suspended,
}

/// <summary>
/// The program of a managed cell: a service written in C#, a state machine that is given one message at a time and acts by
/// invocations alone. It holds no tasks, threads or clocks; its state is data that can be saved between any two messages.
/// </summary>
public interface IManagedProgram
{
    /// <summary>A short name for traces and statistics.</summary>
    string Name { get; }

    /// <summary>Called once, before the first message, with the program's own port.</summary>
    void Start(IInvocationPort port);

    /// <summary>Deals with one message to the end, without waiting. An exception halts the kernel that runs it with a report.</summary>
    HandleResult Handle(in Message message, IInvocationPort port);

    /// <summary>Writes the whole state; called between messages only.</summary>
    void Save(BinaryWriter writer);

    /// <summary>Takes the state that <see cref="Save"/> wrote, in a program that has been started and given no message yet.</summary>
    /// <exception cref="InvalidDataException">The data is not a state of this program and version.</exception>
    void Restore(BinaryReader reader);
}

/// <summary>
/// The way from a managed program into its kernel: the same invocations, capabilities and costs that machine code has.
/// Not thread-safe: called on the kernel's host thread, from <see cref="IManagedProgram.Handle"/> or between slices.
/// </summary>
public interface IInvocationPort
{
    /// <summary>
    /// Performs invocation <paramref name="number"/>. Where its row has a buffer, <paramref name="source"/> (the kernel reads it) or
    /// <paramref name="destination"/> (the kernel fills all of it) is that buffer; machine code passes an address and a length of its
    /// own memory instead. Never blocks: a call that would have to wait returns <see cref="KernelStatus.WouldBlock"/>.
    /// </summary>
    KernelStatus Invoke(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source = default, Span<byte> destination = default);

    /// <summary>The guest time now, in nanoseconds since the kernel started.</summary>
    ulong Now { get; }
}

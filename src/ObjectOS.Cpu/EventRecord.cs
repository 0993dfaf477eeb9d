using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>How much of its events a kernel keeps.</summary>
public enum EventDetail : byte
{
    /// <summary>None.</summary>
    None,

    /// <summary>Each event with digests of the bytes that went in and out.</summary>
    Digests,

    /// <summary>The same, with the first <see cref="EventRecord.SampleBytes"/> of those bytes, and the registers and the stack of the thread.</summary>
    Samples,
}

/// <summary>The kinds of events: what a guest can see, or what others can see of it.</summary>
public enum EventKind : byte
{
    /// <summary>
    /// A thread was created; <see cref="EventRecord.Peer"/> is the thread on whose account, and the number is that of the system call that it is in (0: none).
    /// </summary>
    Born,

    /// <summary>A system call was answered: number a7, the arguments a0–a5; result a0.</summary>
    SystemCall,

    /// <summary>An ecall of a supervisor was answered: number a7 and a6 (bits 63–32), the arguments a0–a5; results a0 and a1.</summary>
    SupervisorCall,

    /// <summary>A load or store of a device was answered: arguments guest-physical address, value, access, bytes; result: the value that was loaded.</summary>
    DeviceAccess,

    /// <summary>The interrupt lines of a hart changed: arguments mask and lines.</summary>
    Interrupt,

    /// <summary>A trap that a handler answered other than by a retry, or that ended the cell: the number is its cause; arguments pc, address, instruction bits.</summary>
    Trap,

    /// <summary>Machine code made an invocation; the number is its own, result: the status.</summary>
    Invocation,

    /// <summary>A call from cell to cell was answered: number the label, the arguments its words; results: the answer's label and first word.</summary>
    Ipc,

    /// <summary>A service asked the host: number the <see cref="HostRequestKind"/>, arguments target and the request's; result: the request's identifier.</summary>
    Request,

    /// <summary>The host's answer was delivered: number the request's identifier; result: its own.</summary>
    Completion,

    /// <summary>A thread ended; the number is its code. In a system call: arguments a0–a5, second result a7.</summary>
    ThreadEnd,

    /// <summary>A cell ended; the number is its code.</summary>
    CellEnd,

    /// <summary>A personality noted what it did to a thread; for Linux, that it delivered a signal: number the signal, the first argument the <see cref="SignalEffect"/>.</summary>
    Note,
}

/// <summary>One event of a kernel. Runs with the same seed and deterministic inputs have the same events in the same order.</summary>
public readonly record struct EventRecord
{
    /// <summary>Most bytes of <see cref="Input"/> and <see cref="Output"/> of a call that are kept.</summary>
    public const int SampleBytes = 256;

    /// <summary>Most bytes of <see cref="Stack"/>.</summary>
    public const int StackBytes = 4096;

    /// <summary>What happened.</summary>
    public EventKind Kind { get; init; }

    /// <summary>The number of the thread that it happened to; 0: none.</summary>
    public uint Thread { get; init; }

    /// <summary>The number of the thread's cell, or of the cell that ended or asked.</summary>
    public uint Cell { get; init; }

    /// <summary>The number of the other thread of the event; 0: none.</summary>
    public uint Peer { get; init; }

    /// <summary>Which call, cause, request or code.</summary>
    public ulong Number { get; init; }

    /// <summary>The arguments, as the kind says.</summary>
    public MessageWords Arguments { get; init; }

    /// <summary>The first result, as the kind says.</summary>
    public ulong Result { get; init; }

    /// <summary>The second result.</summary>
    public ulong SecondResult { get; init; }

    /// <summary>The <see cref="Digest64"/> of all bytes that services read of the thread's memory for the event; 0: none.</summary>
    public ulong InputDigest { get; init; }

    /// <summary>The <see cref="Digest64"/> of all bytes that services wrote to the thread's memory for the event; 0: none.</summary>
    public ulong OutputDigest { get; init; }

    /// <summary>Instructions that the thread had retired.</summary>
    public ulong Retired { get; init; }

    /// <summary>Pages that the thread's cell holds.</summary>
    public ulong Pages { get; init; }

    /// <summary>The program counter of the thread.</summary>
    public ulong Pc { get; init; }

    /// <summary>With <see cref="EventDetail.Samples"/>, the registers of the thread: pc, then x1–x31. Else empty.</summary>
    public ReadOnlyMemory<ulong> Registers { get; init; }

    /// <summary>With <see cref="EventDetail.Samples"/>, bytes of the thread's memory from its stack pointer (x2) up. Else empty.</summary>
    public ReadOnlyMemory<byte> Stack { get; init; }

    /// <summary>The ranges of <see cref="KernelOptions.EventMemory"/>, one after the other, if it asks for this event; pages that could not be read are 0. Else empty.</summary>
    public ReadOnlyMemory<byte> Memory { get; init; }

    /// <summary>Guest time, nanoseconds since the kernel was made.</summary>
    public ulong Time { get; init; }

    /// <summary>For a request: all of its data. Else the first bytes that were read, with <see cref="EventDetail.Samples"/>.</summary>
    public ReadOnlyMemory<byte> Input { get; init; }

    /// <summary>For a completion: all of its data. Else the first bytes that were written, with <see cref="EventDetail.Samples"/>.</summary>
    public ReadOnlyMemory<byte> Output { get; init; }
}

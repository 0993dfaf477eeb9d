using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>What a trace record tells of.</summary>
public enum TraceKind : byte
{
    /// <summary>An invocation of the kernel; the number is its own.</summary>
    Invocation,

    /// <summary>A system call that a service handles, told when it is answered; the number is a7.</summary>
    SystemCall,

    /// <summary>A trap; the number is its cause.</summary>
    Trap,

    /// <summary>The end of a cell; the number is its exit code.</summary>
    End,
}

/// <summary>One line of a trace. The same seed and input give the same records.</summary>
/// <param name="Retired">Instructions that the kernel's threads had retired.</param>
/// <param name="Cell">The cell's number.</param>
/// <param name="Thread">The thread's number.</param>
/// <param name="Kind">What it tells of.</param>
/// <param name="Number">Which call, cause or code.</param>
/// <param name="Arguments">The arguments; for a trap pc, address and instruction bits.</param>
/// <param name="Result">What came of it: the status, or a0 after a system call.</param>
public sealed record TraceRecord(ulong Retired, uint Cell, uint Thread, TraceKind Kind, ulong Number, MessageWords Arguments, ulong Result);

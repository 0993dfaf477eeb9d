using System.Text;

namespace ObjectOS;

/// <summary>How a program ended.</summary>
public enum RunEnd
{
    /// <summary>By itself.</summary>
    Exited,

    /// <summary>By a signal that somebody sent, its own host included.</summary>
    Signalled,

    /// <summary>By a fault of its own.</summary>
    Fault,

    /// <summary>Its memory quota is used up.</summary>
    MemoryExhausted,

    /// <summary>Its budget of instructions is used up.</summary>
    BudgetExhausted,

    /// <summary>Its host time is used up.</summary>
    TimedOut,

    /// <summary>It was stopped from code, by cancellation or with its OS object.</summary>
    Stopped,

    /// <summary>It is not a program that can run here.</summary>
    NotRunnable,

    /// <summary>The kernel under it halted; the report says why.</summary>
    KernelHalted,

    /// <summary>A virtual machine switched itself off; with an exit code that is not 0 it told a failure.</summary>
    PoweredOff,

    /// <summary>A virtual machine asked for a reset, and was not to be started again.</summary>
    Reset,

    /// <summary>A virtual machine told its result by HTIF.</summary>
    Htif,

    /// <summary>A virtual machine whose harts all wait for an interrupt that nothing can cause any more.</summary>
    Idle,
}

/// <summary>What a finished program leaves behind. A guest that fails is a result, never an exception.</summary>
public sealed record RunResult
{
    /// <summary>Why it ended.</summary>
    public required RunEnd End { get; init; }

    /// <summary>The code that a shell would show: the program's own, or 128 and the number of the Linux signal that ended it.</summary>
    public required int ExitCode { get; init; }

    /// <summary>The fault that ended it, if one did.</summary>
    public FaultReport? Fault { get; init; }

    /// <summary>One sentence, for every end but its own.</summary>
    public string? Message { get; init; }

    /// <summary>The kernel's number of its cell.</summary>
    public uint Cell { get; init; }

    /// <summary>Instructions that it and its children retired.</summary>
    public ulong Instructions { get; init; }

    /// <summary>Virtual instructions: retired, and charged for the work of kernel and services.</summary>
    public ulong Charged { get; init; }

    /// <summary>Traps taken, system calls included.</summary>
    public ulong Traps { get; init; }

    /// <summary>Most memory that it held, in bytes.</summary>
    public ulong PeakMemory { get; init; }

    /// <summary>
    /// SHA-256 over registers and memory at the program's end, where <see cref="ProgramSpec.ReportsState"/> asked for it: the same wherever the
    /// same program did the same.
    /// </summary>
    public string? StateHash { get; init; }

    /// <summary>The signature of a conformance test, where <see cref="MachineSpec.ReportsSignature"/> asked for it.</summary>
    public ReadOnlyMemory<byte> Signature { get; init; }

    /// <summary>The code that a virtual machine told, whole: what it wrote to <c>tohost</c>, shifted right by one, or its test device's; 0 where it told none.</summary>
    public ulong ReportedCode { get; init; }

    /// <summary>SHA-256 of the program's file; null where it was not read.</summary>
    public string? ProgramSha256 { get; init; }

    /// <summary>Standard output where it was not sent elsewhere, up to 64 MiB.</summary>
    public ReadOnlyMemory<byte> OutputBytes { get; init; }

    /// <summary>Standard error where it was not sent elsewhere, up to 64 MiB.</summary>
    public ReadOnlyMemory<byte> ErrorBytes { get; init; }

    /// <summary>System calls that it made and the personality has not, with their counts.</summary>
    public IReadOnlyDictionary<string, ulong> UnsupportedCalls { get; init; } = new Dictionary<string, ulong>();

    /// <summary>Standard output as UTF-8.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes.Span);

    /// <summary>Standard error as UTF-8.</summary>
    public string Error => Encoding.UTF8.GetString(ErrorBytes.Span);

    /// <summary>True where the program or machine ended by itself with code 0.</summary>
    public bool IsSuccess => End is RunEnd.Exited or RunEnd.PoweredOff or RunEnd.Reset or RunEnd.Htif && ExitCode == 0;

    /// <summary>Gives the result on, or throws where the program failed.</summary>
    /// <exception cref="ProgramFailedException">It did not end by itself with code 0; the message holds the fault's line.</exception>
    public RunResult EnsureSuccess() => IsSuccess ? this : throw new ProgramFailedException(this);
}

/// <summary>A fault that ended a program.</summary>
/// <param name="CauseNumber">The number of the cause, RISC-V's own where it is below 16.</param>
/// <param name="Cause">The cause in words, as in "store page fault".</param>
/// <param name="Pc">Where the program was.</param>
/// <param name="Address">The address that could not be accessed.</param>
/// <param name="Instruction">The instruction's bits, 16 or 32.</param>
/// <param name="Text">The instruction disassembled.</param>
public sealed record FaultReport(int CauseNumber, string Cause, ulong Pc, ulong Address, uint Instruction, string Text);

/// <summary>A program failed, and its caller wanted that to be an exception.</summary>
public sealed class ProgramFailedException : Exception
{
    /// <summary>Makes it from a result.</summary>
    public ProgramFailedException(RunResult result)
        : base(result?.Message ?? $"The program ended with exit code {result?.ExitCode}.") => Result = result!;

    /// <summary>Makes it without a result.</summary>
    public ProgramFailedException()
    {
    }

    /// <summary>Makes it from a message.</summary>
    public ProgramFailedException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it from a message and a cause.</summary>
    public ProgramFailedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How it ended.</summary>
    public RunResult? Result { get; }
}

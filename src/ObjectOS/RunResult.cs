using System.Globalization;
using System.Runtime.ExceptionServices;
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

/// <summary>
/// What a finished program leaves behind. A guest that fails is a result, never an exception. Two results are equal if all that the program did is
/// equal: the host's <see cref="Duration"/> and the text of a <see cref="StreamFailure"/> do not count.
/// </summary>
public sealed record RunResult
{
    /// <summary>Lines of standard error that a failure's message shows.</summary>
    private const int ShownErrorLines = 5;

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

    /// <summary>Processor time in guest time: a virtual instruction takes a nanosecond.</summary>
    public TimeSpan CpuTime => TimeSpan.FromTicks((long)(Charged / 100));

    /// <summary>Host time from its start to its end.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>The path or name of the program or machine.</summary>
    public string Program { get; init; } = "";

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

    /// <summary>The device tree blob of a machine, if <see cref="MachineSpec.DumpsDeviceTree"/> asked for it.</summary>
    public ReadOnlyMemory<byte> DeviceTree { get; init; }

    /// <summary>The code that a virtual machine told, whole: what it wrote to <c>tohost</c>, shifted right by one, or its test device's; 0 where it told none.</summary>
    public ulong ReportedCode { get; init; }

    /// <summary>SHA-256 of the program's file; null where it was not read.</summary>
    public string? ProgramSha256 { get; init; }

    /// <summary>Standard output if it was not sent elsewhere, up to <see cref="ProgramLimits.CapturedOutput"/>.</summary>
    public ReadOnlyMemory<byte> OutputBytes { get; init; }

    /// <summary>Standard error if it was not sent elsewhere, up to <see cref="ProgramLimits.CapturedOutput"/>.</summary>
    public ReadOnlyMemory<byte> ErrorBytes { get; init; }

    /// <summary>True if the program wrote more than was kept: <see cref="Output"/> or <see cref="Error"/> lacks its end.</summary>
    public bool OutputTruncated { get; init; }

    /// <summary>
    /// What the first stream of the embedding program threw that failed, a <see cref="StreamFailureException"/>; null if none did. The guest saw an I/O
    /// error or a closed pipe, and may have ended by itself.
    /// </summary>
    public Exception? StreamFailure { get; init; }

    /// <summary>System calls that it made and the personality has not, with their counts.</summary>
    public IReadOnlyDictionary<string, ulong> UnsupportedCalls { get; init; } = new Dictionary<string, ulong>();

    /// <summary>Standard output as UTF-8.</summary>
    public string Output => Encoding.UTF8.GetString(OutputBytes.Span);

    /// <summary>Standard error as UTF-8.</summary>
    public string Error => Encoding.UTF8.GetString(ErrorBytes.Span);

    /// <summary>True if the program or machine ended by itself with code 0.</summary>
    public bool IsSuccess => End is RunEnd.Exited or RunEnd.PoweredOff or RunEnd.Reset or RunEnd.Htif && ExitCode == 0;

    /// <summary>Returns the result, or throws if the program failed or a stream of the embedding program did.</summary>
    /// <exception cref="StreamFailureException">A stream of the embedding program failed.</exception>
    /// <exception cref="ProgramFailedException">It did not end by itself with code 0; the message holds the fault's line and the end of its standard error.</exception>
    public RunResult EnsureSuccess()
    {
        if (StreamFailure is { } failure)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        return IsSuccess ? this : throw new ProgramFailedException(this);
    }

    /// <summary>One line: the program, its end and what it used.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Program.Length > 0 ? Program : "program")}: {(Message is { } message ? $"{message} ({End}, exit code {ExitCode})" : $"{End}, exit code {ExitCode}")}; {Instructions:N0} instructions, {PeakMemory >> 10:N0} KiB, {Duration.TotalMilliseconds:0.#} ms")
        .ReplaceLineEndings(" ");

    /// <inheritdoc/>
    public bool Equals(RunResult? other) =>
        other is not null
        && (End, ExitCode, Fault, Message, Cell, Instructions) == (other.End, other.ExitCode, other.Fault, other.Message, other.Cell, other.Instructions)
        && (Charged, Traps, PeakMemory, StateHash, ReportedCode) == (other.Charged, other.Traps, other.PeakMemory, other.StateHash, other.ReportedCode)
        && (ProgramSha256, OutputTruncated, Program) == (other.ProgramSha256, other.OutputTruncated, other.Program)
        && (StreamFailure is null) == (other.StreamFailure is null)
        && Signature.Span.SequenceEqual(other.Signature.Span)
        && OutputBytes.Span.SequenceEqual(other.OutputBytes.Span)
        && ErrorBytes.Span.SequenceEqual(other.ErrorBytes.Span)
        && UnsupportedCalls.Count == other.UnsupportedCalls.Count
        && UnsupportedCalls.All(call => other.UnsupportedCalls.TryGetValue(call.Key, out ulong count) && count == call.Value);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(End, ExitCode, Cell, Instructions, Charged, Traps, OutputBytes.Length, ErrorBytes.Length);

    /// <summary>What a failure's message says: which program, how it ended, and the end of its standard error.</summary>
    internal string FailureText()
    {
        string name = Program.Length > 0 ? Program : "the program";
        string text = Message is { } message ? (message.Contains(Path.GetFileName(name), StringComparison.Ordinal) ? message : $"{name}: {message}") : $"{name} ended with exit code {ExitCode}.";
        var lines = Error.TrimEnd().Split('\n');
        return ErrorBytes.IsEmpty ? text : $"{text}\nThe end of its standard error:\n{string.Join('\n', lines.TakeLast(ShownErrorLines))}";
    }
}

/// <summary>A function on the stack of a program that a fault has ended.</summary>
/// <param name="Pc">Where it was: for the first frame the instruction at fault, for the others the one after the call.</param>
/// <param name="Function">Its name; null if the program's symbols do not name it.</param>
/// <param name="File">The source file; null without debug information.</param>
/// <param name="Line">The line in it, from 1; 0 without debug information.</param>
public sealed record StackFrame(ulong Pc, string? Function, string? File, int Line)
{
    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"0x{Pc:x}{(Function is null ? "" : $" in {Function}")}{(File is null ? "" : $" at {File}:{Line}")}");
}

/// <summary>A fault that ended a program.</summary>
/// <param name="CauseNumber">The number of the cause, RISC-V's own where it is below 16.</param>
/// <param name="Cause">The cause in words, as in "store page fault".</param>
/// <param name="Pc">Where the program was.</param>
/// <param name="Address">The address that could not be accessed.</param>
/// <param name="Instruction">The instruction's bits, 16 or 32.</param>
/// <param name="Text">The instruction disassembled.</param>
public sealed record FaultReport(int CauseNumber, string Cause, ulong Pc, ulong Address, uint Instruction, string Text)
{
    /// <summary>
    /// The functions that were active, the one at fault first and at most 64; empty if the program's file has no symbols, or has changed since the start.
    /// It ends at a function without call frame information and frame pointer. A native program has the first alone.
    /// </summary>
    public IReadOnlyList<StackFrame> Backtrace { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(FaultReport? other) =>
        other is not null && (CauseNumber, Cause, Pc, Address, Instruction, Text) == (other.CauseNumber, other.Cause, other.Pc, other.Address, other.Instruction, other.Text)
        && Backtrace.SequenceEqual(other.Backtrace);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(CauseNumber, Pc, Address);
}

/// <summary>A stream that the embedding program has given to a guest failed.</summary>
public sealed class StreamFailureException : IOException
{
    /// <summary>Makes it without a message.</summary>
    public StreamFailureException()
    {
    }

    /// <summary>Makes it from a message.</summary>
    public StreamFailureException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it from a message and what the stream threw.</summary>
    public StreamFailureException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>A wait was cancelled, and the program stopped with it.</summary>
public sealed class ProgramCanceledException : OperationCanceledException
{
    /// <summary>Makes it from what the program has left behind.</summary>
    public ProgramCanceledException(RunResult? result, CancellationToken token)
        : base(result?.Message is { } message ? $"Cancelled: {message}" : "Cancelled before the start.", token) => Result = result;

    /// <summary>Makes it without a result.</summary>
    public ProgramCanceledException()
    {
    }

    /// <summary>Makes it from a message.</summary>
    public ProgramCanceledException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it from a message and a cause.</summary>
    public ProgramCanceledException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>What the program did until it was stopped; null if it was cancelled before its start.</summary>
    public RunResult? Result { get; }
}

/// <summary>A program failed, and its caller wanted that to be an exception.</summary>
public sealed class ProgramFailedException : Exception
{
    /// <summary>Makes it from a result.</summary>
    public ProgramFailedException(RunResult result)
        : base(result?.FailureText()) => Result = result!;

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

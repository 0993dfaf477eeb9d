using System.CommandLine;
using ObjectOS.Machine;

namespace ObjectOS.Cli;

/// <summary>The options that every command has that runs one guest: what it runs under, its limits, what is written about it.</summary>
internal sealed class GuestOptions
{
    private readonly string _command;
    private readonly ulong _memoryUnlessGiven;
    private readonly Option<ulong> _depth = Depth();
    private readonly Option<ulong> _memory;
    private readonly Option<string> _engine = Engine();
    private readonly Option<ulong> _budget = Budget("Stop after so many virtual instructions charged, for instance 100M: those that the guest executes, and those that kernel and services charge for their work.");
    private readonly Option<TimeSpan> _timeout = ValueOption.Of<TimeSpan>("--timeout", "TIME", "Stop after so much host time, for instance 10, 10s or 500ms.", Quantities.TryParseTime, "a number of seconds, 0 or more, perhaps with s or ms,");
    private readonly Option<ulong> _seed = ValueOption.Number("--seed", "N", "Seed of all that is random to the guest; 0 unless given.", ValueOption.TryParseWhole, 0, ulong.MaxValue, "a whole number, 0 or more,");
    private readonly Option<string> _clock;
    private readonly Option<string> _inputs;
    private readonly Option<ulong> _gdb = Gdb();
    private readonly Option<string> _record = ValueOption.Text("--record", "FILE", "Record the run in FILE, for objectos replay. Input then reaches the guest up to a millisecond later.");
    private readonly Option<string> _trace = ValueOption.Text("--trace", "FILE", "Write calls and traps to FILE, one JSON line each.");
    private readonly Option<bool> _noJail = new("--no-jail") { Description = "Do not confine the native tool: see docs/threat-model.md." };
    private readonly Option<string?> _statistics = new("--stats") { HelpName = "FILE", Description = "Show figures on standard error afterwards, or write them to FILE as JSON.", Arity = ArgumentArity.ZeroOrOne };
    private readonly Option<bool> _json = new("--json") { Description = "Show the figures as one JSON line, the last of standard error." };

    /// <param name="command">The command's name.</param>
    /// <param name="memory">The option for memory, which differs.</param>
    /// <param name="memoryUnlessGiven">Bytes of memory where that is not given.</param>
    /// <param name="clockUnlessGiven">Which clock is used if none is given, in words.</param>
    /// <param name="inputsUnlessGiven">How input is delivered if that is not given, in words.</param>
    public GuestOptions(string command, Option<ulong> memory, ulong memoryUnlessGiven, string clockUnlessGiven, string inputsUnlessGiven)
    {
        _inputs = ValueOption.Word("--inputs", "live|deterministic", $"Deliver the host's answers when they come, or at fixed guest times, so that equal input gives equal runs; {inputsUnlessGiven}.", "live or deterministic", "live", "deterministic");
        _command = command;
        _memory = memory;
        _memoryUnlessGiven = memoryUnlessGiven;
        _clock = ValueOption.Word("--clock", "virtual|host", $"Guest time counts instructions, or follows the host's clock; {clockUnlessGiven}.", "virtual or host", "virtual", "host");
    }

    /// <summary>How many kernels lie under the guest's own.</summary>
    /// <remarks>Deeper ones than 256 would take longer to build than anybody waits for; the host's stack holds many more.</remarks>
    public static Option<ulong> Depth() =>
        ValueOption.Number("--depth", "N", "Run under N further kernels, one under the other; 0 unless given.", ValueOption.TryParseWhole, 0, 256, "a whole number from 0 to 256");

    /// <summary>Where gdb comes in.</summary>
    public static Option<ulong> Gdb() =>
        ValueOption.Number("--gdb", "PORT", "Wait for gdb (target remote :PORT) on a TCP port of the loopback address before the guest's first instruction.", ValueOption.TryParseWhole, 1, 65535, "a port from 1 to 65535");

    /// <summary>How code of the guest is executed.</summary>
    public static Option<string> Engine() => ValueOption.Word(
        "--engine", "auto|interpreter|translator",
        "Interpret the guest's code, or translate it to the host's; auto translates what is executed often. Results are the same. Unless given, OBJECTOS_ENGINE names it, else it is auto.",
        "auto, interpreter or translator", "auto", "interpreter", "translator");

    /// <summary>The engine that is named by a value of <see cref="Engine"/>; null if it was not given.</summary>
    public static Engine? EngineOf(string? word) => word switch
    {
        "interpreter" => ObjectOS.Machine.Engine.Interpreter,
        "translator" => ObjectOS.Machine.Engine.Translator,
        "auto" => ObjectOS.Machine.Engine.Auto,
        _ => null,
    };

    /// <summary>How many virtual instructions there are.</summary>
    public static Option<ulong> Budget(string description) =>
        ValueOption.Number("--budget", "COUNT", description, Quantities.TryParseCount, 1, long.MaxValue, "a count of at least 1, perhaps with K, M, G or T,");

    /// <summary>Those that say what the guest runs under and within.</summary>
    public IEnumerable<Option> OfTheGuest => [_depth, _engine, _memory, _budget, _timeout, _seed, _clock, _inputs];

    /// <summary>Those that say what is written about it; help shows them last.</summary>
    public IEnumerable<Option> OfTheReport => [_gdb, _record, _trace, _noJail, _statistics, _json];

    public ulong MemoryOf(ParseResult parsed) => parsed.GetResult(_memory) is null ? _memoryUnlessGiven : parsed.GetValue(_memory);

    public ulong? BudgetOf(ParseResult parsed) => parsed.GetResult(_budget) is null ? null : parsed.GetValue(_budget);

    public TimeSpan? TimeoutOf(ParseResult parsed) => parsed.GetResult(_timeout) is null ? null : parsed.GetValue(_timeout);

    public RunSettings SettingsOf(ParseResult parsed, string clockUnlessGiven, Inputs inputsUnlessGiven, IdleTime idleTime = IdleTime.Warp) => new(
        _command,
        (int)parsed.GetValue(_depth),
        EngineOf(parsed.GetValue(_engine)),
        parsed.GetValue(_seed),
        parsed.GetValue(_clock) ?? clockUnlessGiven,
        parsed.GetValue(_inputs) switch { "live" => Inputs.Live, "deterministic" => Inputs.Deterministic, _ => inputsUnlessGiven },
        idleTime,
        parsed.GetResult(_gdb) is null ? null : (int)parsed.GetValue(_gdb),
        parsed.GetValue(_record),
        parsed.GetValue(_trace),
        parsed.GetResult(_statistics) is not null || parsed.GetValue(_json),
        parsed.GetValue(_statistics),
        parsed.GetValue(_json))
    {
        IsConfined = !parsed.GetValue(_noJail),
    };
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Cli;

/// <summary>The figures of one run, as <c>--stats</c> shows them. Field names and meanings are those of docs/cli.md.</summary>
internal sealed class RunFigures(string program, RunSettings settings)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private RunResult? _result;
    private readonly List<GuestStatistics> _levels = [];
    private string _outputSha256 = "";
    private double _wallSeconds;

    public ulong FramesAfterTeardown { get; set; }

    public long CodeBytes { get; set; }

    /// <summary>What executed the guest's code.</summary>
    public Engine Engine { get; set; }

    /// <summary>Why it was not translated although it was allowed; null if it was, or was not to be.</summary>
    public string? EngineProblem { get; set; }

    /// <summary>The walls around the tool.</summary>
    public string Walls { get; set; } = "none";

    /// <summary>Takes what there is at the end.</summary>
    /// <param name="result">The program's end.</param>
    /// <param name="outermost">The figures of the outermost kernel, with those of the kernels under it.</param>
    /// <param name="outputSha256">The hash of what the program wrote.</param>
    public void Take(RunResult result, GuestStatistics outermost, string outputSha256)
    {
        _result = result;
        for (GuestStatistics? level = outermost; level is not null; level = level.VirtualCpus.Count > 0 ? level.VirtualCpus[0].Guest : null)
        {
            _levels.Add(level);
        }

        _outputSha256 = outputSha256;
        _wallSeconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
    }

    public string ToJson(int code)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", 1);
            json.WriteString("command", settings.Command);
            json.WriteString("program", program);
            json.WriteString("sha256", _result!.ProgramSha256);
            json.WriteString("kernel", KernelVersion);
            json.WriteNumber("depth", _levels.Count - 1);
            json.WriteString("engine", EngineName);
            json.WriteString("jail", Walls);
            json.WriteNumber("seed", settings.Seed);
            json.WriteString("clock", settings.Clock);
            WriteExit(json, code);
            json.WriteNumber("instructions", _result.Instructions);
            json.WriteNumber("charged", _result.Charged);
            WriteCounts(json, "traps", Innermost.Traps.Select(t => (JsonNamingPolicy.CamelCase.ConvertName(t.Key.ToString()), t.Value)));
            WriteCounts(json, "unsupportedCalls", _result.UnsupportedCalls.Select(c => (c.Key, c.Value)));
            WriteLevels(json);
            json.WriteNumber("virtualNanoseconds", Innermost.Nanoseconds);
            json.WriteNumber("wallSeconds", Math.Round(_wallSeconds, 6));
            json.WriteNumber("hostCpuSeconds", Math.Round(HostCpuSeconds, 6));
            json.WriteNumber("mips", Math.Round(Mips, 1));
            json.WriteStartObject("memory");
            json.WriteNumber("framesPeak", FramesPeak);
            json.WriteNumber("framesAfterTeardown", FramesAfterTeardown);
            json.WriteNumber("managedBytes", GC.GetTotalMemory(forceFullCollection: false));
            json.WriteNumber("codeCacheBytes", CodeBytes);
            json.WriteEndObject();
            json.WriteString("outputSha256", _outputSha256);
            json.WriteString("stateHash", _result.StateHash);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    public string ToTable(int code)
    {
        var text = new StringBuilder();
        Line("program", program);
        Line("exit", $"{Reason}, code {code}");
        Line("instructions", Number(_result!.Instructions));
        Line("charged", Number(_result.Charged));
        Line("traps", string.Join(", ", Innermost.Traps.Select(t => $"{t.Key} {Number(t.Value)}")));
        if (_result.UnsupportedCalls.Count > 0)
        {
            Line("unsupported calls", string.Join(", ", _result.UnsupportedCalls.Select(c => $"{c.Key} {Number(c.Value)}")));
        }

        Line("engine", EngineProblem is null ? EngineName : $"{EngineName} ({EngineProblem})");
        Line("jail", Walls);
        Line("memory, peak", $"{Number(_result.PeakMemory / 1024)} KiB");
        for (int depth = 0; _levels.Count > 1 && depth < _levels.Count; depth++)
        {
            var level = _levels[depth];
            Line($"depth {depth}", $"charged {Number(level.Charged)}, exits {Number(level.VirtualCpus.Aggregate(0UL, (sum, cpu) => sum + cpu.Exits))}");
        }

        Line("guest time", $"{(Innermost.Nanoseconds / 1e9).ToString("0.000000", CultureInfo.InvariantCulture)} s");
        Line("host CPU time", $"{HostCpuSeconds.ToString("0.000", CultureInfo.InvariantCulture)} s, {Mips.ToString("0", CultureInfo.InvariantCulture)} MIPS");
        return text.ToString();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"  {name,-18} {value}\n");
    }

    private string EngineName => Engine == Engine.Translator ? "translator" : "interpreter";

    private static string KernelVersion => new KernelFactory().Description.Version;

    private static double HostCpuSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    private double Mips => _result!.Instructions / Math.Max(_wallSeconds, 1e-6) / 1e6;

    private GuestStatistics Innermost => _levels[^1];

    private ulong FramesPeak => Root(_levels[0])?.PeakPages ?? 0;

    private string Reason => _result!.End switch
    {
        RunEnd.Exited or RunEnd.Signalled => "exited",
        RunEnd.Fault => "fault",
        RunEnd.BudgetExhausted => "budget",
        RunEnd.TimedOut => "timeout",
        RunEnd.MemoryExhausted => "memory",
        RunEnd.KernelHalted => "halted",
        RunEnd.PoweredOff => "poweroff",
        RunEnd.Reset => "reset",
        RunEnd.Htif => "htif",
        RunEnd.Idle => "idle",
        _ => "interrupted",
    };

    private void WriteExit(Utf8JsonWriter json, int code)
    {
        json.WriteStartObject("exit");
        json.WriteString("by", _result!.End is RunEnd.Exited or RunEnd.Fault or RunEnd.Signalled or RunEnd.PoweredOff or RunEnd.Reset or RunEnd.Htif ? "guest" : "tool");
        json.WriteString("reason", Reason);
        json.WriteNumber("code", code);
        if (_result.Fault is { } fault)
        {
            json.WriteStartObject("fault");
            json.WriteString("cause", JsonNamingPolicy.CamelCase.ConvertName(((TrapCause)fault.CauseNumber).ToString()));
            json.WriteNumber("causeNumber", fault.CauseNumber);
            json.WriteString("pc", Hexadecimal(fault.Pc));
            json.WriteString("address", Hexadecimal(fault.Address));
            json.WriteString("instruction", "0x" + fault.Instruction.ToString(fault.Instruction > 0xffff ? "x8" : "x4", CultureInfo.InvariantCulture));
            json.WriteString("text", fault.Text);
            json.WriteNumber("cell", _result.Cell);
            if (fault.Backtrace.Count > 0)
            {
                WriteSymbols(json, fault.Backtrace);
            }

            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("fault");
        }

        json.WriteEndObject();
    }

    private static void WriteSymbols(Utf8JsonWriter json, IReadOnlyList<StackFrame> frames)
    {
        WritePlace(json, frames[0]);
        json.WriteStartArray("backtrace");
        foreach (var frame in frames)
        {
            json.WriteStartObject();
            json.WriteString("pc", Hexadecimal(frame.Pc));
            WritePlace(json, frame);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WritePlace(Utf8JsonWriter json, StackFrame frame)
    {
        json.WriteString("function", frame.Function);
        json.WriteString("file", frame.File);
        if (frame.File is null)
        {
            json.WriteNull("line");
        }
        else
        {
            json.WriteNumber("line", frame.Line);
        }
    }

    private static CellStatistics? Root(GuestStatistics level) => level.Cells.FirstOrDefault(cell => cell.Parent == 0);

    private static string PathOf(int depth) => "0" + string.Concat(Enumerable.Repeat(".1", depth));

    private void WriteLevels(Utf8JsonWriter json)
    {
        json.WriteStartArray("levels");
        for (int depth = 0; depth < _levels.Count; depth++)
        {
            var level = _levels[depth];
            json.WriteStartObject();
            json.WriteString("path", PathOf(depth));
            json.WriteNumber("instructions", level.Instructions);
            json.WriteNumber("charged", level.Charged);
            json.WriteNumber("exits", level.VirtualCpus.Aggregate(0UL, (sum, cpu) => sum + cpu.Exits));
            json.WriteNumber("intercepted", level.VirtualCpus.Aggregate(0UL, (sum, cpu) => sum + cpu.Intercepted));
            json.WriteNumber("framesCharged", Root(level)?.Pages ?? 0);
            json.WriteNumber("framesPeak", Root(level)?.PeakPages ?? 0);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteCounts(Utf8JsonWriter json, string name, IEnumerable<(string Name, ulong Count)> counts)
    {
        json.WriteStartObject(name);
        foreach (var (what, count) in counts)
        {
            json.WriteNumber(what, count);
        }

        json.WriteEndObject();
    }

    private static string Hexadecimal(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);

    private static string Number(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using ObjectOS.Cpu;

namespace ObjectOS.Cli;

/// <summary>The figures of one run, as <c>--stats</c> shows them. Field names and meanings are those of docs/cli.md.</summary>
internal sealed class RunFigures(string program, RunSettings settings)
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private RunResult? _result;
    private GuestStatistics? _statistics;
    private string _outputSha256 = "";
    private double _wallSeconds;
    private int _depth;

    public ulong FramesAfterTeardown { get; set; }

    public void Take(RunResult result, GuestStatistics statistics, int depth, string outputSha256)
    {
        _result = result;
        _statistics = statistics;
        _depth = depth;
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
            json.WriteString("command", "run");
            json.WriteString("program", program);
            json.WriteString("sha256", _result!.ProgramSha256);
            json.WriteString("kernel", KernelVersion);
            json.WriteNumber("depth", _depth);
            json.WriteString("engine", "interpreter");
            json.WriteNumber("seed", settings.Seed);
            json.WriteString("clock", settings.Clock);
            WriteExit(json, code);
            json.WriteNumber("instructions", _result.Instructions);
            json.WriteNumber("charged", _result.Charged);
            WriteCounts(json, "traps", _statistics!.Traps.Select(t => (JsonNamingPolicy.CamelCase.ConvertName(t.Key.ToString()), t.Value)));
            WriteCounts(json, "unsupportedCalls", _result.UnsupportedCalls.Select(c => (c.Key, c.Value)));
            WriteLevels(json);
            json.WriteNumber("virtualNanoseconds", _statistics.Nanoseconds);
            json.WriteNumber("wallSeconds", Math.Round(_wallSeconds, 6));
            json.WriteNumber("hostCpuSeconds", Math.Round(HostCpuSeconds, 6));
            json.WriteNumber("mips", Math.Round(Mips, 1));
            json.WriteStartObject("memory");
            json.WriteNumber("framesPeak", FramesPeak);
            json.WriteNumber("framesAfterTeardown", FramesAfterTeardown);
            json.WriteNumber("managedBytes", GC.GetTotalMemory(forceFullCollection: false));
            json.WriteNumber("codeCacheBytes", 0);
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
        Line("traps", string.Join(", ", _statistics!.Traps.Select(t => $"{t.Key} {Number(t.Value)}")));
        if (_result.UnsupportedCalls.Count > 0)
        {
            Line("unsupported calls", string.Join(", ", _result.UnsupportedCalls.Select(c => $"{c.Key} {Number(c.Value)}")));
        }

        Line("memory, peak", $"{Number(_result.PeakMemory / 1024)} KiB");
        Line("guest time", $"{(_statistics.Nanoseconds / 1e9).ToString("0.000000", CultureInfo.InvariantCulture)} s");
        Line("host CPU time", $"{HostCpuSeconds.ToString("0.000", CultureInfo.InvariantCulture)} s, {Mips.ToString("0", CultureInfo.InvariantCulture)} MIPS");
        return text.ToString();

        void Line(string name, string value) => text.Append(CultureInfo.InvariantCulture, $"  {name,-18} {value}\n");
    }

    private static string KernelVersion => new KernelFactory().Description.Version;

    private static double HostCpuSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    private double Mips => _result!.Instructions / Math.Max(_wallSeconds, 1e-6) / 1e6;

    private ulong FramesPeak => _statistics!.Cells.Count > 0 ? _statistics.Cells[0].PeakPages : 0;

    private string Reason => _result!.End switch
    {
        RunEnd.Exited or RunEnd.Signalled => "exited",
        RunEnd.Fault => "fault",
        RunEnd.BudgetExhausted => "budget",
        RunEnd.TimedOut => "timeout",
        RunEnd.MemoryExhausted => "memory",
        RunEnd.KernelHalted => "halted",
        _ => "interrupted",
    };

    private void WriteExit(Utf8JsonWriter json, int code)
    {
        json.WriteStartObject("exit");
        json.WriteString("by", _result!.End is RunEnd.Exited or RunEnd.Fault or RunEnd.Signalled ? "guest" : "tool");
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
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("fault");
        }

        json.WriteEndObject();
    }

    private void WriteLevels(Utf8JsonWriter json)
    {
        json.WriteStartArray("levels");
        json.WriteStartObject();
        json.WriteString("path", "0");
        json.WriteNumber("instructions", _statistics!.Instructions);
        json.WriteNumber("charged", _statistics.Charged);
        json.WriteNumber("exits", 0);
        json.WriteNumber("intercepted", 0);
        json.WriteNumber("framesCharged", _statistics.Cells.Count > 0 ? _statistics.Cells[0].Pages : 0);
        json.WriteNumber("framesPeak", FramesPeak);
        json.WriteEndObject();
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

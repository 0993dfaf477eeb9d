using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace ObjectOS.Cli.Tour;

/// <summary>Leads through the tour, step by step; a step that does not show what it says makes the whole fail.</summary>
internal sealed class TourGuide(TextWriter? writer)
{
    private const string PrimesAnswer = "9592 primes below 100000, their sum is 454396537";

    private readonly TourScreen _screen = new(writer);
    private readonly TourPrograms _programs = new();
    private readonly List<TourStep> _steps = [];
    private readonly List<(string Name, RunResult Result)> _tree = [];
    private TourStep _step = new("", []);

    /// <summary>True where every step showed what it says.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        _screen.Title("ObjectOS: an operating system whose kernel is an object");
        if (_programs.Missing is { } missing)
        {
            _screen.Bad($"{missing} is not beside the tool");
            return false;
        }

        long start = Stopwatch.GetTimestamp();
        var os = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs) = (512.MiB(), Inputs.Deterministic), cancellationToken).ConfigureAwait(false);
        await using var end = os.ConfigureAwait(false);
        Begin("boot", "A kernel is made: a C# object on a CPU object, nothing outside this process.");
        Check(os.Kernel.HaltReport is null, $"kernel {os.Kernel.Description.Version} stands after {Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms, on {os.Kernel.Cpu.Description.Isa[..11]}…");
        _screen.Recipe("await using var os = await ObjectOs.BootAsync(o => o.Memory = 512.MiB());");

        await RunOneAsync(os, cancellationToken).ConfigureAwait(false);
        await RunSideBySideAsync(os, cancellationToken).ConfigureAwait(false);
        await MisbehaveAsync(os, cancellationToken).ConfigureAwait(false);
        var flat = await RepeatAsync(cancellationToken).ConfigureAwait(false);
        await NestAsync(flat, cancellationToken).ConfigureAwait(false);
        await BootKernelAsync(cancellationToken).ConfigureAwait(false);
        await ShowTreeAsync(os).ConfigureAwait(false);
        cancellationToken.ThrowIfCancellationRequested();
        await os.DisposeAsync().ConfigureAwait(false);
        Check(os.LiveFrames == 0, $"the OS object is disposed of: {Number(os.LiveFrames)} frames of memory are left");
        bool ok = _steps.TrueForAll(s => s.Ok);
        _screen.Say("");
        _screen.Title(ok ? $"All of it took {Stopwatch.GetElapsedTime(start).TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture)} s." : "Something above did not work.");
        return ok;
    }

    public string ToJson()
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("schema", 1);
            json.WriteString("command", "tour");
            json.WriteStartArray("steps");
            foreach (var step in _steps)
            {
                json.WriteStartObject();
                json.WriteString("name", step.Name);
                json.WriteBoolean("ok", step.Ok);
                json.WriteStartArray("runs");
                step.Runs.ForEach(run => WriteRun(json, run.Name, run.Result));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartObject("tree");
            json.WriteString("path", "0");
            json.WriteStartArray("cells");
            _tree.ForEach(cell => WriteRun(json, cell.Name, cell.Result));
            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void WriteRun(Utf8JsonWriter json, string name, RunResult result)
    {
        json.WriteStartObject();
        json.WriteString("program", name);
        json.WriteString("end", JsonNamingPolicy.CamelCase.ConvertName(result.End.ToString()));
        json.WriteNumber("code", result.ExitCode);
        json.WriteNumber("cell", result.Cell);
        json.WriteNumber("instructions", result.Instructions);
        json.WriteNumber("charged", result.Charged);
        json.WriteNumber("traps", result.Traps);
        json.WriteNumber("peakBytes", result.PeakMemory);
        json.WriteString("outputSha256", Convert.ToHexStringLower(SHA256.HashData(result.OutputBytes.Span)));
        json.WriteEndObject();
    }

    private async Task RunOneAsync(ObjectOs os, CancellationToken cancellationToken)
    {
        Begin("run", "A real program runs in a cell: a Lisp, reading its script from a granted directory.");
        var result = await RunAsync(os, "lisp primes.scm", _programs.Lisp("primes.scm"), cancellationToken).ConfigureAwait(false);
        Check(result.IsSuccess && result.Output.Contains(PrimesAnswer, StringComparison.Ordinal), $"it says: {FirstLine(result.Output)}");
        _screen.Recipe($"objectos run --dir {_programs.ScriptsShown}=/s {_programs.LispShown} /s/primes.scm");
    }

    private async Task RunSideBySideAsync(ObjectOs os, CancellationToken cancellationToken)
    {
        Begin("side by side", "Three more run at once, each in its cell with a quota of 16 MiB.");
        (string Script, string Answer)[] wanted =
        [
            ("queens.scm", "92 ways to place 8 queens"),
            ("pi.scm", "3.14159265358979323846"),
            ("fib.scm", "43466557686937456435688527675040625802564660517371780402481729089536555417949051890403879840079255169295922593080322634775209689623239873322471161642996440906533187938298969649928516003704476137795166849228875"),
        ];
        var results = await Task.WhenAll(wanted.Select(w => RunAsync(os, $"lisp {w.Script}", _programs.Lisp(w.Script, 16.MiB()), cancellationToken))).ConfigureAwait(false);
        for (int i = 0; i < wanted.Length; i++)
        {
            Check(results[i].IsSuccess && results[i].Output.Contains(wanted[i].Answer, StringComparison.Ordinal), $"{wanted[i].Script}: {FirstLine(results[i].Output)}");
        }

        _screen.Recipe(
            "var cells = scripts.Select(s => os.RunAsync(\"lisp.elf\", [s],",
            "    new ProgramLimits { Memory = 16.MiB() }));",
            "var results = await Task.WhenAll(cells);");
    }

    private async Task MisbehaveAsync(ObjectOs os, CancellationToken cancellationToken)
    {
        Begin("misbehave", "Four cells misbehave beside a good one; each gets its precise end, the good one finishes.");
        var limits = new ProgramLimits { Memory = 8.MiB(), Instructions = 20_000_000 };
        string[] deeds = ["null-write", "illegal", "memory-hog", "endless-loop"];
        RunEnd[] ends = [RunEnd.Fault, RunEnd.Fault, RunEnd.MemoryExhausted, RunEnd.BudgetExhausted];
        var good = RunAsync(os, "lisp fib.scm", _programs.Lisp("fib.scm"), cancellationToken);
        var bad = await Task.WhenAll(deeds.Select(d => RunAsync(os, $"misbehave {d}", _programs.Misbehave(d, limits), cancellationToken))).ConfigureAwait(false);
        for (int i = 0; i < deeds.Length; i++)
        {
            Check(bad[i].End == ends[i], bad[i].Message ?? $"{deeds[i]} ended with code {bad[i].ExitCode}");
        }

        var neighbour = await good.ConfigureAwait(false);
        Check(neighbour.IsSuccess, "the good one finished as if nothing had been");
        _screen.Recipe($"objectos run {_programs.MisbehaveShown} null-write; echo $?");
    }

    private async Task<RunResult> RepeatAsync(CancellationToken cancellationToken)
    {
        Begin("repeat", "The same program twice, in two fresh OS objects: time is virtual, so all is the same.");
        var results = new RunResult[2];
        for (int i = 0; i < 2; i++)
        {
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic, cancellationToken).ConfigureAwait(false);
            results[i] = await RunAsync(os, "lisp pi.scm", _programs.Lisp("pi.scm"), cancellationToken).ConfigureAwait(false);
        }

        bool same = results[0].Instructions == results[1].Instructions && results[0].OutputBytes.Span.SequenceEqual(results[1].OutputBytes.Span);
        Check(same && results[0].IsSuccess, $"{Number(results[0].Instructions)} instructions, and {Number(results[1].Instructions)}");
        _screen.Recipe($"objectos run --json --dir {_programs.ScriptsShown}=/s {_programs.LispShown} /s/pi.scm");
        return results[0];
    }

    private async Task NestAsync(RunResult flat, CancellationToken cancellationToken)
    {
        const int Depth = 8;
        Begin("nest", $"The same program again, under {Depth} further kernels, each on a virtual CPU of the one above.");
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic, cancellationToken).ConfigureAwait(false);
        var innermost = await os.DescendAsync(Depth, cancellationToken).ConfigureAwait(false);
        var deep = await RunAsync(innermost, "lisp pi.scm", _programs.Lisp("pi.scm"), cancellationToken).ConfigureAwait(false);
        var level = await os.GetStatisticsAsync().ConfigureAwait(false);
        _screen.Say("  path               instructions       charged  exits  pages at most");
        for (string path = "0"; ; path += ".1")
        {
            ulong exits = level.VirtualCpus.Aggregate(0UL, (sum, cpu) => sum + cpu.Exits);
            _screen.Say($"  {path,-17}{Number(level.Instructions),14}{Number(level.Charged),14}{exits,7}{Number(level.Cells[0].PeakPages),15}");
            if (level.VirtualCpus.Count == 0 || level.VirtualCpus[0].Guest is not { } below)
            {
                break;
            }

            level = below;
        }

        bool same = deep.IsSuccess && deep.Instructions == flat.Instructions && deep.Traps == flat.Traps && deep.OutputBytes.Span.SequenceEqual(flat.OutputBytes.Span);
        Check(same, $"depth {Depth}: {Number(deep.Instructions)} instructions and {deep.Traps} traps; depth 0: {Number(flat.Instructions)} and {flat.Traps}");
        _screen.Recipe($"objectos run --depth {Depth} --stats --dir {_programs.ScriptsShown}=/s {_programs.LispShown} /s/pi.scm");
    }

    private async Task BootKernelAsync(CancellationToken cancellationToken)
    {
        const int Depth = 3;
        Begin("boot a kernel", $"A whole kernel for supervisor mode boots on two harts in a cell, at depth 0 and under {Depth} further kernels.");
        var results = new RunResult[2];
        for (int i = 0; i < 2; i++)
        {
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic, cancellationToken).ConfigureAwait(false);
            var innermost = await os.DescendAsync(i * Depth, cancellationToken).ConfigureAwait(false);
            results[i] = await innermost.BootMachineAsync(
                new MachineSpec { Image = OwnKernel.Open(), Harts = 2, Arguments = "selftest", ReportsState = true }, cancellationToken).ConfigureAwait(false);
            _step.Runs.Add(("tiny selftest", results[i]));
        }

        Check(results[1].IsSuccess, $"it says: {results[1].Output.TrimEnd().Split('\n')[^1]}");
        Check(
            results[0].Instructions == results[1].Instructions && results[0].StateHash == results[1].StateHash && results[0].OutputBytes.Span.SequenceEqual(results[1].OutputBytes.Span),
            $"depth 0: {Number(results[0].Instructions)} instructions; depth {Depth}: {Number(results[1].Instructions)}, and the same state");
        _screen.Recipe($"objectos boot --depth {Depth} --harts 2 --append selftest");
    }

    private async Task ShowTreeAsync(ObjectOs os)
    {
        Begin("tree", "What each cell of the first OS object took:");
        _screen.Say($"  kernel {os.Kernel.Description.Version}, depth {os.Kernel.Cpu.Description.Depth}");
        _screen.Say("  cell  program                 instructions   traps  peak KiB  end");
        foreach (var (name, result) in _tree)
        {
            _screen.Say($"  {result.Cell,4}  {name,-22}{Number(result.Instructions),14}{Number(result.Traps),8}{Number(result.PeakMemory / 1024),10}  {result.End}");
        }

        await os.SettleAsync().ConfigureAwait(false);
        var cells = await os.GetCellsAsync().ConfigureAwait(false);
        Check(cells.All(c => c.Program is null), $"those cells are gone; left are {string.Join(" and ", cells.Select(c => c.Name))}");
        _screen.Recipe("foreach (var cell in await os.GetCellsAsync()) …");
    }

    private async Task<RunResult> RunAsync(ObjectOs os, string name, ProgramSpec spec, CancellationToken cancellationToken)
    {
        var step = _step;
        var result = await os.RunAsync(spec, cancellationToken).ConfigureAwait(false);
        lock (_tree)
        {
            step.Runs.Add((name, result));
            if (step.Name is not ("repeat" or "nest" or "boot a kernel"))
            {
                _tree.Add((name, result));
            }
        }

        return result;
    }

    private void Begin(string name, string what)
    {
        _step = new TourStep(name, []);
        _steps.Add(_step);
        _screen.Say("");
        _screen.Title($"{_steps.Count}. {what}");
    }

    private void Check(bool ok, string what)
    {
        if (ok)
        {
            _screen.Good(what);
        }
        else
        {
            _step.Ok = false;
            _screen.Bad(what);
        }
    }

    private static string FirstLine(string text)
    {
        string line = text.Split('\n', 2)[0];
        return line.Length > 62 ? line[..61] + "…" : line;
    }

    private static string Number(ulong value) => value.ToString("N0", CultureInfo.InvariantCulture);
}

/// <summary>A step, whether it showed what it says, and what ran in it.</summary>
internal sealed class TourStep(string name, List<(string Name, RunResult Result)> runs)
{
    public string Name => name;

    public bool Ok { get; set; } = true;

    public List<(string Name, RunResult Result)> Runs => runs;
}

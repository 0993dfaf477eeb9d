using System.Diagnostics;
using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Benchmarks;

/// <summary>What depth costs: a whole program, an invocation, an intercepted one, a page, a child kernel.</summary>
internal static class NestingBenchmark
{
    private const int Runs = 11;
    private const int ProgramRuns = 21;
    private const int PagesTouched = 2000;

    private readonly record struct Figures(double Seconds, ulong Instructions, IReadOnlyList<ulong> Exits);

    public static async Task RunAsync()
    {
        await ProgramAsync();
        using var machine = new Machine.Machine();
        Invocations(machine);
        BusyLevels(machine);
        PageIn(machine);
        Children(machine);
    }

    private static async Task ProgramAsync()
    {
        string? coreMark = Environment.GetEnvironmentVariable("OBJECTOS_COREMARK");
        string scripts = Repository.PathOf("images", "lisp", "scripts");
        var spec = new ProgramSpec
        {
            Path = coreMark ?? Repository.PathOf("images", "lisp", "lisp.elf"),
            Arguments = coreMark is null ? ["/s/primes.scm"] : (Environment.GetEnvironmentVariable("OBJECTOS_COREMARK_ARGS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries),
            Directories = coreMark is null ? [new DirectoryGrant(scripts, "/s")] : [],
        };
        await TimeAsync(spec, 8);
        var shallow = new List<double>();
        var deep = new List<double>();
        Figures flat = default, nested = default;
        for (int run = 0; run < ProgramRuns; run++)
        {
            // New OS objects each time: where their memory lies in the host's caches is luck, and must not be one draw for all runs.
            bool isDeepFirst = run % 2 == 1;
            nested = isDeepFirst ? await TimeAsync(spec, 8) : nested;
            flat = await TimeAsync(spec, 0);
            nested = isDeepFirst ? nested : await TimeAsync(spec, 8);
            shallow.Add(flat.Seconds);
            deep.Add(nested.Seconds);
        }

        var ratio = new Series(deep).Over(new Series(shallow));
        Write($"{Path.GetFileName(spec.Path)} at depth 8 ÷ depth 0: {ratio.Median:0.000} (worse quartile {ratio.Upper:0.000}; wanted 1.02), {flat.Instructions} and {nested.Instructions} instructions, exits by level {string.Join(' ', nested.Exits)}");
    }

    private static async Task<Figures> TimeAsync(ProgramSpec spec, int depth)
    {
        await using var outer = await ObjectOs.BootAsync();
        var inner = outer;
        for (int i = 0; i < depth; i++)
        {
            inner = await inner.CreateChildAsync();
        }

        var before = Environment.CpuUsage.TotalTime;
        var result = (await inner.RunAsync(spec)).EnsureSuccess();
        double seconds = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        var exits = new List<ulong>();
        for (var level = (await outer.GetStatisticsAsync()).VirtualCpus; level.Count > 0; level = level[0].Guest?.VirtualCpus ?? [])
        {
            exits.Add(level[0].Exits);
        }

        return new Figures(seconds, result.Instructions, exits);
    }

    private static void Invocations(Machine.Machine machine)
    {
        double Null(int depth, bool intercepted)
        {
            using var kernel = BareKernel.AtDepth(machine, depth);
            int count = intercepted ? InvocationBenchmark.Count / 10 : InvocationBenchmark.Count;
            kernel.Add(InvocationBenchmark.Loop(c => c.Addi(A7, Zero, (int)Call.ClockNow).Ecall(), count));
            if (intercepted)
            {
                kernel.VirtualCpu!.Intercepts = new InterceptSet { Calls = new HashSet<ulong> { (ulong)Call.ClockNow } };
            }

            var before = Environment.CpuUsage.TotalTime;
            kernel.RunToEnd(cpu => cpu.Resume(ExitAction.Pass));
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds / count * 1e9;
        }

        Null(1, false);
        Null(8, false);
        Null(1, true);
        var (one, eight) = Series.Alternate(Runs, () => Null(1, false), () => Null(8, false));
        var (zero, caught) = Series.Alternate(Runs, () => Null(0, false), () => Null(1, true));
        Write($"null invocation: depth 0 {zero.Format("0")} ns, depth 1 {one.Format("0")} ns, depth 8 {eight.Format("0")} ns; 8 ÷ 1: {eight.Over(one).Median:0.00} (worse quartile {eight.Over(one).Upper:0.00}; wanted 1.2)");
        Write($"null invocation that the parent intercepts and passes: {caught.Format("0")} ns");
    }

    /// <summary>Every level has a cell that competes with what is nested in it: the innermost gets 1/256, and each turn of it goes through all levels.</summary>
    private static void BusyLevels(Machine.Machine machine)
    {
        const ulong Budget = 100_000_000;
        double Time(int depth)
        {
            var endless = new Asm(BareKernel.Code).Addi(S0, S0, 1).Addi(S0, S0, 1).Addi(S0, S0, 1).Jal(0, BareKernel.Code);
            using var kernel = BareKernel.AtDepth(machine, depth, level => level.Add(endless));
            var before = Environment.CpuUsage.TotalTime;
            kernel.Run(Budget);
            return (Environment.CpuUsage.TotalTime - before).TotalNanoseconds / kernel.RetiredInAll;
        }

        Time(8);
        var (flat, busy) = Series.Alternate(Runs, () => Time(0), () => Time(8));
        Write($"busy levels: {flat.Format("0.000")} ns an instruction at depth 0, {busy.Format("0.000")} ns with 8 levels that all compute; ÷: {busy.Over(flat).Median:0.000} (worse quartile {busy.Over(flat).Upper:0.000})");
    }

    private static void PageIn(Machine.Machine machine)
    {
        var times = new Dictionary<int, Series>();
        foreach (int depth in (int[])[0, 1, 2, 8])
        {
            times[depth] = new Series(Enumerable.Range(0, Runs).Select(_ =>
            {
                using var kernel = BareKernel.AtDepth(machine, depth);
                kernel.Add(new Asm(BareKernel.Code).Li(S0, PagesTouched).Li(T0, 0x10000000).Li(T1, 4096).Store("sd", T0, 0, T0).R("add", T0, T0, T1).Addi(S0, S0, -1).Branch("bne", S0, Zero, BareKernel.Code + 24).Addi(A7, Zero, (int)Call.ThreadExit).Ecall(), PagesTouched);
                long start = Stopwatch.GetTimestamp();
                kernel.RunToEnd();
                return Stopwatch.GetElapsedTime(start).TotalMicroseconds / PagesTouched;
            }));
        }

        Write($"first touch of a page, µs by depth: {string.Join(", ", times.Select(t => $"{t.Key}: {t.Value.Format("0.00")}"))}");
    }

    private static void Children(Machine.Machine machine)
    {
        foreach (int depth in (int[])[1, 8])
        {
            using var parent = BareKernel.AtDepth(machine, depth - 1);
            var times = new Series(Enumerable.Range(0, 51).Select(_ =>
            {
                long start = Stopwatch.GetTimestamp();
                parent.RunChild(new Asm(BareKernel.Code).Addi(A7, Zero, (int)Call.ThreadExit).Ecall());
                return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            }));
            Write($"a child kernel at depth {depth} made, run and destroyed: {times.Format("0.000", " ms")}");
        }
    }

    private static void Write(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}

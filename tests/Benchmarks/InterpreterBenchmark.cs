using System.Globalization;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks;

/// <summary>
/// A whole program against qemu-riscv64 and against the same source compiled natively. The program is CoreMark where
/// OBJECTOS_COREMARK and OBJECTOS_COREMARK_NATIVE name its binaries (riscv64-linux-gnu-gcc -O2 -static; gcc -O2), else the Lisp of the images.
/// </summary>
internal static class InterpreterBenchmark
{
    private const int Runs = 11;

    public static async Task RunAsync()
    {
        string? coreMark = Environment.GetEnvironmentVariable("OBJECTOS_COREMARK");
        string? native = Environment.GetEnvironmentVariable("OBJECTOS_COREMARK_NATIVE");
        string scripts = Repository.PathOf("images", "lisp", "scripts");
        string elf = coreMark ?? Repository.PathOf("images", "lisp", "lisp.elf");
        string[] arguments = coreMark is null ? ["/s/primes.scm"] : (Environment.GetEnvironmentVariable("OBJECTOS_COREMARK_ARGS") ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string hostArguments = coreMark is null ? Path.Combine(scripts, "primes.scm") : string.Join(' ', arguments);
        if (!HostCommand.Exists("qemu-riscv64"))
        {
            Console.WriteLine("interpreter: qemu-riscv64 is not there, nothing to compare with");
            return;
        }

        await using var os = await ObjectOs.BootAsync();
        var spec = new ProgramSpec
        {
            Path = elf,
            Arguments = arguments,
            Directories = coreMark is null ? [new DirectoryGrant(scripts, "/s")] : [],
        };
        RunResult result = await os.RunAsync(spec);
        double Ours()
        {
            var before = Environment.CpuUsage.TotalTime;
            result = os.RunAsync(spec).GetAwaiter().GetResult().EnsureSuccess();
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }

        var (ours, qemu) = Series.Alternate(Runs, Ours, () => HostCommand.CpuSeconds($"qemu-riscv64 {elf} {hostArguments}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"interpreter on {Path.GetFileName(elf)}: {ours.Format(unit: " s")}, {result.Instructions / ours.Median / 1e6:0} MIPS; qemu-riscv64 {qemu.Format(unit: " s")}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  speed relative to qemu-riscv64: {qemu.Over(ours).Median:0.000} (worse quartile {qemu.Over(ours).Lower:0.000}; wanted 0.12)"));
        if (native is not null)
        {
            var compiled = new Series(Enumerable.Range(0, Runs).Select(_ => HostCommand.CpuSeconds($"{native} {hostArguments}")));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  speed relative to native: {compiled.Median / ours.Median:0.000}"));
        }
    }
}

using System.Globalization;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks;

/// <summary>
/// Whole processes, start included: the installed tool that OBJECTOS_TOOL names, against qemu-riscv64 on the same program. The jobs are hello and the Lisp's
/// scripts; OBJECTOS_JOBS names a file with more, one a line: a name, a folder, and the program with its arguments, with tabs between them.
/// </summary>
internal static class ToolBenchmark
{
    private const int Runs = 11;

    /// <summary>CPU time comes in hundredths of a second: so many processes are one run.</summary>
    private const int Processes = 20;

    private const string Hello = "int puts(const char *); int main(void) { return puts(\"hello\") < 0; }";

    public static void Run()
    {
        string? tool = Environment.GetEnvironmentVariable("OBJECTOS_TOOL");
        if (tool is null || !HostCommand.Exists("qemu-riscv64") || !HostCommand.Exists("riscv64-linux-gnu-gcc"))
        {
            Console.WriteLine("tool: OBJECTOS_TOOL names no tool, or qemu-riscv64 or riscv64-linux-gnu-gcc is not there");
            return;
        }

        string hello = Path.Combine(Path.GetTempPath(), $"objectos-hello-{Environment.ProcessId}");
        HostCommand.CpuSeconds($"( echo '{Hello}' | riscv64-linux-gnu-gcc -static -O2 -x c -o {hello} - )");
        double product = 1;
        int count = 0;
        foreach (var (name, folder, command) in Jobs(hello))
        {
            int processes = name == "hello" ? Processes * 2 : Processes;
            var (ours, qemu) = Series.Alternate(
                Runs,
                () => Seconds($"{tool} run --dir .=/w --cwd /w {command}", folder, processes),
                () => Seconds($"qemu-riscv64 {command}", folder, processes));
            var ratio = ours.Over(qemu);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{name}, whole process: {ours.Format("0.0000", " s")}; qemu-riscv64 {qemu.Format("0.0000", " s")}; ours over qemu's {ratio.Format("0.00")}"));
            product *= name == "hello" ? 1 : ratio.Upper;
            count += name == "hello" ? 0 : 1;
        }

        File.Delete(hello);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  geometric mean of the worse quartiles without hello: {Math.Pow(product, 1.0 / count):0.00}"));
    }

    private static List<(string Name, string Folder, string Command)> Jobs(string hello)
    {
        string scripts = Repository.PathOf("images", "lisp", "scripts"), lisp = Repository.PathOf("images", "lisp", "lisp.elf");
        var jobs = new List<(string Name, string Folder, string Command)>
        {
            ("hello", scripts, hello),
            ("lisp fib", scripts, lisp + " fib.scm"),
            ("lisp words", scripts, lisp + " words.scm"),
            ("lisp pi", scripts, lisp + " pi.scm"),
        };
        if (Environment.GetEnvironmentVariable("OBJECTOS_JOBS") is { } file)
        {
            jobs.AddRange(File.ReadLines(file).Select(line => line.Split('\t')).Where(parts => parts.Length == 3)
                .Select(parts => (parts[0], parts[1], parts[2])));
        }

        return jobs;
    }

    private static double Seconds(string command, string folder, int processes) =>
        HostCommand.CpuSeconds($"( cd {folder}; i=0; while [ $i -lt {processes} ]; do {command} || exit; i=$((i+1)); done )") / processes;
}

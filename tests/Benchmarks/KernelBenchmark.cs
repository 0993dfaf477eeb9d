using System.Diagnostics;
using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Benchmarks;

/// <summary>What a kernel costs: time and managed memory to its first instruction, and a thousand of them in one process.</summary>
internal static class KernelBenchmark
{
    private static Asm OneInstruction => new Asm(BareKernel.Code).Addi(A7, Zero, (int)Call.ThreadExit).Ecall();

    public static void RunOne()
    {
        using var machine = new Machine.Machine();
        for (int i = 0; i < 200; i++)
        {
            Boot(machine).Dispose();
        }

        var times = new Series(Enumerable.Range(0, 51).Select(_ =>
        {
            long start = Stopwatch.GetTimestamp();
            var kernel = Boot(machine);
            double seconds = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            kernel.Dispose();
            return seconds;
        }));
        var bytes = new Series(Enumerable.Range(0, 11).Select(_ =>
        {
            long before = GC.GetTotalMemory(forceFullCollection: true);
            using var kernel = Boot(machine);
            return (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024.0;
        }));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"new kernel and its first instruction, warm: {times.Format("0.000", " ms")} (wanted 1 ms), {bytes.Format("0.0", " KiB")} managed (wanted 64 KiB)"));
    }

    public static void RunThousand()
    {
        using var machine = new Machine.Machine();
        Boot(machine).Dispose();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        long start = Stopwatch.GetTimestamp();
        var kernels = Enumerable.Range(0, 1000).Select(_ => Boot(machine)).ToArray();
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double each = (GC.GetTotalMemory(forceFullCollection: true) - before) / 1024.0 / kernels.Length;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"1,000 kernels in one process, each having run a program: {seconds:0.00} s, {each:0.0} KiB managed and {machine.LiveFrames * 4.0 / kernels.Length:0.0} KiB of frames each"));
        foreach (var kernel in kernels)
        {
            kernel.Dispose();
        }
    }

    private static BareKernel Boot(Machine.Machine machine)
    {
        var kernel = new BareKernel(machine);
        kernel.Add(OneInstruction);
        kernel.RunToEnd();
        return kernel;
    }
}

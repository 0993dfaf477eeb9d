using System.Globalization;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;
using Xunit.Abstractions;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>
/// Hostile guests that make random calls, with threads and children, beside an honest one. With <c>OBJECTOS_FUZZ_SEED</c> the seeds begin
/// there; <c>OBJECTOS_TEST_SCALE</c> multiplies their number.
/// </summary>
public sealed class FuzzTests(ITestOutputHelper output)
{
    private const int Calls = 300;
    private const ulong Budget = 4_000_000;
    private const ulong Hostile = 5;
    private const ulong Alone = 6;
    private const ulong Beside = 7;

    private static readonly byte[] Honest = File.ReadAllBytes(Guest.Image("lisp/lisp.elf"));

    private static int FirstSeed => int.Parse(Environment.GetEnvironmentVariable("OBJECTOS_FUZZ_SEED") ?? "1", CultureInfo.InvariantCulture);

    [Fact]
    public void HostileCalls_OfAnySeed_HarmNobody_AndGoTheSameAgainAtAnyDepth()
    {
        int calls = 0;
        foreach (int seed in Enumerable.Range(FirstSeed, TestScale.Of(12)))
        {
            try
            {
                var first = Run(seed, FuzzWay.Plain, ref calls);
                foreach (var way in Enum.GetValues<FuzzWay>())
                {
                    var found = Run(seed, way, ref calls);
                    if (way != FuzzWay.Suspended) // What a call costs that was suspended halfway is another matter: here only the laws are kept.
                    {
                        found.Should().BeEquivalentTo(first, "seed {0} goes the same again, {1}", seed, way);
                    }
                }
            }
            catch (Exception problem)
            {
                throw new InvalidOperationException($"seed {seed}: {problem.Message}", problem);
            }
        }

        output.WriteLine($"{calls} calls from seed {FirstSeed} on");
    }

    private static FuzzEnd Run(int seed, FuzzWay way, ref int calls)
    {
        string directory = Directory.CreateTempSubdirectory("objectos-").FullName;
        try
        {
            return Run(FuzzProgram.Make(seed, Calls), way, directory, ref calls);
        }
        finally
        {
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(directory, (UnixFileMode)0x1ff);
            }

            Directory.Delete(directory, true);
        }
    }

    private static FuzzEnd Run(byte[] program, FuzzWay way, string directory, ref int calls)
    {
        File.WriteAllText(Path.Combine(directory, "fib.scm"), "(define (fib n) (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))\n(display (fib 8))\n(newline)\n");
        using var host = new FuzzHost(way, directory);
        host.Start(Alone, Honest, 0, ["/w/fib.scm"]);
        var alone = host.Run(Alone)[0];
        alone.Output.Should().Be("21\n");
        host.Settle();
        var before = (host.LiveFrames, host.Slots);
        host.Start(Beside, Honest, 0, ["/w/fib.scm"]);
        host.Start(Hostile, program, Budget, []);
        var ends = host.Run(Hostile, Beside);
        calls += host.Calls;
        if (host.WasCut)
        {
            ends[0] = new FuzzEnd(ProgramEnd.Signalled, 9, new ProgramEndRecord(), "", "");
        }

        (ends[1].Reason, ends[1].Code, ends[1].Output).Should().Be((ProgramEnd.Exited, alone.Code, alone.Output), "the neighbour goes on");
        host.Settle().Should().Be(0, "nothing is asked of the host for programs that are gone");
        (host.LiveFrames, host.Slots).Should().Be(before, "every frame and every capability comes back");
        return ends[0];
    }
}

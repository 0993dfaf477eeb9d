using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Benchmarks;

/// <summary>What an invocation and a call with its answer cost, in units of the interpreter's time for one addi.</summary>
internal static class InvocationBenchmark
{
    public const int Count = 300_000;
    public const int Runs = 11;

    public static void Run()
    {
        using var machine = new Machine.Machine();
        double addi = 0;
        double Addi() => addi = Time(machine, k => k.Add(Loop(c =>
        {
            for (int i = 0; i < 100; i++)
            {
                c.Addi(T1, T1, 1);
            }
        }))) / Count / 100;
        Addi();
        var (unit, nothing) = Series.Alternate(Runs, Addi, () => Time(machine, k => k.Add(Loop(c => c.Addi(A7, Zero, (int)Call.ClockNow).Ecall()))) / Count);
        var (unitOfCalls, call) = Series.Alternate(Runs, Addi, () => Time(machine, k => PingPong(k, Count)) / Count);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"addi {unit.Median * 1e9:0.00} ns"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"null invocation round trip: {nothing.Median * 1e9:0} ns = {nothing.Over(unit).Median:0} addi (worse quartile {nothing.Over(unit).Upper:0}; wanted 60)"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"call and reply between two cells: {call.Median * 1e9:0} ns = {call.Over(unitOfCalls).Median:0} addi (worse quartile {call.Over(unitOfCalls).Upper:0})"));
    }

    public static void PingPong(BareKernel kernel, int count)
    {
        BareKernel.Check(kernel.Root.CreateEndpoint(out var endpoint));
        var server = kernel.Add(new Asm(BareKernel.Code)
            .Addi(A0, Zero, 2).Addi(A1, Zero, 10).Addi(A2, Zero, 0).Addi(A3, Zero, 0).Addi(A7, Zero, (int)Call.EndpointReceive).Ecall()
            .Addi(A0, Zero, 2).Addi(T1, Zero, 10).Addi(T2, Zero, 0).Addi(A7, Zero, (int)Call.EndpointReplyReceive).Ecall().Jal(Zero, BareKernel.Code + 24));
        var client = kernel.Add(Loop(c => c.Addi(A0, Zero, 2).Addi(T1, Zero, 0).Addi(A7, Zero, (int)Call.EndpointCall).Ecall(), count));
        BareKernel.Check(server.Grant(2, endpoint.Slot, CapabilityRights.Read));
        BareKernel.Check(client.Grant(2, endpoint.Slot, CapabilityRights.Write));
    }

    /// <summary>A body run <see cref="Count"/> times, then the end of the thread. s0 counts.</summary>
    public static Asm Loop(Action<Asm> body, int count = Count)
    {
        var code = new Asm(BareKernel.Code).Li(S0, count);
        ulong head = code.Here;
        body(code);
        return code.Addi(S0, S0, -1).Branch("bne", S0, Zero, head).Addi(A7, Zero, (int)Call.ThreadExit).Ecall();
    }

    private static double Time(Machine.Machine machine, Action<BareKernel> load)
    {
        using var kernel = new BareKernel(machine);
        load(kernel);
        var before = Environment.CpuUsage.TotalTime;
        kernel.RunToEnd();
        return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
    }
}

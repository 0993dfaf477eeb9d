using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Benchmarks;

/// <summary>
/// What invocations take, in units of the interpreter's time for one addi, beside what they are charged. The costs in the invocation
/// table come from this: a charge well below the time would let a storm of that call take a neighbour's CPU.
/// </summary>
internal static class CostBenchmark
{
    private const int Count = 20_000;
    private const int Runs = 5;

    private static readonly (string Name, (Call Call, ulong[] Words)[] Body)[] Cases =
    [
        ("capability_identify", [(Call.CapabilityIdentify, [1])]),
        ("clock_now", [(Call.ClockNow, [])]),
        ("an unknown slot", [(Call.CapabilityIdentify, [60])]),
        ("an unknown number", [((Call)15, [])]),
        ("thread_yield", [(Call.ThreadYield, [])]),
        ("cell_status", [(Call.CellStatus, [1])]),
        ("capability_copy, capability_delete", [(Call.CapabilityCopy, [1, 30, 31]), (Call.CapabilityDelete, [30])]),
        ("capability_copy, capability_revoke", [(Call.CapabilityCopy, [1, 30, 31]), (Call.CapabilityRevoke, [1])]),
        ("cell_create, cell_destroy, capability_delete", [(Call.CellCreate, [1, 30, 4096, 10]), (Call.CellDestroy, [30]), (Call.CapabilityDelete, [30])]),
        ("endpoint_create, capability_delete", [(Call.EndpointCreate, [1, 30]), (Call.CapabilityDelete, [30])]),
        ("notification_create, capability_delete", [(Call.NotificationCreate, [1, 30]), (Call.CapabilityDelete, [30])]),
        ("notification_signal, notification_poll", [(Call.NotificationSignal, [3, 1]), (Call.NotificationPoll, [3])]),
        ("notification_signal, notification_wait", [(Call.NotificationSignal, [3, 1]), (Call.NotificationWait, [3])]),
        ("memory_create, capability_delete", [(Call.MemoryCreate, [1, 30, 4096]), (Call.CapabilityDelete, [30])]),
        ("memory_clone, capability_delete", [(Call.MemoryClone, [4, 30, 1]), (Call.CapabilityDelete, [30])]),
        ("memory_read 64", [(Call.MemoryRead, [4, 0, BareKernel.Data, 64])]),
        ("memory_write 64", [(Call.MemoryWrite, [4, 0, BareKernel.Data, 64])]),
        ("memory_read 4096", [(Call.MemoryRead, [4, 0, BareKernel.Data, 4096])]),
        ("memory_write, memory_discard", [(Call.MemoryWrite, [4, 0, BareKernel.Data, 64]), (Call.MemoryDiscard, [4, 0, 4096])]),
        ("space_create, capability_delete", [(Call.SpaceCreate, [1, 30]), (Call.CapabilityDelete, [30])]),
        ("space_map, space_unmap", [(Call.SpaceMap, [5, 0x900000, 4, 0, 4096, 3]), (Call.SpaceUnmap, [5, 0x900000, 4096])]),
        ("space_map, space_protect, space_unmap", [(Call.SpaceMap, [5, 0x900000, 4, 0, 4096, 3]), (Call.SpaceProtect, [5, 0x900000, 4096, 1]), (Call.SpaceUnmap, [5, 0x900000, 4096])]),
        ("space_copy_out 64", [(Call.SpaceCopyOut, [5, BareKernel.Data, BareKernel.Data, 64])]),
        ("space_prepare 4096", [(Call.SpacePrepare, [5, BareKernel.Data, 4096])]),
        ("thread_create, thread_destroy, capability_delete", [(Call.ThreadCreate, [1, 30, 5, BareKernel.Code]), (Call.ThreadDestroy, [30]), (Call.CapabilityDelete, [30])]),
        ("thread_read_state", [(Call.ThreadReadState, [6, BareKernel.Data, 520])]),
        ("thread_write_state", [(Call.ThreadWriteState, [6, BareKernel.Data, 520])]),
        ("scheduling_context_create, capability_delete", [(Call.SchedulingContextCreate, [1, 30, 5000, 50000]), (Call.CapabilityDelete, [30])]),
        ("timer_create, capability_delete", [(Call.TimerCreate, [1, 30, 3, 1]), (Call.CapabilityDelete, [30])]),
        ("timer_set, timer_cancel", [(Call.TimerSet, [7, 1UL << 50]), (Call.TimerCancel, [7])]),
        ("timer_set (due)", [(Call.TimerSet, [7, 1])]),
        ("endpoint_receive (would block)", [(Call.EndpointReceive, [2, 20, 0, 1])]),
        ("vcpu_create, capability_delete", [(Call.VCpuCreate, [1, 30, 4096, 4096]), (Call.CapabilityDelete, [30])]),
    ];

    public static void Run()
    {
        using var machine = new Machine.Machine();
        double unit = Enumerable.Range(0, Runs).Select(_ => Time(machine, Addis()).Seconds / (Count * 100.0)).Order().ElementAt(Runs / 2);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"addi {unit * 1e9:0.00} ns"));
        foreach (var (name, body) in Cases)
        {
            var runs = Enumerable.Range(0, Runs).Select(_ => Time(machine, Calls(body))).OrderBy(run => run.Seconds).ToArray();
            var (seconds, charged) = runs[Runs / 2];
            double taken = seconds / unit / Count;
            double paid = charged / (double)Count;
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{taken,7:0} addi taken {paid,7:0} charged {taken / paid,6:0.00}  {name}"));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{PingPong(machine, unit)}"));
    }

    private static Asm Addis() => Loop(code =>
    {
        for (int i = 0; i < 100; i++)
        {
            code.Addi(T1, T1, 1);
        }
    });

    /// <summary>The calls with their words in registers; what takes long to load is loaded by few instructions.</summary>
    private static Asm Calls((Call Call, ulong[] Words)[] body) => Loop(code =>
    {
        foreach (var (call, words) in body)
        {
            for (int i = 0; i < words.Length; i++)
            {
                Load(code, InvocationFrame.RegisterOf(i), words[i]);
            }

            code.Addi(A7, Zero, (int)call).Ecall();
        }
    });

    private static void Load(Asm code, int register, ulong value)
    {
        if (value > int.MaxValue)
        {
            code.Addi(register, Zero, 1).I("slli", register, register, System.Numerics.BitOperations.Log2(value));
        }
        else
        {
            code.Li(register, (int)value);
        }
    }

    private static Asm Loop(Action<Asm> body)
    {
        var code = new Asm(BareKernel.Code).Li(S0, Count);
        ulong head = code.Here;
        body(code);
        return code.Addi(S0, S0, -1).Branch("bne", S0, Zero, head).Addi(A7, Zero, (int)Call.ThreadExit).Ecall();
    }

    private static string PingPong(Machine.Machine machine, double unit)
    {
        using var kernel = new BareKernel(machine);
        InvocationBenchmark.PingPong(kernel, Count);
        var (seconds, charged) = Measure(kernel);
        return string.Create(CultureInfo.InvariantCulture,
            $"{seconds / unit / Count,7:0} addi taken {charged / (double)Count,7:0} charged {seconds / unit / charged,6:0.00}  endpoint_call, endpoint_reply_receive");
    }

    private static (double Seconds, ulong Charged) Time(Machine.Machine machine, Asm code)
    {
        using var kernel = new BareKernel(machine);
        var cell = kernel.Add(code);
        kernel.Furnish(cell);
        return Measure(kernel);
    }

    private static (double Seconds, ulong Charged) Measure(BareKernel kernel)
    {
        ulong charged = kernel.Kernel.Statistics.Charged;
        var before = Environment.CpuUsage.TotalTime;
        kernel.RunToEnd();
        return ((Environment.CpuUsage.TotalTime - before).TotalSeconds, kernel.Kernel.Statistics.Charged - charged);
    }
}

using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Translator;

/// <summary>How soon a run ends after an interrupt, in instructions of the guest, which no load of the host changes; and that the host's collector is not held up.</summary>
public sealed class InterruptTests : IDisposable
{
    private const ulong Origin = 0x10000;
    private const ulong Data = 0x200000;
    private const uint InterruptInstruction = 0x0B;
    private const ulong RoundsBefore = 1000;

    /// <summary>docs/engine.md, "Limits".</summary>
    private const ulong Most = 4096;

    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    public static TheoryData<Engine, string> Loops
    {
        get
        {
            var data = new TheoryData<Engine, string>();
            foreach (Engine engine in Enum.GetValues<Engine>())
            {
                foreach (string kind in SpinningCode.Kinds)
                {
                    data.Add(engine, kind);
                }
            }

            return data;
        }
    }

    // An instruction of the guest raises the interrupt: so the instructions after it can be counted.
    [Theory]
    [MemberData(nameof(Loops))]
    public void Interrupt_AtAnInstruction_EndsTheRunWithinTheBound(Engine engine, string kind)
    {
        var interrupting = new Interrupting();
        using var cpu = new RealCpu(_machine, new RealCpuOptions { Engine = engine, Instructions = [interrupting] });
        interrupting.Cpu = cpu;
        Asm code = new Asm(Origin).Loop(kind);
        ulong perRound = (code.Here - Origin) / 4;
        code.Word(InterruptInstruction).Addi(SpinningCode.LastRound, Asm.Zero, -1).Loop(kind);
        using IAddressSpace space = Load(cpu, code);
        for (ulong offset = 0; offset < 40; offset++)
        {
            // A chunk of instructions ends somewhere else in each trial.
            HartContext hart = NewHart(RoundsBefore + (offset * 37));
            cpu.Run(hart, space, new RunLimits(ulong.MaxValue, 0, 0), out Trap trap);
            trap.Cause.Should().Be(TrapCause.Interrupted);
            interrupting.Calls.Should().Be((int)offset + 1);
            ulong before = ((RoundsBefore + (offset * 37)) * perRound) + 1;
            (trap.Retired - before).Should().BeLessThanOrEqualTo(Most, $"of {trap.Retired} instructions {before} are those before the interrupt");
        }
    }

    [Fact]
    public async Task Collections_BesideSpinningGuests_AreNotHeldUp()
    {
        const int Guests = 64, Collections = 2;
        string[] kinds = [.. SpinningCode.Kinds];
        RealCpu[] cpus = [.. Enumerable.Range(0, Guests).Select(_ => new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Translator }))];
        Trap[] traps = new Trap[Guests];
        Thread[] threads = [.. cpus.Select((cpu, i) => new Thread(() =>
        {
            using IAddressSpace space = Load(cpu, new Asm(Origin).Loop(kinds[i % kinds.Length]));
            cpu.Run(NewHart(ulong.MaxValue), space, new RunLimits(ulong.MaxValue, 0, 0), out traps[i]);
        }) { IsBackground = true })];
        Array.ForEach(threads, thread => thread.Start());
        try
        {
            await Task.Run(() =>
            {
                for (int i = 0; i < Collections; i++)
                {
                    GC.Collect();
                }
            }).WaitAsync(TestTime.Seconds(60));
        }
        finally
        {
            Array.ForEach(cpus, cpu => cpu.Interrupt());
            Array.ForEach(threads, thread => thread.Join());
            Array.ForEach(cpus, cpu => cpu.Dispose());
        }

        traps.Should().OnlyContain(trap => trap.Cause == TrapCause.Interrupted);
    }

    private static HartContext NewHart(ulong lastRound)
    {
        var hart = new HartContext { Pc = Origin };
        hart.X[Asm.S0] = Data;
        hart.X[SpinningCode.LastRound] = lastRound;
        return hart;
    }

    private static IAddressSpace Load(RealCpu cpu, Asm code)
    {
        IAddressSpace space = cpu.CreateAddressSpace(cpu.Account);
        cpu.Memory.Write(default, code.ToArray(), cpu.Account).Should().Be(MemoryStatus.Ok);
        cpu.Memory.Write(new(1 << 20), BitConverter.GetBytes(Data), cpu.Account).Should().Be(MemoryStatus.Ok);
        space.Map(new(Origin), default, 4096, PageRights.Read | PageRights.Execute);
        space.Map(new(Data), new(1 << 20), 4096, PageRights.Read | PageRights.Write);
        return space;
    }

    /// <summary>Interrupts the CPU that executes it.</summary>
    private sealed class Interrupting : ICustomInstruction
    {
        public RealCpu? Cpu { get; set; }

        public int Calls { get; private set; }

        public string Mnemonic => "interrupting";

        public int Funct3 => 0;

        public int Funct7 => 0;

        public ulong Execute(ulong rs1, ulong rs2)
        {
            Calls++;
            Cpu!.Interrupt();
            return 0;
        }
    }
}

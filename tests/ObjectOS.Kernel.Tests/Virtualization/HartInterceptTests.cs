using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>A holder watches and changes what an operating system does that runs in a cell of a kernel far above it.</summary>
public sealed class HartInterceptTests
{
    private const int Sstatus = 0x100, Sie = 0x104, Stvec = 0x105, Sscratch = 0x140, Sepc = 0x141, Scause = 0x142, Stimecmp = 0x14D, Time = 0xC01;
    private const ulong Code = KernelFixture.Code;
    private const ulong Handler = Code + 0x200;
    private const int Ticks = 20;

    private static readonly InterceptSet Everything = new()
    {
        Causes = InterceptSet.Bit(TrapCause.SupervisorTimerInterrupt),
        Registers = new HashSet<int> { Sscratch, Time },
        Waits = true,
        Fences = true,
    };

    /// <summary>
    /// Waits for twenty timer interrupts, with a fence before each; its handler keeps its count in sscratch and its data. Then an exception whose
    /// handler stores the cause, and an ecall, which nobody takes.
    /// </summary>
    private static Asm System()
    {
        var code = new Asm(Code).Addi(S0, A0, 0).Li(T0, (int)Handler).Csr("csrrw", Zero, Stvec, T0).Csr("csrrw", Zero, Stimecmp, Zero).Addi(T1, Zero, 32)
            .Csr("csrrw", Zero, Sie, T1).Li(T2, Ticks).Csr("csrrsi", Zero, Sstatus, 2);
        ulong loop = code.Here;
        code.R("sfence.vma", 0, 0, 0).Bare("wfi").Load("ld", A1, 0, S0).Branch("blt", A1, T2, loop).Csr("csrrci", Zero, Sstatus, 2).Ecall();
        var handler = new Asm(Handler).Csr("csrrs", T0, Scause, Zero);
        ulong isInterrupt = handler.Here;
        handler.Branch("blt", T0, Zero, isInterrupt + 24).Store("sd", T0, 16, S0).Csr("csrrs", T0, Sepc, Zero).Addi(T0, T0, 4).Csr("csrrw", Zero, Sepc, T0).Bare("sret")
            .Csr("csrrs", A3, Sscratch, Zero).Addi(A3, A3, 1).Csr("csrrw", Zero, Sscratch, A3).Store("sd", A3, 0, S0)
            .Csr("csrrs", T0, Time, Zero).Store("sd", T0, 8, S0).Addi(T0, T0, 10).Csr("csrrw", Zero, Stimecmp, T0).Bare("sret");
        while (code.Here < Handler)
        {
            code.Word(0);
        }

        foreach (byte[] word in handler.ToArray().Chunk(4))
        {
            code.Word(BitConverter.ToUInt32(word));
        }

        return code;
    }

    private static TestCell Boot(Nested nested)
    {
        var cell = nested.Add(System());
        var invoker = nested.Invoker;
        uint hart = invoker.TakeSlot();
        invoker.Call1(Call.HartCreate, cell.Cell.Slot, hart, cell.Space.Slot, 1, 0).Should().Be(KernelStatus.Ok);
        byte[] state = new byte[65 * 8];
        BinaryPrimitives.WriteUInt64LittleEndian(state, Code);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(A0 * 8), KernelFixture.Data);
        invoker.CallOut(Call.ThreadWriteState, hart, state).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.ThreadResume, hart).Should().Be(KernelStatus.Ok);
        return cell;
    }

    /// <summary>Runs the tower, giving the exits of all its CPUs to the holder; tells the kinds that each had, in order.</summary>
    private static List<string>[] Run(Nested nested, TestCell cell, Action<IVirtualCpu, VirtualCpuExit> holder)
    {
        var cpus = nested.Tower.Virtual;
        var seen = cpus.Select(_ => new List<string>()).ToArray();
        for (int i = 0; i < 10_000 && nested.EndOf(cell) is null; i++)
        {
            nested.Run(() => cpus.Any(cpu => cpu.Exit is not null));
            for (int level = 0; level < seen.Length; level++)
            {
                if (cpus[level].Exit is { } exit)
                {
                    seen[level].Add(exit.Kind == ExitKind.Trap ? exit.Trap.Cause.ToString() : exit.Kind.ToString());
                    holder(cpus[level], exit);
                }
            }
        }

        nested.EndOf(cell)!.Trap!.Value.Cause.Should().Be(TrapCause.EcallFromS);
        return seen;
    }

    [Theory]
    [InlineData(1, 0, -1)]
    [InlineData(2, 1, 0)]
    [InlineData(3, 0, 1)]
    [InlineData(8, 0, 7)]
    public void Everything_Passed_AtTwoLevels_IsAsIfNothingWereIntercepted(int depth, int level, int another)
    {
        string Described(bool intercept, out List<string>[] seen)
        {
            using var nested = new Nested(new TowerOptions { Depth = depth });
            var cell = Boot(nested);
            foreach (int watched in intercept ? new[] { level, another }.Where(l => l >= 0) : [])
            {
                nested.Tower.Virtual[watched].Intercepts = Everything;
            }

            seen = Run(nested, cell, (vcpu, _) => vcpu.Resume(ExitAction.Pass));
            return Programs.Describe(nested.Kernel, cell);
        }

        Described(true, out var seen).Should().Be(Described(false, out var none));
        none.Should().OnlyContain(kinds => kinds.Count == 0);
        for (int i = 0; i < depth; i++)
        {
            int ticks = i == level || i == another ? Ticks : 0;
            int Count(string kind) => seen[i].Count(k => k == kind);
            (Count(nameof(TrapCause.SupervisorTimerInterrupt)), Count("Register"), Count("Counter")).Should().Be((ticks, 2 * ticks, ticks), "level {0}", i);

            // The first interrupt is taken as soon as it is enabled, each of the others ends a turn of the loop.
            int turns = Math.Max(0, ticks - 1);
            (Count("Fence"), Count("Wait")).Should().Be((turns, turns), "level {0}", i);
        }
    }

    [Fact]
    public void RegisterAndTime_OfAGrandchild_AreChangedByItsAncestor()
    {
        using var nested = new Nested(new TowerOptions { Depth = 3 });
        var cell = Boot(nested);
        nested.Tower.Virtual[1].Intercepts = new InterceptSet { Registers = new HashSet<int> { Time } };
        ulong ticks = 0;
        var seen = Run(nested, cell, (vcpu, exit) =>
        {
            exit.Context!.X[(int)(exit.Trap.Instruction >> 7) & 31] = ticks += 5;
            exit.Context.Pc += 4;
            vcpu.Resume();
        });
        seen[1].Should().HaveCount(Ticks);
        cell.Word(1).Should().Be(5 * Ticks);
        cell.Word(0).Should().Be(Ticks);
    }

    [Fact]
    public void Fence_Delivered_IsIllegalToTheGrandchild_WhichHandlesItItself()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = Boot(nested);
        nested.Tower.Virtual[0].Intercepts = new InterceptSet { Fences = true };
        Run(nested, cell, (vcpu, _) => vcpu.Resume(ExitAction.Deliver))[0].Should().NotBeEmpty();
        cell.Word(2).Should().Be((ulong)TrapCause.IllegalInstruction);
        cell.Word(0).Should().Be(Ticks);
    }

    [Fact]
    public void Wait_SkippedByItsAncestor_MakesTheGrandchildPoll()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = Boot(nested);
        nested.Tower.Virtual[0].Intercepts = new InterceptSet { Waits = true };
        var seen = Run(nested, cell, (vcpu, exit) =>
        {
            exit.Context!.Pc += 4;
            vcpu.Resume();
        });
        seen[0].Count.Should().BeGreaterThan(Ticks * 3, "each tick takes many turns of the loop now");
        cell.Word(0).Should().Be(Ticks);
    }

    [Fact]
    public void TimerInterrupt_Delivered_IsTaken()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = Boot(nested);
        nested.Tower.Virtual[1].Intercepts = new InterceptSet { Causes = InterceptSet.Bit(TrapCause.SupervisorTimerInterrupt) };
        Run(nested, cell, (vcpu, _) => vcpu.Resume(ExitAction.Deliver))[1].Should().HaveCount(Ticks);
        cell.Word(0).Should().Be(Ticks);
    }

    [Fact]
    public void Intercepts_ByInvocation_OfAnOperatingSystemInACell()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = Boot(nested);
        var (holder, vcpu) = (nested.Tower.Invokers[1], nested.Tower.Slots[1]);
        holder.Call1(Call.VCpuInterceptRegister, vcpu, 4096, 1).Should().Be(KernelStatus.InvalidArgument);
        holder.Call1(Call.VCpuSetIntercepts, vcpu, 1UL << 32, 0).Should().Be(KernelStatus.InvalidArgument);
        holder.Call1(Call.VCpuSetIntercepts, vcpu, 0, 32).Should().Be(KernelStatus.InvalidArgument);
        holder.Call1(Call.VCpuInterceptRegister, vcpu, Sscratch, 1).Should().Be(KernelStatus.Ok);
        holder.Call1(Call.VCpuInterceptRegister, vcpu, Time, 1).Should().Be(KernelStatus.Ok);
        holder.Call1(Call.VCpuInterceptRegister, vcpu, Time, 0).Should().Be(KernelStatus.Ok);
        const ulong TimerInterrupt = 16 + 5, Wfi = 8, Sfence = 16;
        holder.Call1(Call.VCpuSetIntercepts, vcpu, 1UL << (int)TimerInterrupt, Wfi | Sfence).Should().Be(KernelStatus.Ok);
        Run(nested, cell, (_, _) => holder.Call1(Call.VCpuResume, vcpu, 3).Should().Be(KernelStatus.Ok))[1]
            .Distinct().Should().BeEquivalentTo("Fence", "Wait", nameof(TrapCause.SupervisorTimerInterrupt), "Register");
        cell.Word(0).Should().Be(Ticks);
    }
}

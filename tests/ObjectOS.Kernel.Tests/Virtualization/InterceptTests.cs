using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>A holder watches and changes what a grandchild's CPU does, and pays only for that.</summary>
public sealed class InterceptTests
{
    private const ulong Code = KernelFixture.Code;

    /// <summary>Runs the tower and gives each exit of the CPU at a level to the holder; tells how many there were.</summary>
    private static ulong Run(Nested nested, int level, Action<IVirtualCpu, VirtualCpuExit> holder)
    {
        var vcpu = nested.Tower.Virtual[level];
        for (int i = 0; i < 10_000; i++)
        {
            nested.Run(() => vcpu.Exit is not null);
            if (vcpu.Exit is not { } exit)
            {
                break;
            }

            holder(vcpu, exit);
        }

        return vcpu.Statistics.Exits;
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 1)]
    [InlineData(8, 2)]
    public void TimeReads_OfAGrandchild_AreChanged_AndNothingElseExits(int depth, int level)
    {
        using var nested = new Nested(new TowerOptions { Depth = depth });
        var cell = nested.Add(Programs.CountAndTime(1000));
        cell.Thread.Resume();
        nested.Tower.Virtual[level].Intercepts = new InterceptSet { Counters = true };
        ulong exits = Run(nested, level, (vcpu, exit) =>
        {
            exit.Kind.Should().Be(ExitKind.Counter);
            exit.Context!.X[(int)(exit.Trap.Instruction >> 7) & 31] = 1000;
            exit.Context.Pc += 4;
            vcpu.Resume();
        });
        exits.Should().Be(2, "the program reads cycle once and time once");
        cell.Word(0).Should().Be(2000);
        nested.EndOf(cell)!.ExitCode.Should().Be(7);
        nested.Tower.Virtual.Where((_, i) => i != level).All(v => v.Statistics.Exits == 0).Should().BeTrue();
    }

    [Fact]
    public void TimeReads_Passed_AreAsIfNothingWereIntercepted()
    {
        ulong Word(bool intercept)
        {
            using var nested = new Nested(new TowerOptions { Depth = 3 });
            var cell = nested.Add(Programs.CountAndTime(1000));
            cell.Thread.Resume();
            nested.Tower.Virtual[0].Intercepts = new InterceptSet { Counters = intercept };
            nested.Tower.Virtual[1].Intercepts = new InterceptSet { Counters = intercept };
            ulong[] exits = [0, 0];
            while (nested.EndOf(cell) is null)
            {
                nested.Run(() => nested.Tower.Virtual.Any(v => v.Exit is not null));
                for (int i = 0; i < 2; i++)
                {
                    if (nested.Tower.Virtual[i].Exit is not null)
                    {
                        exits[i]++;
                        nested.Tower.Virtual[i].Resume(ExitAction.Pass);
                    }
                }
            }

            exits.Should().OnlyContain(n => n == (intercept ? 2UL : 0));
            return cell.Word(0);
        }

        Word(true).Should().Be(Word(false));
    }

    [Fact]
    public void OneCallNumber_OfAGrandchild_IsAnsweredByItsAncestor()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = nested.Add(Programs.Invocations(50));
        cell.Thread.Resume();
        nested.Tower.Virtual[0].Intercepts = new InterceptSet { Calls = new HashSet<ulong> { (ulong)Call.ClockNow } };
        ulong exits = Run(nested, 0, (vcpu, exit) =>
        {
            exit.Kind.Should().Be(ExitKind.Call);
            exit.Context!.X[A0] = 0;
            exit.Context.X[A1] = 12345;
            exit.Context.Pc += 4;
            vcpu.Resume();
        });
        exits.Should().Be(50, "thread_exit is direct");
        nested.EndOf(cell)!.ExitCode.Should().Be(3);
        nested.Kernel.Statistics.Invocations.Should().BeLessThan(60, "the grandchild's kernel has seen none of the calls that were answered");
    }

    [Fact]
    public void IllegalInstruction_OfAGrandchild_BecomesAnInstruction()
    {
        using var nested = new Nested(new TowerOptions { Depth = 3 });
        const uint Custom = 0x0000000B;    // custom-0: no instruction of ours
        var cell = nested.Add(Programs.Exit(new Asm(Code).Word(Custom | (A5 << 7)).Store("sd", A5, 0, A0), 9));
        cell.Thread.Resume();
        nested.Tower.Virtual[1].Intercepts = new InterceptSet { Causes = InterceptSet.Bit(TrapCause.IllegalInstruction) };
        Run(nested, 1, (vcpu, exit) =>
        {
            exit.Trap.Instruction.Should().Be(Custom | (A5 << 7));
            exit.Context!.X[A5] = 4711;
            exit.Context.Pc += 4;
            vcpu.Resume();
        }).Should().Be(1);
        cell.Word(0).Should().Be(4711);
    }

    [Fact]
    public void Trap_Delivered_ReachesTheGrandchildAsItWasOrChanged()
    {
        TrapCause Ended(Trap? changed)
        {
            using var nested = new Nested(new TowerOptions { Depth = 3 });
            var cell = nested.Add(new Asm(Code).Bare("ebreak"));
            cell.Thread.Resume();
            nested.Tower.Virtual[0].Intercepts = new InterceptSet { Causes = InterceptSet.Bit(TrapCause.Breakpoint) };
            Run(nested, 0, (vcpu, exit) => vcpu.Resume(ExitAction.Deliver, changed)).Should().Be(1);
            return nested.EndOf(cell)!.Trap!.Value.Cause;
        }

        Ended(null).Should().Be(TrapCause.Breakpoint);
        Ended(new Trap { Cause = TrapCause.LoadAccessFault }).Should().Be(TrapCause.LoadAccessFault);
    }

    [Fact]
    public void Pages_Intercepted_AreADeviceThatTheGrandchildCannotTellFromMemory()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2, Scattered = false });
        var cell = nested.Add(Programs.Exit(new Asm(Code).Addi(S0, A0, 0).Store("sd", Zero, 8, S0).Load("ld", A5, 8, S0).Load("ld", A4, 8, S0).Store("sd", A5, 0, S0), 1));
        var data = FindData(nested);
        cell.Thread.Resume();
        nested.Tower.Virtual[1].Intercepts = new InterceptSet { Pages = [(new(data), new(data + Pages.Size))] };
        var seen = new List<AccessKind>();
        ulong exits = Run(nested, 1, (vcpu, exit) =>
        {
            exit.Kind.Should().Be(ExitKind.PageAccess);
            (exit.Physical.Value & ~4095UL).Should().Be(data);
            if (exit.Context is null)
            {
                vcpu.Resume(ExitAction.Pass);
                return;
            }

            seen.Add(exit.Trap.Access);
            if (exit.Trap.Access == AccessKind.Load)
            {
                exit.Context.X[(int)(exit.Trap.Instruction >> 7) & 31] = 99;
                exit.Context.Pc += 4;
                vcpu.Resume();
            }
            else
            {
                vcpu.Resume(ExitAction.Pass);
            }
        });
        seen.Should().Equal(AccessKind.Store, AccessKind.Load, AccessKind.Load, AccessKind.Store);
        exits.Should().Be(4);
        nested.Tower.Virtual[1].Intercepts = InterceptSet.Empty;
        cell.Word(0).Should().Be(99, "the last store was let through");
        cell.Word(1).Should().Be(0);
    }

    [Fact]
    public void Idle_Intercepted_ExitsOncePerIdleness()
    {
        using var nested = new Nested(new TowerOptions { Depth = 1 });
        nested.Tower.Virtual[0].Intercepts = new InterceptSet { Idle = true };
        nested.Run().Should().Be(SliceEnd.Idle);
        nested.Tower.Virtual[0].Exit!.Kind.Should().Be(ExitKind.Idle);
        nested.Tower.Virtual[0].Resume();
        nested.Run().Should().Be(SliceEnd.Idle);
        nested.Tower.Virtual[0].Exit.Should().BeNull("it was told of this idleness");
        nested.Add(Programs.CountAndTime()).Thread.Resume();
        nested.Run().Should().Be(SliceEnd.Idle);
        nested.Tower.Virtual[0].Exit!.Kind.Should().Be(ExitKind.Idle);
    }

    /// <summary>The guest-physical page, of the innermost CPU, at which the first cell's data starts.</summary>
    private static ulong FindData(Nested nested)
    {
        // The first memory object is the program's text, the second its data.
        nested.Kernel.Cpu.Memory.TryFindPresent(default, new(1UL << 30), out var text).Should().BeTrue();
        return text.Value + IGuestMemory.CloneUnit;
    }
}

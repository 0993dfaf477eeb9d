using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>A child in C# that does everything wrong leaves its parent and its siblings alive.</summary>
public sealed class FaultyChildrenTests
{
    /// <summary>Runs a faulty child beside a program and a sane child, and checks that both end as they should.</summary>
    private static void Survives(Func<IVirtualCpu, Func<SliceLimits, SliceResult>> faulty, Action<IVirtualCpu> check, VirtualCpuOptions? options = null)
    {
        using var fixture = new KernelFixture();
        fixture.Kernel.CreateVirtualCpu(1, 500, options ?? new VirtualCpuOptions(), out var bad).Should().Be(KernelStatus.Ok);
        bad!.Cpu.Attach(new Guest(faulty(bad)));
        fixture.Kernel.CreateVirtualCpu(1, 501, new VirtualCpuOptions(), out var good).Should().Be(KernelStatus.Ok);
        var kernel = new Kernel(good!.Cpu);
        var inner = Nested.AddTo(new Client.CellCapability(new Client.Invoker(kernel.Root, 16), 1), Programs.CountAndTime());
        var cell = fixture.Add(Programs.CountAndTime());
        inner.Thread.Resume();
        cell.Thread.Resume();
        for (int i = 0; i < 1000 && (inner.Word(0) == 0 || fixture.EndOf(cell) is null); i++)
        {
            fixture.Kernel.RunSlice(new SliceLimits(10_000)).End.Should().NotBe(SliceEnd.Halted);
        }

        inner.Word(0).Should().NotBe(0);
        fixture.EndOf(cell)!.ExitCode.Should().Be(7);
        check(bad);
    }

    private static IAddressSpace Loop(ICpu cpu)
    {
        var space = cpu.CreateAddressSpace(cpu.Account);
        space.Map(default, default, Pages.Size, PageRights.Read | PageRights.Execute);
        cpu.Memory.Write(default, new Asm(0).Jal(0, 0).ToArray(), cpu.Account).Should().Be(MemoryStatus.Ok);
        return space;
    }

    [Fact]
    public void Throws_IsHaltedWithAReport() => Survives(
        _ => _ => throw new InvalidOperationException("on purpose"),
        bad =>
        {
            bad.HaltReport.Should().Contain("on purpose");
            bad.Exit!.Kind.Should().Be(ExitKind.Halted);
        });

    [Fact]
    public void IgnoresSuspended_GetsNoMoreThanItsSlices() => Survives(
        bad =>
        {
            var space = Loop(bad.Cpu);
            var hart = new HartContext();
            return limits =>
            {
                for (int i = 0; i < 100; i++)
                {
                    bad.Cpu.Run(hart, space, new RunLimits(limits.Budget * 2, 0, 0), out var trap);
                    (trap.Cause == TrapCause.Suspended || i == 0).Should().BeTrue();
                    if (i > 0)
                    {
                        trap.Retired.Should().Be(0);
                        bad.Cpu.Memory.Read(default, new byte[4]).Should().Be(MemoryStatus.Suspended);
                    }
                }

                return new SliceResult(SliceEnd.Budget, 0);
            };
        },
        bad => bad.HaltReport.Should().BeNull());

    [Theory]
    [InlineData(SliceEnd.Budget, 0UL)]
    [InlineData(SliceEnd.Suspended, 0UL)]
    [InlineData(SliceEnd.Interrupted, 0UL)]
    [InlineData(SliceEnd.Interrupted, 5UL)]
    [InlineData(SliceEnd.Budget, ulong.MaxValue)]
    [InlineData((SliceEnd)77, 1UL)]
    public void AnswersNonsense_PaysForIt(SliceEnd end, ulong used) => Survives(_ => _ => new SliceResult(end, used), bad => bad.HaltReport.Should().BeNull());

    [Fact]
    public void InterruptsItselfWithoutEnd_PaysForItInTheEnd()
    {
        int slices = 0;
        Survives(
            bad =>
            {
                var space = Loop(bad.Cpu);
                return _ =>
                {
                    slices++;
                    bad.Cpu.Interrupt();
                    bad.Cpu.Run(new HartContext(), space, new RunLimits(1, 0, 0), out var trap);
                    trap.Cause.Should().Be(TrapCause.Interrupted);
                    return new SliceResult(SliceEnd.Interrupted, 0);
                };
            },
            bad => bad.HaltReport.Should().BeNull());
        slices.Should().BeGreaterThan(1 << 16, "so many are free");
    }

    [Fact]
    public void AsksBeyondItsQuota_IsStoppedForItsHolder() => Survives(
        bad => _ =>
        {
            byte[] page = new byte[Pages.Size];
            for (ulong at = 0; at < 1UL << 30; at += Pages.Size)
            {
                if (bad.Cpu.Memory.Write(new PhysicalAddress(at), page, bad.Cpu.Account) != MemoryStatus.Ok)
                {
                    break;
                }
            }

            return new SliceResult(SliceEnd.Budget, 1);
        },
        bad =>
        {
            bad.Exit!.Kind.Should().Be(ExitKind.MemoryExhausted);
            bad.Statistics.Pages.Should().Be(10);
        },
        new VirtualCpuOptions { MemoryLimit = 10 * Pages.Size });

    [Fact]
    public void NestsWithoutEnd_EndsWithAStatusOrAReport()
    {
        var statuses = new List<KernelStatus>();
        Survives(bad => Nest(bad.Cpu, statuses), bad => statuses.Should().Contain(KernelStatus.Ok));
        statuses.Should().HaveCountGreaterThan(50);
    }

    /// <summary>A guest that, whenever it runs, makes a kernel with a CPU under itself, with such a guest on it, and runs that.</summary>
    private static Func<SliceLimits, SliceResult> Nest(ICpu cpu, List<KernelStatus> statuses)
    {
        Kernel? kernel = null;
        return limits =>
        {
            if (kernel is null)
            {
                kernel = new Kernel(new Detached(cpu));
                var status = kernel.CreateVirtualCpu(1, 3, new VirtualCpuOptions(), out var deeper);
                statuses.Add(status);
                deeper?.Cpu.Attach(new Guest(Nest(deeper.Cpu, statuses)));
            }

            return kernel.RunSlice(limits);
        };
    }

    /// <summary>A CPU whose guest is attached already, for another one.</summary>
    private sealed class Detached(ICpu cpu) : CpuDecorator(cpu)
    {
        public override void Attach(ICpuGuest guest)
        {
        }
    }
}

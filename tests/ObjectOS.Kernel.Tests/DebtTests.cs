using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Who pays for pages that code has made without a trap.</summary>
public sealed class DebtTests
{
    private const int Pages = 256;
    private const ulong CostOfPage = 400;

    [Theory]
    [InlineData(true, Pages * CostOfPage)]
    [InlineData(false, 0)]
    public void PagesOfACellThatEnds_ArePaidByACellBesideIt_UnderTheSameOne(bool isUnderTheSame, ulong expected) =>
        (ChargeBeside(Pages, isUnderTheSame) - ChargeBeside(0, isUnderTheSame)).Should().Be(expected);

    [Fact]
    public void PagesThatACellGivesBack_ArePaidAtItsNextTrap()
    {
        ulong Charge(int pages)
        {
            using var fixture = new KernelFixture();
            var cell = fixture.Add(OneCall(), memory: 4UL << 20);
            cell.Cell.CreateMemory((ulong)Pages << 12, out var memory).Should().Be(KernelStatus.Ok);
            for (int i = 0; i < pages; i++)
            {
                memory.Write((ulong)i << 12, [1]).Should().Be(KernelStatus.Ok);
            }

            fixture.Invoker.Call1(Call.CapabilityDelete, memory.Slot).Should().Be(KernelStatus.Ok);
            return ChargeOf(fixture, cell);
        }

        (Charge(Pages) - Charge(0)).Should().Be(Pages * CostOfPage);
    }

    /// <summary>What a cell is charged for its first calls after another has ended that held so many pages.</summary>
    private static ulong ChargeBeside(int pages, bool isUnderTheSame)
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(8UL << 20, 400, out var above).Should().Be(KernelStatus.Ok);
        above.CreateCell(4UL << 20, 100, out var ending).Should().Be(KernelStatus.Ok);
        ending.CreateMemory((ulong)Pages << 12, out var memory).Should().Be(KernelStatus.Ok);
        for (int i = 0; i < pages; i++)
        {
            memory.Write((ulong)i << 12, [1]).Should().Be(KernelStatus.Ok);
        }

        var beside = fixture.Add(OneCall(), isUnderTheSame ? above : null);
        ending.Destroy().Should().Be(KernelStatus.Ok);
        return ChargeOf(fixture, beside);
    }

    private static ulong ChargeOf(KernelFixture fixture, TestCell cell)
    {
        fixture.Run().Should().Be(SliceEnd.Idle);
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        cell.Cell.Status(out var figures).Should().Be(KernelStatus.Ok);
        return figures.Charged;
    }

    private static Asm OneCall() =>
        new Asm(KernelFixture.Code).Addi(A7, Zero, (int)Call.ClockNow).Ecall().Addi(A7, Zero, (int)Call.ThreadExit).Ecall();
}

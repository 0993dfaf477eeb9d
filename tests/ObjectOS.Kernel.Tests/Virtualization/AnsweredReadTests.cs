using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>Loads of a hart that its space answers: what they read and cost is the same at every depth.</summary>
public sealed class AnsweredReadTests
{
    private const ulong Device = 0x50000;
    private const int Time = 0xC01;

    /// <summary>Polls a clock until it is 3000, and adds up a status that it reads each time; then a load that nothing answers.</summary>
    private static Asm Poll()
    {
        Asm code = new Asm(KernelFixture.Code).Addi(S0, A0, 0).Li(A1, (int)Device).Li(T2, 3000);
        ulong loop = code.Here;
        return code.Load("lbu", A2, 8, A1).R("add", A3, A3, A2).Load("ld", A4, 0, A1).Branch("blt", A4, T2, loop)
            .Csr("csrrs", A5, Time, 0).Store("sd", A3, 0, S0).Store("sd", A4, 8, S0).Store("sd", A5, 16, S0).Load("lbu", A2, 9, A1);
    }

    private static TestCell Boot(Nested nested)
    {
        var cell = nested.Add(Poll());
        var invoker = nested.Invoker;
        uint hart = invoker.TakeSlot();
        invoker.Call1(Call.HartCreate, cell.Cell.Slot, hart, cell.Space.Slot, 1, 0).Should().Be(KernelStatus.Ok);
        byte[] state = new byte[65 * 8];
        BinaryPrimitives.WriteUInt64LittleEndian(state, KernelFixture.Code);
        BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(A0 * 8), KernelFixture.Data);
        invoker.CallOut(Call.ThreadWriteState, hart, state).Should().Be(KernelStatus.Ok);
        cell.Space.AnswerRead(new(Device), 8, AnswerKind.Time, 0, ulong.MaxValue).Should().Be(KernelStatus.Ok);
        cell.Space.AnswerRead(new(Device + 8), 1, AnswerKind.Value, 3, ulong.MaxValue).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.ThreadResume, hart).Should().Be(KernelStatus.Ok);
        return cell;
    }

    private static string Run(int depth, int? suspendingLevel = null, ulong slice = ulong.MaxValue)
    {
        using var nested = new Nested(new TowerOptions { Depth = depth, SuspendingLevel = suspendingLevel });
        var cell = Boot(nested);
        nested.Run(slice: slice);
        nested.EndOf(cell)!.Trap!.Value.Cause.Should().Be(TrapCause.LoadGuestPageFault);
        ulong turns = cell.Word(0) / 3;
        turns.Should().BeInRange(350, 380, "a turn takes 802 of 300,000 nanoseconds");
        nested.Kernel.Statistics.Instructions.Should().Be(5 + (turns * 4) + 4, "what a load costs besides is not counted as instructions");
        return Programs.Describe(nested.Kernel, cell);
    }

    [Theory]
    [InlineData(1, null), InlineData(2, null), InlineData(8, null), InlineData(1, 0), InlineData(2, 1), InlineData(2, 2), InlineData(8, 5)]
    public void Polling_AtDepth_IsAsWithoutLevelsBelow(int depth, int? suspendingLevel) => Run(depth, suspendingLevel).Should().Be(Run(0));

    [Theory]
    [InlineData(0, 1), InlineData(0, 7), InlineData(2, 399), InlineData(2, 400)]
    public void Polling_InSlices_IsAsAtOnce(int depth, int slice) => Run(depth, slice: (ulong)slice).Should().Be(Run(0));

    // The page of the cell's code is one of its memory; those of its device are nowhere. A level that watches each access to memory sees what it saw before.
    [Fact]
    public void Polling_WhileALevelWatchesItsMemory_GoesOnAsBefore()
    {
        using var nested = new Nested(new TowerOptions { Depth = 2 });
        var cell = Boot(nested);
        var vcpu = nested.Tower.Virtual[0];
        vcpu.Intercepts = new InterceptSet { Pages = [(new(0), new(1UL << 40))] };
        int exits = 0;
        for (int i = 0; i < 100_000 && nested.EndOf(cell) is null; i++)
        {
            nested.Run(() => vcpu.Exit is not null);
            if (vcpu.Exit is not null)
            {
                exits++;
                vcpu.Resume(ExitAction.Pass);
            }
        }

        exits.Should().BeGreaterThan(1000, "each fetch is one");
        vcpu.Intercepts = InterceptSet.Empty;
        cell.Word(0).Should().BePositive();
        Programs.Describe(nested.Kernel, cell).Should().Be(Run(0));
    }

    [Theory]
    [InlineData(Device, 3, 1, 0, KernelStatus.InvalidArgument), InlineData(Device + 1, 2, 1, 0, KernelStatus.InvalidArgument), InlineData(Device, 8, 3, 0, KernelStatus.InvalidArgument)]
    [InlineData(Device, 8, 257, 0, KernelStatus.InvalidArgument), InlineData(Device, 8, 2, 64, KernelStatus.InvalidArgument), InlineData(1UL << 56, 8, 1, 0, KernelStatus.InvalidArgument)]
    [InlineData(KernelFixture.Data + 8, 8, 1, 0, KernelStatus.AlreadyMapped), InlineData(Device, 8, 2, 63, KernelStatus.Ok), InlineData(Device, 8, 0, 0, KernelStatus.Ok)]
    public void AnswerRead_OfWhatCannotBe_IsRefused(ulong address, ulong size, ulong kind, ulong value, KernelStatus expected)
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Poll());
        fixture.Invoker.Call1(Call.SpaceAnswerRead, cell.Space.Slot, address, size, kind, value, ulong.MaxValue).Should().Be(expected);
    }

    [Fact]
    public void AnswerRead_HoldsItsPage_AndOnlySoMany()
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Poll());
        for (ulong i = 0; i < AnsweredReads.Most; i++)
        {
            cell.Space.AnswerRead(new(Device + (i * 8)), 8, AnswerKind.Value, 0, 0).Should().Be(KernelStatus.Ok);
        }

        cell.Space.AnswerRead(new(Device), 4, AnswerKind.Value, 0, 0).Should().Be(KernelStatus.ObjectsExhausted);
        cell.Space.AnswerRead(new(Device), 8, AnswerKind.Value, 1, 0).Should().Be(KernelStatus.Ok, "it is in place of another");
        cell.Space.Map(new VirtualAddress(Device - 0x1000), cell.Data, 0, 0x2000, PageRights.Read).Should().Be(KernelStatus.AlreadyMapped);
        cell.Space.Map(new VirtualAddress(Device - 0x1000), cell.Data, 0, 0x1000, PageRights.Read).Should().Be(KernelStatus.Ok);
        for (ulong i = 0; i < AnsweredReads.Most; i++)
        {
            cell.Space.AnswerRead(new(Device + (i * 8)), 8, AnswerKind.None, 0, 0).Should().Be(KernelStatus.Ok);
        }

        cell.Space.Map(new VirtualAddress(Device), cell.Data, 0, 0x1000, PageRights.Read).Should().Be(KernelStatus.Ok);
    }
}

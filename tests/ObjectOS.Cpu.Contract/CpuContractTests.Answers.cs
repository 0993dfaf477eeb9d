using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <summary>What every CPU promises of loads that the holder has answered: they cost the same everywhere, and no budget shows.</summary>
public abstract partial class CpuContractTests
{
    private const ulong Polled = Device + 0x100;

    private static void Answer(Guest guest, int size, AnswerKind kind, ulong value, ulong until = ulong.MaxValue, ulong offset = 0) =>
        (guest.Answers ??= new AnsweredReads()).TrySet(new AnsweredRead(new(Polled + offset), (byte)size, kind, value, until)).Should().BeTrue();

    [Theory]
    [InlineData("lb", 1, 0x80, 0xFFFF_FFFF_FFFF_FF80), InlineData("lbu", 1, 0x3_80, 0x80)]
    [InlineData("lh", 2, 0x8001, 0xFFFF_FFFF_FFFF_8001), InlineData("lhu", 2, 0x8001, 0x8001)]
    [InlineData("lw", 4, 0x8000_0000, 0xFFFF_FFFF_8000_0000), InlineData("lwu", 4, 0x8000_0000, 0x8000_0000)]
    [InlineData("ld", 8, 0x8000_0000_0000_0001, 0x8000_0000_0000_0001)]
    public void AnsweredLoad_ReadsItsValue_AtAFixedCost(string mnemonic, int size, ulong value, ulong expected)
    {
        using Guest guest = NewHart(HartMode.Supervisor, Finish(At().Li(A1, (int)Polled).Load(mnemonic, A0, 0, A1)));
        Answer(guest, size, AnswerKind.Value, value);
        Trap trap = ShouldFinish(guest);
        trap.Value.Should().Be(expected);
        guest.Hart.Retired.Should().Be(5);
        (trap.Retired, trap.Delayed).Should().Be((4 + AnsweredRead.Cost, AnsweredRead.Cost - 1));
        guest.Hart.System!.Delay.Should().Be(0);
    }

    [Theory]
    [InlineData("lw", 0), InlineData("lbu", 1), InlineData("flw", 0), InlineData("lr.b", 0)]
    public void LoadBesideAnAnsweredOne_Traps(string mnemonic, int offset)
    {
        Asm code = At().Li(A1, 0x6000).Csr("csrrs", 0, Mstatus, A1).Li(A1, (int)Polled);
        ulong at = code.Here;
        code = mnemonic == "lr.b" ? code.Atomic("lr.w", A0, 0, A1) : code.Load(mnemonic, A0, offset, A1);
        using Guest guest = NewHart(HartMode.Machine, code);
        Answer(guest, mnemonic[0] == 'f' ? 4 : 1, AnswerKind.Value, 7);
        Trap trap = guest.Run();
        (trap.Cause, trap.Pc, trap.PhysicalAddress.Value).Should().Be((TrapCause.LoadGuestPageFault, at, Polled + (ulong)offset));
    }

    [Fact]
    public void AnsweredLoad_AfterItsTime_Traps()
    {
        Asm code = At().Li(A1, (int)Polled);
        ulong loop = code.Here;
        code.Load("lbu", A0, 0, A1).Addi(A2, A2, 1).Jal(0, loop);
        using Guest guest = NewHart(HartMode.Machine, code);
        Answer(guest, 1, AnswerKind.Value, 7, until: 5000);
        Trap trap = guest.Run();
        (trap.Cause, trap.Pc, guest.Hart.X[A0]).Should().Be((TrapCause.LoadGuestPageFault, loop, 7UL));
        trap.Retired.Should().Be(2 + (13 * (AnsweredRead.Cost + 2)), "the load at 4826 is the last before 5000");
    }

    [Theory]
    [InlineData(0, 0), InlineData(0, 32), InlineData(1UL << 40, 0), InlineData(3UL << 32, 32)]
    public void AnsweredLoad_OfTime_IsTheTimeRegister(ulong offset, int shift)
    {
        Asm code = At().Li(A1, (int)Polled);
        for (int i = 0; i < 7; i++)
            code.Load("ld", 20 + i, 0, A1).Csr("csrrs", 6, Time, 0).Addi(0, 0, 0);
        using Guest guest = NewHart(HartMode.Machine, Finish(code));
        guest.Hart.System!.TimeOffset = offset;
        guest.Time = 1_000_050;
        Answer(guest, 8, AnswerKind.Time, (ulong)shift);
        ShouldFinish(guest);
        for (int i = 0; i < 7; i++)
            guest.Hart.X[20 + i].Should().Be((offset + ((1_000_052 + ((ulong)i * (AnsweredRead.Cost + 2))) / 100)) >> shift);
        guest.Hart.X[6].Should().Be(offset + ((1_000_052 + (6 * (AnsweredRead.Cost + 2)) + AnsweredRead.Cost) / 100), "the next instruction comes after what the load cost");
    }

    // Waits for a time of its clock, and is interrupted by its timer now and then, which most times comes while an answered load is paid for. Budgets end at each
    // instruction around such a load, and are longer than what an engine runs without a look at its timer.
    [Theory]
    [InlineData(1), InlineData(2), InlineData(13), InlineData(399), InlineData(400), InlineData(401), InlineData(402), InlineData(403), InlineData(404)]
    [InlineData(405), InlineData(406), InlineData(407), InlineData(408), InlineData(805), InlineData(5000)]
    public void AnsweredLoads_AreTheSameInAnySlices(ulong slice)
    {
        (HartContext whole, ulong usedWhole) = RunPolling(1_000_000);
        (HartContext sliced, ulong usedSliced) = RunPolling(slice);
        usedSliced.Should().Be(usedWhole).And.BeGreaterThan(200_000);
        SavedState(sliced).Should().Equal(SavedState(whole));
        whole.X[A2].Should().BeGreaterThan(20, "so many interrupts have come");
    }

    private (HartContext Hart, ulong Used) RunPolling(ulong slice)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Csr("csrrw", 0, Stimecmp, 0).Addi(T1, 0, 32).Csr("csrrw", 0, Sie, T1)
            .Csr("csrrsi", 0, 0x100, 2).Li(A1, (int)Polled).Li(T2, 2000);
        ulong loop = code.Here;
        code.Load("lbu", A0, 8, A1).R("add", A4, A4, A0).Load("ld", A3, 0, A1).R("add", A4, A4, A3).R("xor", A5, A4, A5).Addi(A4, A4, 1).Branch("blt", A3, T2, loop);
        Asm handler = At(Handler).Csr("csrrs", A0, Sepc, 0).R("add", A4, A4, A0).Addi(A2, A2, 1)
            .Csr("csrrs", T0, Time, 0).I("andi", T1, A2, 1).I("slli", T1, T1, 5).R("add", T0, T0, T1).Addi(T0, T0, 31).Csr("csrrw", 0, Stimecmp, T0).Bare("sret");
        using Guest guest = NewHart(HartMode.Supervisor, Finish(code), handler);
        Answer(guest, 8, AnswerKind.Time, 0);
        Answer(guest, 1, AnswerKind.Value, 0x61, offset: 8);
        ulong used = 0;
        Trap trap;
        do
        {
            trap = guest.Run(slice);
            used += trap.Retired;
            guest.Time += trap.Retired;
        }
        while (trap.Cause == TrapCause.BudgetEnd && used < 1_000_000);
        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault);
        return (guest.Hart, used);
    }

    private static byte[] SavedState(HartContext hart)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        hart.Save(writer);
        return stream.ToArray();
    }
}

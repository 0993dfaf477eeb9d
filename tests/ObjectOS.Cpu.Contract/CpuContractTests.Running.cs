using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <content>Budgets, interrupts, maps and code that change, time.</content>
public abstract partial class CpuContractTests
{
    // A loop with stores, multiplication, a call and a page-crossing instruction.
    private static Asm Busy()
    {
        Asm asm = At(Code + 0xFC0);
        ulong loop = asm.Here;
        asm.Addi(A0, A0, 3).R("mul", A2, A0, A0).Store("sd", A2, 0, A1).Load("lw", A3, 4, A1).R("xor", A4, A4, A3);
        asm.Branch("bne", A3, Zero, asm.Here + 8).Addi(A5, A5, 1);
        while (asm.Here < Code + 0xFFE)
            asm.Half(0x0505);    // c.addi a0,1
        asm.Addi(T0, T0, 9).R("sltu", T1, A0, A2).Branch("beq", T1, Zero, asm.Here + 6).Half(0x0885);
        return asm.Jal(Ra, loop);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(7)]
    public void Budget_Split_EndsInTheSameState(int seed)
    {
        const ulong Total = 20_000;
        using Guest whole = NewGuest().Load(Busy(), 0xFC0), split = NewGuest().Load(Busy(), 0xFC0);
        whole.Hart.X[A1] = split.Hart.X[A1] = Data;
        Trap last = whole.Run(Total);
        last.Cause.Should().Be(TrapCause.BudgetEnd);
        last.Retired.Should().Be(Total);
        var random = new Random(seed);
        for (ulong done = 0; done < Total;)
        {
            ulong part = Math.Min(Total - done, seed == 1 ? 1 : (ulong)random.Next(100));
            Trap trap = split.Run(part);
            trap.Cause.Should().Be(TrapCause.BudgetEnd);
            trap.Retired.Should().Be(part, "seed {0}", seed);
            trap.Pc.Should().Be(split.Hart.Pc);
            done += part;
        }

        Save(split.Hart).Should().Equal(Save(whole.Hart));
        split.ReadData(0).Should().Be(whole.ReadData(0));
    }

    [Fact]
    public void Budget_Zero_ReturnsAtOnce()
    {
        using Guest guest = NewGuest().Load(At().Ecall());
        ShouldBe(guest.Run(0), TrapCause.BudgetEnd, Code, 0, 0, AccessKind.None, 0, 0);
    }

    [Fact]
    public void Budget_EndsJustBeforeEcall_EcallComesNext()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, A0, 1).Ecall());
        guest.Run(1).Cause.Should().Be(TrapCause.BudgetEnd);
        ShouldBe(guest.Run(1), TrapCause.EcallFromU, Code + 4, 0, Match("ecall"), AccessKind.None, 0, 0);
    }

    [Fact]
    public void Interrupt_EndlessLoop_ReturnsConsistently()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, A0, 1).Jal(Zero, Code));
        using var timer = new Timer(_ => guest.Cpu.Interrupt(), null, 20, Timeout.Infinite);
        Trap trap = guest.Run(ulong.MaxValue);
        trap.Cause.Should().Be(TrapCause.Interrupted);
        guest.Hart.X[A0].Should().Be((trap.Retired + 1) / 2);
        guest.Hart.Pc.Should().Be(Code + (trap.Retired % 2 * 4));
        guest.Run(5).Cause.Should().Be(TrapCause.BudgetEnd, "the interrupt is consumed");
    }

    [Fact]
    public void Interrupt_BeforeRun_EndsTheNext()
    {
        using Guest guest = NewGuest().Load(At().Ecall());
        guest.Cpu.Interrupt();
        ShouldBe(guest.Run(), TrapCause.Interrupted, Code, 0, 0, AccessKind.None, 0, 0);
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
    }

    [Fact]
    public void Unmap_BetweenRuns_IsSeen()
    {
        using Guest guest = NewGuest().Load(At().Store("sd", A0, 0, A1).Load("ld", A2, 0, A1).Jal(Zero, Code));
        guest.Hart.X[A1] = Data;
        guest.Run(30).Cause.Should().Be(TrapCause.BudgetEnd);
        guest.Space.Protect(new VirtualAddress(Data), 0x1000, PageRights.Read);
        Trap trap = guest.Run();
        trap.Cause.Should().Be(TrapCause.StorePageFault);
        trap.Address.Value.Should().Be(Data);
        guest.Space.Protect(new VirtualAddress(Data), 0x1000, PageRights.Read | PageRights.Write);
        guest.Run(30).Cause.Should().Be(TrapCause.BudgetEnd);
        guest.Space.Unmap(new VirtualAddress(Data), 0x1000);
        guest.Run().Cause.Should().Be(TrapCause.StorePageFault);
        guest.Space.Unmap(new VirtualAddress(Code), 0x1000);
        ShouldBe(guest.Run(), TrapCause.InstructionPageFault, Code, Code, 0, AccessKind.Fetch, 2, 0);
    }

    [Fact]
    public void Code_WrittenByTheKernel_IsSeen()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, Zero, 1).Ecall());
        guest.Run();
        guest.Load(At().Addi(A0, Zero, 2).Ecall());
        guest.Run();
        guest.Hart.X[A0].Should().Be(2);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void Code_WrittenByTheProgram_IsSeenAfterFenceI(bool throughAlias)
    {
        const ulong Alias = 0x50000;
        using Guest guest = NewGuest();
        guest.Space.Map(new VirtualAddress(Alias), new PhysicalAddress(Guest.CodeFrames), 0x1000, PageRights.Read | PageRights.Write);
        guest.Space.Protect(new VirtualAddress(Code), 0x1000, PageRights.Read | PageRights.Write | PageRights.Execute);
        Asm asm = At();
        ulong loop = asm.Here;
        asm.Addi(A0, A0, 1);    // becomes addi a0,a0,100
        asm.Store("sw", A2, 0, A1).Bare("fence.i").Addi(A3, A3, -1).Branch("bne", A3, Zero, loop).Ecall();
        guest.Load(asm);
        guest.Hart.X[A1] = throughAlias ? Alias : Code;
        guest.Hart.X[A2] = Match("addi") | A0 << 7 | A0 << 15 | 100 << 20;
        guest.Hart.X[A3] = 10;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A0].Should().Be(901);
    }

    [Fact]
    public void Alias_WrittenThroughOne_IsReadThroughTheOther()
    {
        const ulong Alias = 0x50000;
        using Guest guest = NewGuest().Load(At().Load("ld", A3, 0, A2).Store("sd", A0, 0, A1).Load("ld", A4, 0, A2).Ecall());
        guest.Space.Map(new VirtualAddress(Alias), new PhysicalAddress(Guest.DataFrames), 0x1000, PageRights.Read);
        guest.Hart.X[A0] = 5;
        guest.Hart.X[A1] = Data;
        guest.Hart.X[A2] = Alias;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        (guest.Hart.X[A3], guest.Hart.X[A4]).Should().Be((0UL, 5UL));
    }

    [Fact]
    public void Counters_Read_CountFromTheLimits()
    {
        using Guest guest = NewGuest();
        guest.Load(At().Csr("csrrs", A0, 0xC00, 0).Csr("csrrs", A1, 0xC02, 0).Addi(A4, A4, 0).Csr("csrrs", A2, 0xC01, 0).Ecall());
        guest.Time = 1_000_097;
        guest.Hart.Retired = 50;
        guest.Run();
        guest.Hart.X[A0].Should().Be(1_000_097);
        guest.Hart.X[A1].Should().Be(51);
        guest.Hart.X[A2].Should().Be(10_001, "it is nanosecond 1000100, and a tick has 100");
    }

    [Fact]
    public void FloatCsrs_WrittenAndRead_AreOneRegister()
    {
        using Guest guest = NewGuest();
        guest.Load(At().Csr("csrrwi", Zero, 0x002, 3).Csr("csrrsi", Zero, 0x001, 17).Csr("csrrs", A0, 0x003, 0).Csr("csrrc", A1, 0x001, A2).Ecall());
        guest.Hart.X[A2] = 16;
        guest.Run();
        guest.Hart.X[A0].Should().Be(0x71);
        guest.Hart.X[A1].Should().Be(17);
        guest.Hart.Fcsr.Should().Be(0x61);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void StoreConditional_AfterLoadReserved_SucceedsIfMemoryIsUnchanged(bool changed)
    {
        Asm asm = At().Atomic("lr.d", A0, 0, A1);
        asm = changed ? asm.Store("sd", A2, 0, A1) : asm.Addi(A5, A5, 1);
        using Guest guest = NewGuest().Load(asm.Atomic("sc.d", A3, A2, A1).Atomic("sc.d", A4, A2, A1).Ecall());
        guest.Hart.X[A1] = Data + 8;
        guest.Hart.X[A2] = 9;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A3].Should().Be(changed ? 1UL : 0);
        guest.Hart.X[A4].Should().Be(1, "any store conditional ends the reservation");
        guest.Hart.Reservation.Should().Be(HartContext.NoReservation);
        guest.ReadData(8).Should().Be(9);
    }

    [Fact]
    public void X0_Written_StaysZero()
    {
        using Guest guest = NewGuest().Load(At().Addi(Zero, Zero, 5).Load("ld", Zero, 0, A1).R("add", A0, Zero, Zero).Ecall());
        guest.Hart.X[A1] = Data;
        guest.Hart.X[0] = 123;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A0].Should().Be(0);
    }

    private static byte[] Save(HartContext hart)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        hart.Save(writer);
        return stream.ToArray();
    }
}

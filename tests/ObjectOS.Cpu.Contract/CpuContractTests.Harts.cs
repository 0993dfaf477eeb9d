using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <summary>What every CPU promises of supervisor- and machine-mode harts: which traps come back, which do not, and that no budget shows.</summary>
public abstract partial class CpuContractTests
{
    private const int Mstatus = 0x300, Mie = 0x304, Mtvec = 0x305, Mscratch = 0x340, Mepc = 0x341, Mcause = 0x342, Mtval = 0x343, Medeleg = 0x302;
    private const int Satp = 0x180, Stvec = 0x105, Scause = 0x142, Stval = 0x143, Sepc = 0x141, Stimecmp = 0x14D, Sie = 0x104;
    private const int Pmpcfg0 = 0x3A0, Pmpaddr0 = 0x3B0, Time = 0xC01, Minstret = 0xB02;
    private const ulong Device = 0x50000;
    private const ulong Handler = Code + 0x400;
    private const ulong Table = Data + 0x1000;

    private Guest NewHart(HartMode mode, Asm code, Asm? handler = null, bool updatesAccessed = false)
    {
        Guest guest = NewGuest().Load(code);
        if (handler is not null)
            guest.Write(Guest.CodeFrames + (Handler - Code), handler.ToArray());
        guest.Hart.Mode = mode;
        guest.Hart.System = PrivilegedState.AfterReset(mode, 3, 48, updatesAccessed);
        return guest;
    }

    /// <summary>The end of every program here: a store that no memory takes.</summary>
    private static Asm Finish(Asm code) => code.Li(A5, (int)Device).Store("sd", A0, 0, A5);

    private static Trap ShouldFinish(Guest guest, ulong budget = 1_000_000)
    {
        Trap trap = guest.Run(budget);
        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault, "at pc 0x{0:x}, address {1}", trap.Pc, trap.Address);
        trap.PhysicalAddress.Value.Should().Be(Device);
        return trap;
    }

    [Fact]
    public void MachineHart_Ecall_IsTakenByItself()
    {
        Asm handler = At(Handler).Csr("csrrs", A1, Mcause, 0).Csr("csrrs", A2, Mepc, 0).Csr("csrrs", A3, Minstret, 0);
        using Guest guest = NewHart(HartMode.Machine, At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Ecall(), Finish(handler));
        Trap trap = ShouldFinish(guest);
        guest.Hart.X[A1].Should().Be((ulong)TrapCause.EcallFromM);
        guest.Hart.X[A2].Should().Be(Code + 12);
        guest.Hart.X[A3].Should().Be(5, "the ecall has not retired, and taking the trap is no instruction");
        guest.Hart.System!.Mstatus.Should().Be(StatusBits.Xl64 | StatusBits.Mpp);
        trap.Retired.Should().Be(guest.Hart.Retired + 1, "the trap took one of the budget");
    }

    [Fact]
    public void MachineHart_ReadOfMhartid_IsWhatItWasGiven()
    {
        using Guest guest = NewHart(HartMode.Machine, Finish(At().Csr("csrrs", A0, 0xF14, 0)));
        ShouldFinish(guest).Value.Should().Be(3);
    }

    [Theory]
    [InlineData("lb", 1, 0x80, 0xFFFF_FFFF_FFFF_FF80)]
    [InlineData("lbu", 1, 0x80, 0x80)]
    [InlineData("lh", 2, 0x8001, 0xFFFF_FFFF_FFFF_8001)]
    [InlineData("lwu", 4, 0x8000_0000, 0x8000_0000)]
    [InlineData("lw", 4, 0x8000_0000, 0xFFFF_FFFF_8000_0000)]
    [InlineData("ld", 8, 0x8000_0000_0000_0001, 0x8000_0000_0000_0001)]
    public void Hart_LoadFromNowhere_ComesBackAndCanBeCompleted(string mnemonic, int size, ulong answer, ulong expected)
    {
        using Guest guest = NewHart(HartMode.Machine, Finish(At().Li(A1, (int)Device).Load(mnemonic, A0, 16, A1)));
        Trap trap = guest.Run();
        trap.Cause.Should().Be(TrapCause.LoadGuestPageFault);
        (trap.PhysicalAddress.Value, trap.Size, trap.Pc).Should().Be((Device + 16, (byte)size, Code + 8));
        trap.Complete(guest.Hart, answer);
        guest.Hart.X[A0].Should().Be(expected);
        ShouldFinish(guest).Value.Should().Be(expected);
        guest.Hart.Retired.Should().Be(5);
    }

    [Fact]
    public void Hart_FloatLoadFromNowhere_IsCompletedBoxed()
    {
        using Guest guest = NewHart(HartMode.Machine, Finish(At().Li(A1, 0x6000).Csr("csrrs", 0, Mstatus, A1).Li(A1, (int)Device).Load("flw", 4, 0, A1)));
        Trap trap = guest.Run();
        trap.Cause.Should().Be(TrapCause.LoadGuestPageFault);
        trap.Complete(guest.Hart, 0x3F80_0000);
        guest.Hart.F[4].Should().Be(0xFFFF_FFFF_3F80_0000);
        ShouldFinish(guest);
    }

    [Fact]
    public void Hart_AtomicOnNowhere_CannotBeCompleted()
    {
        using Guest guest = NewHart(HartMode.Machine, At().Li(A1, (int)Device).Atomic("amoadd.w", A0, A2, A1));
        Trap trap = guest.Run();
        (trap.Cause, trap.Size).Should().Be((TrapCause.StoreGuestPageFault, (byte)0));
        HartTraps.CanTake(guest.Hart, (ulong)TrapCause.StoreAccessFault).Should().BeTrue();
        HartTraps.TakeException(guest.Hart, (ulong)TrapCause.StoreAccessFault, trap.Address.Value);
        guest.Hart.System!.Mtval.Should().Be(Device);
    }

    [Fact]
    public void Hart_FloatsWhileOff_AreIllegal_AndMakeTheStateDirtyWhileClean()
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Li(A1, 0x4000).Csr("csrrs", 0, Mstatus, A1)
            .R("fmv.d.x", 1, 0, 0).Csr("csrrs", A0, Mstatus, 0).Li(A1, 0x6000).Csr("csrrc", 0, Mstatus, A1).R("fmv.d.x", 1, 0, 0);
        using Guest guest = NewHart(HartMode.Machine, code, Finish(At(Handler).Csr("csrrs", A2, Mcause, 0).Csr("csrrs", A3, Mtval, 0)));
        ShouldFinish(guest).Value.Should().Be(StatusBits.Xl64 | StatusBits.Fs | StatusBits.Sd);
        guest.Hart.X[A2].Should().Be((ulong)TrapCause.IllegalInstruction);
        guest.Hart.X[A3].Should().Be(Match("fmv.d.x") | 1 << 7);
    }

    [Theory]
    [InlineData(1, 0), InlineData(7, 0), InlineData(100, 0), InlineData(1_000_000, 0), InlineData(7, 1UL << 40), InlineData(1_000_000, ulong.MaxValue - 10)]
    public void Hart_Timer_IsTakenAtItsTimeWhateverTheBudget(ulong slice, ulong offset)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Addi(T1, 0, 128).Csr("csrrw", 0, Mie, T1).Csr("csrrsi", 0, Mstatus, 8);
        ulong loop = code.Here;
        code.Addi(A1, A1, 1).Jal(0, loop);
        using Guest guest = NewHart(HartMode.Machine, code, Finish(At(Handler).Csr("csrrs", A0, Time, 0).Csr("csrrs", A2, Mepc, 0).Csr("csrrs", A3, Mcause, 0)));
        guest.Hart.System!.TimeOffset = offset;
        guest.Hart.System.TimerCompare = offset + 3;
        ulong used = 0;
        Trap trap;
        do
        {
            trap = guest.Run(slice);
            used += trap.Retired;
            guest.Time += trap.Retired;
        }
        while (trap.Cause == TrapCause.BudgetEnd && used < 10_000);

        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault);
        guest.Hart.X[A0].Should().Be(offset + 3, "a tick is 100 instructions");
        guest.Hart.X[A3].Should().Be(HartTraps.InterruptBit | 7);
        guest.Hart.X[A1].Should().Be(147, "the sixth instruction is the first of the loop");
        guest.Hart.X[A2].Should().Be(loop);
        used.Should().Be(300 + 1 + 5);
    }

    [Fact]
    public void Hart_TrapThatTrapsAgain_UsesUpItsBudget()
    {
        using Guest guest = NewHart(HartMode.Machine, At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Ecall(), At(Handler).Ecall());
        Trap trap = guest.Run(1000);
        (trap.Cause, trap.Retired).Should().Be((TrapCause.BudgetEnd, 1000UL));
        guest.Hart.Retired.Should().Be(3);
    }

    [Fact]
    public void SupervisorHart_EcallAndWfi_ComeBack_UserEcallDoesNot()
    {
        Asm code = At().Ecall().Bare("wfi").Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Addi(T0, T0, 0x100).Csr("csrrw", 0, Sepc, T0).Bare("sret");
        using Guest guest = NewHart(HartMode.Supervisor, code, Finish(At(Handler).Csr("csrrs", A0, Scause, 0)));
        guest.Write(Guest.CodeFrames + (Handler - Code) + 0x100, At(Handler + 0x100).Ecall().ToArray());
        Trap trap = guest.Run();
        (trap.Cause, trap.Pc).Should().Be((TrapCause.EcallFromS, Code));
        guest.Hart.Pc += 4;
        trap = guest.Run();
        (trap.Cause, trap.Pc, guest.Hart.Pc).Should().Be((TrapCause.WaitForInterrupt, Code + 8, Code + 8));
        ShouldFinish(guest).Value.Should().Be((ulong)TrapCause.EcallFromU);
    }

    // It has no machine mode to take them in, whatever its holder has written into its state.
    [Fact]
    public void SupervisorHart_MachineInterrupts_AreNeitherTakenNorWaitedFor()
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Csr("csrrsi", 0, 0x100, 2).Addi(A1, 0, 1).Bare("wfi").Addi(A1, 0, 2);
        using Guest guest = NewHart(HartMode.Supervisor, Finish(code), Finish(At(Handler).Csr("csrrs", A0, Scause, 0)));
        PrivilegedState system = guest.Hart.System!;
        (system.Mie, system.Mtvec) = (InterruptBits.All, Handler);
        system.Lines = InterruptBits.Msip | InterruptBits.Meip | InterruptBits.Mtip;
        guest.Run().Cause.Should().Be(TrapCause.WaitForInterrupt);
        (guest.Hart.X[A1], system.Privilege).Should().Be((1UL, PrivilegeMode.Supervisor));
        system.Lines |= InterruptBits.Seip;
        ShouldFinish(guest).Value.Should().Be(HartTraps.InterruptBit | 9);
        (guest.Hart.X[A1], system.Privilege).Should().Be((1UL, PrivilegeMode.Supervisor));
    }

    [Fact]
    public void SupervisorHart_Intercepts_ComeBackInsteadOfBeingTaken()
    {
        using Guest guest = NewHart(HartMode.Supervisor, At().Word(0));
        guest.Cpu.Run(guest.Hart, guest.Space, new RunLimits(100, 0, 0, new InterceptSet { Causes = InterceptSet.Bit(TrapCause.IllegalInstruction) }), out Trap trap);
        while (trap.Cause == TrapCause.Suspended)
            guest.Cpu.Run(guest.Hart, guest.Space, new RunLimits(100, 0, 0, new InterceptSet { Causes = InterceptSet.Bit(TrapCause.IllegalInstruction) }), out trap);
        (trap.Cause, trap.Pc, trap.Retired).Should().Be((TrapCause.IllegalInstruction, Code, 0UL));
        guest.Hart.System!.Scause.Should().Be(0);
    }

    [Theory]
    [InlineData(true), InlineData(false)]
    public void SupervisorHart_Paging_WalksItsTables(bool updatesAccessed)
    {
        // One leaf of 1 GiB that maps everything to itself, without A and D.
        const ulong V = 1, R = 2, W = 4, X = 8;
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Addi(T0, 0, 1).I("slli", T0, T0, 63).Li(T1, (int)(Table >> 12)).R("add", T0, T0, T1)
            .Csr("csrrw", 0, Satp, T0).R("sfence.vma", 0, 0, 0).Li(A1, (int)Data).Store("sd", A1, 8, A1).Load("ld", A0, 8, A1);
        using Guest guest = NewHart(HartMode.Supervisor, Finish(code), Finish(At(Handler).Csr("csrrs", A0, Scause, 0)), updatesAccessed);
        guest.Write(Guest.DataFrames + 0x1000, BitConverter.GetBytes(V | R | W | X));
        if (updatesAccessed)
        {
            ShouldFinish(guest).Value.Should().Be(Data);
            guest.ReadData(8).Should().Be(Data);
            guest.ReadData(0x1000).Should().Be(V | R | W | X | 64 | 128);
        }
        else
        {
            // The fetch of the handler faults as well, and so on.
            Trap trap = guest.Run(1000);
            (trap.Cause, trap.Retired).Should().Be((TrapCause.BudgetEnd, 1000UL));
            guest.Hart.System!.Scause.Should().Be((ulong)TrapCause.InstructionPageFault);
            guest.ReadData(0x1000).Should().Be(V | R | W | X);
        }
    }

    // "Bits 60–54 are reserved for future standard use … If any of these bits are set, a page-fault exception is raised" ("Sv39: Page-Based
    // 39-bit Virtual-Memory System", chapter "Supervisor-Level ISA").
    [Theory]
    [InlineData(54), InlineData(58), InlineData(59), InlineData(60)]
    public void SupervisorHart_ReservedBitOfEntry_IsPageFault(int bit)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Addi(T0, 0, 1).I("slli", T0, T0, 63).Li(T1, (int)(Table >> 12)).R("add", T0, T0, T1)
            .Csr("csrrw", 0, Satp, T0);
        using Guest guest = NewHart(HartMode.Supervisor, Finish(code));
        guest.Write(Guest.DataFrames + 0x1000, BitConverter.GetBytes(0xCFUL | 1UL << bit));
        guest.Run(1000).Cause.Should().Be(TrapCause.BudgetEnd, "the handler cannot be fetched either");
        guest.Hart.System!.Scause.Should().Be((ulong)TrapCause.InstructionPageFault);
    }

    // satp holds what loads go by under MPRV, fetches of M-mode go by nothing ("Memory Privilege in mstatus Register", chapter
    // "Machine-Level ISA"): no address-space identifier may make the one the other.
    [Fact]
    public void MachineHart_LoadsOfAnotherMode_AreTranslatedUnderEveryIdentifier()
    {
        const int Identifiers = 1000, Giant = 1 << 30;
        Asm code = At().Addi(T0, 0, -1).Csr("csrrw", 0, Pmpaddr0, T0).Addi(T0, 0, 0x1F).Csr("csrrw", 0, Pmpcfg0, T0)
            .Addi(T0, 0, 1).I("slli", T0, T0, 63).Li(T1, (int)(Table >> 12)).R("add", T0, T0, T1).Addi(T2, 0, 1).I("slli", T2, T2, 44)
            .Li(A1, Giant | (int)Data).Li(A3, Identifiers).Li(T1, 0x20800).Csr("csrrs", 0, Mstatus, T1);
        ulong loop = code.Here;
        code.Csr("csrrw", 0, Satp, T0).Load("ld", A2, 8, A1).R("add", A0, A0, A2).R("add", T0, T0, T2).Addi(A3, A3, -1).Branch("bne", A3, 0, loop)
            .Csr("csrrc", 0, Mstatus, T1);
        using Guest guest = NewHart(HartMode.Machine, Finish(code));
        guest.Write(Guest.DataFrames + 0x1008, BitConverter.GetBytes(0xC7UL));
        guest.Write(Guest.DataFrames + 8, BitConverter.GetBytes(3UL));
        ShouldFinish(guest).Value.Should().Be(3 * Identifiers);
    }

    [Fact]
    public void MachineHart_JumpToNowhereAtTheEndOfItsBudget_IsNotTakenBeyondIt()
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Addi(A1, 0, 1).I("slli", A1, A1, 60).I("jalr", 0, A1, 0);
        using Guest guest = NewHart(HartMode.Machine, code, Finish(At(Handler).Csr("csrrs", A0, Mcause, 0)));
        Trap trap = guest.Run(6);
        (trap.Cause, trap.Retired, guest.Hart.Pc).Should().Be((TrapCause.BudgetEnd, 6UL, 1UL << 60));
        ShouldFinish(guest).Value.Should().Be((ulong)TrapCause.InstructionAccessFault);
    }

    // A pending interrupt is taken before the next instruction executes ("Machine Interrupt Registers", chapter "Machine-Level ISA"), so also
    // before it fails to be fetched, whatever the budgets.
    [Theory]
    [InlineData(1), InlineData(100), InlineData(1_000_000)]
    public void MachineHart_TimerAtAJumpToNowhere_ComesFirst(ulong slice)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Addi(T1, 0, 128).Csr("csrrw", 0, Mie, T1).Addi(A1, 0, 1).I("slli", A1, A1, 60)
            .Csr("csrrsi", 0, Mstatus, 8);
        while (code.Here < Code + (99 * 4))
            code.Addi(0, 0, 0);
        using Guest guest = NewHart(HartMode.Machine, code.I("jalr", 0, A1, 0), Finish(At(Handler).Csr("csrrs", A0, Mcause, 0).Csr("csrrs", A2, Mepc, 0)));
        guest.Hart.System!.TimerCompare = 1;
        Trap trap;
        do
        {
            trap = guest.Run(slice);
            guest.Time += trap.Retired;
        }
        while (trap.Cause == TrapCause.BudgetEnd && guest.Time < 1000);
        (trap.Cause, trap.Value, guest.Hart.X[A2]).Should().Be((TrapCause.StoreGuestPageFault, HartTraps.InterruptBit | 7, 1UL << 60));
    }

    // "FENCE.I … ensures that a subsequent instruction fetch on a RISC-V hart will see any previous data stores already visible to the same hart"
    // (chapter "Zifencei"), also where loads and stores are translated otherwise than fetches: here FS is Off, and S-mode has stored as well.
    [Fact]
    public void MachineHart_OverwritesItsNextInstruction_AgainAndAgain()
    {
        const ulong Patched = 0x30000;
        const int Start = 6 * 4, Target = Start + 12;
        Asm code = At().Addi(T0, 0, -1).Csr("csrrw", 0, Pmpaddr0, T0).Addi(T0, 0, 0x1F).Csr("csrrw", 0, Pmpcfg0, T0).Li(A1, (int)Data).Li(T1, 0x20800)
            .Csr("csrrs", 0, Mstatus, T1).Store("sd", 0, 16, A1).Csr("csrrc", 0, Mstatus, T1).Li(T0, (int)Patched).I("jalr", 0, T0, 0);
        Asm patched = new Asm(Patched).Li(A1, (int)Patched + Target).Li(A2, (int)(Match("addi") | A0 << 7 | A0 << 15)).Word(Match("lui") | A3 << 7 | 1 << 20).Addi(A4, 0, 5)
            .R("add", A2, A2, A3).Store("sw", A2, 0, A1).Bare("fence.i").Addi(0, 0, 0).Addi(A4, A4, -1).Branch("bne", A4, 0, Patched + Start);
        using Guest guest = NewHart(HartMode.Machine, code);
        guest.Space.Map(new(Patched), new(0x200000), 0x1000, PageRights.Read | PageRights.Write | PageRights.Execute);
        guest.Write(0x200000, Finish(patched).ToArray());
        ShouldFinish(guest).Value.Should().Be(1 + 2 + 3 + 4 + 5);
    }

    [Fact]
    public void SupervisorHart_TableOutsideOfMemory_ComesBackAsWalk()
    {
        Asm code = At().Addi(T0, 0, 1).I("slli", T0, T0, 63).Li(T1, (int)(Device >> 12)).R("add", T0, T0, T1).Csr("csrrw", 0, Satp, T0);
        using Guest guest = NewHart(HartMode.Supervisor, code);
        Trap trap = guest.Run();
        (trap.Cause, trap.Access, trap.Size, trap.PhysicalAddress.Value).Should().Be((TrapCause.InstructionGuestPageFault, AccessKind.Load, (byte)0, Device));
        trap.Address.Value.Should().Be(Code + 24);
    }

    [Fact]
    public void MachineHart_Protection_HoldsInSupervisorMode()
    {
        // All of memory to S-mode but the upper half of the first data page.
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0)
            .Li(T0, (int)((Data + 0x800) >> 2) | 0xFF).Csr("csrrw", 0, Pmpaddr0, T0)
            .Addi(T0, 0, -1).Csr("csrrw", 0, Pmpaddr0 + 1, T0).Li(T0, 0x1F18).Csr("csrrw", 0, Pmpcfg0, T0)
            .Li(T0, 0x800).Csr("csrrs", 0, Mstatus, T0).Li(T0, (int)Code + 0x300).Csr("csrrw", 0, Mepc, T0).Bare("mret");
        using Guest guest = NewHart(HartMode.Machine, code, Finish(At(Handler).Csr("csrrs", A0, Mcause, 0).Csr("csrrs", A1, Mtval, 0)));
        guest.Write(Guest.CodeFrames + 0x300, At(Code + 0x300).Li(A1, (int)Data).Load("ld", A2, 0x7F8, A1).Store("sd", A1, 0x7F0, A1).Addi(A1, A1, 0x7FC).Load("ld", A2, 0, A1).ToArray());
        ShouldFinish(guest).Value.Should().Be((ulong)TrapCause.LoadAccessFault);
        guest.Hart.X[A1].Should().Be(Data + 0x7FC);
    }

    [Theory]
    [InlineData(1), InlineData(7), InlineData(1000), InlineData(1_000_000)]
    public void SupervisorHart_StimecmpWrittenInALoop_InterruptsAtItsTime(ulong slice)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Addi(T1, 0, 32).Csr("csrrw", 0, Sie, T1).Csr("csrrsi", 0, 0x100, 2)
            .Addi(T0, 0, 5).Csr("csrrw", 0, Stimecmp, T0);
        ulong loop = code.Here;
        code.Addi(A1, A1, 1).Jal(0, loop);
        using Guest guest = NewHart(HartMode.Supervisor, code, Finish(At(Handler).Csr("csrrs", A0, Minstret + 0x100, 0)));
        Trap trap;
        do
        {
            trap = guest.Run(slice);
            guest.Time += trap.Retired;
        }
        while (trap.Cause == TrapCause.BudgetEnd && guest.Time < 100_000);
        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault);
        trap.Value.Should().Be(500, "a tick is 100 instructions, and the interrupt itself retires none");
        guest.Hart.X[A1].Should().Be((500 - 8) / 2);
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(13), InlineData(64)]
    public void Hart_Sstc_AndTraps_AreTheSameInAnySlices(ulong slice)
    {
        (HartContext whole, ulong usedWhole) = RunTicking(1_000_000);
        (HartContext sliced, ulong usedSliced) = RunTicking(slice);
        usedSliced.Should().Be(usedWhole);
        ((ReadOnlySpan<ulong>)sliced.X).ToArray().Should().Equal(((ReadOnlySpan<ulong>)whole.X).ToArray());
        (sliced.Pc, sliced.Retired).Should().Be((whole.Pc, whole.Retired));
        Span<ulong> a = stackalloc ulong[PrivilegedState.Words], b = stackalloc ulong[PrivilegedState.Words];
        whole.System!.CopyTo(a);
        sliced.System!.CopyTo(b);
        b.ToArray().Should().Equal(a.ToArray());
    }

    // Counts to 2000, with a breakpoint each time, beside a timer interrupt every three ticks.
    private (HartContext Hart, ulong Used) RunTicking(ulong slice)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Csr("csrrw", 0, Stimecmp, 0).Addi(T1, 0, 32).Csr("csrrw", 0, Sie, T1)
            .Csr("csrrsi", 0, 0x100, 2).Li(T2, 2000);
        ulong loop = code.Here;
        code.Bare("ebreak").Addi(A1, A1, 1).Branch("blt", A1, T2, loop);
        Asm handler = At(Handler).Csr("csrrs", T0, Scause, 0);
        ulong toInterrupt = handler.Here;
        handler.Branch("blt", T0, 0, toInterrupt + 20).Csr("csrrs", T0, Sepc, 0).Addi(T0, T0, 4).Csr("csrrw", 0, Sepc, T0).Bare("sret")
            .Addi(A2, A2, 1).Csr("csrrs", T0, Time, 0).Addi(T0, T0, 3).Csr("csrrw", 0, Stimecmp, T0).Bare("sret");
        using Guest guest = NewHart(HartMode.Supervisor, Finish(code), handler);
        ulong used = 0;
        Trap trap;
        do
        {
            trap = guest.Run(slice);
            used += trap.Retired;
            guest.Time += trap.Retired;
        }
        while (trap.Cause == TrapCause.BudgetEnd && used < 100_000);
        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault);
        guest.Hart.X[A1].Should().Be(2000);
        guest.Hart.X[A2].Should().BeGreaterThan(20);
        return (guest.Hart, used);
    }
}

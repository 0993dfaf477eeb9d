using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <summary>What every CPU promises of a run that looks out for something: it comes back undone, and without the lookout goes on as if nothing had been.</summary>
public abstract partial class CpuContractTests
{
    private const int Fcsr = 0x003, FirstCounter = 0xC00;

    public static TheoryData<string, InterceptSet> Instructions => new()
    {
        { "wfi", new InterceptSet { Waits = true } },
        { "sfence.vma", new InterceptSet { Fences = true } },
        { "sinval.vma", new InterceptSet { Fences = true } },
        { "sfence.w.inval", new InterceptSet { Fences = true } },
        { "sfence.inval.ir", new InterceptSet { Fences = true } },
        { "csrrw satp", new InterceptSet { Registers = new HashSet<int> { Satp } } },
        { "csrrs time", new InterceptSet { Registers = new HashSet<int> { Time } } },
        { "csrrs cycle", new InterceptSet { Counters = true } },
    };

    private static Asm Put(Asm code, string instruction) => instruction switch
    {
        "csrrw satp" => code.Csr("csrrw", A0, Satp, 0),
        "csrrs time" => code.Csr("csrrs", A0, Time, 0),
        "csrrs cycle" => code.Csr("csrrs", A0, FirstCounter, 0),
        _ => code.Bare(instruction),
    };

    private static Trap RunWith(Guest guest, InterceptSet? intercepts, ulong budget = 1000)
    {
        ulong used = 0;
        while (true)
        {
            guest.Cpu.Run(guest.Hart, guest.Space, new RunLimits(budget - used, guest.Time + used, guest.Time + used, intercepts), out Trap trap);
            used += trap.Retired;
            if (trap.Cause != TrapCause.Suspended)
            {
                guest.Time += used;
                trap.Retired = used;
                return trap;
            }
        }
    }

    [Theory]
    [MemberData(nameof(Instructions))]
    public void Intercepted_Instruction_ComesBackUndone_AndIsDoneWithout(string instruction, InterceptSet intercepts)
    {
        Asm code = At().Li(A0, 77);
        ulong at = code.Here;
        using Guest guest = NewHart(HartMode.Supervisor, Finish(Put(code, instruction).Addi(A1, 0, 1)));
        Trap trap = RunWith(guest, intercepts);
        (trap.Cause, trap.Pc, guest.Hart.Pc, trap.Retired).Should().Be((TrapCause.Intercepted, at, at, (at - Code) / 4));
        trap.Instruction.Should().Be(BitConverter.ToUInt32(Put(At(), instruction).ToArray()));
        guest.Hart.X[A0].Should().Be(77);
        guest.Hart.X[A1].Should().Be(0);

        trap = RunWith(guest, null);
        trap.Cause.Should().Be(instruction == "wfi" ? TrapCause.WaitForInterrupt : TrapCause.StoreGuestPageFault);
        trap.Pc.Should().BeGreaterThan(at);
    }

    [Theory]
    [MemberData(nameof(Instructions))]
    public void Intercepted_Instruction_ThatIsNotAllowed_IsIllegalAsEver(string instruction, InterceptSet intercepts)
    {
        // In user mode, with no counter enabled there.
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Stvec, T0).Csr("csrrw", 0, 0x106, 0).Addi(T0, T0, 0x100).Csr("csrrw", 0, Sepc, T0).Bare("sret");
        using Guest guest = NewHart(HartMode.Supervisor, code, Finish(At(Handler).Csr("csrrs", A0, Scause, 0)));
        guest.Write(Guest.CodeFrames + (Handler - Code) + 0x100, Put(At(Handler + 0x100), instruction).ToArray());
        Trap trap = RunWith(guest, intercepts);
        (trap.Cause, trap.Value).Should().Be((TrapCause.StoreGuestPageFault, (ulong)TrapCause.IllegalInstruction));
    }

    [Fact]
    public void Intercepted_RegisterOfUserCode_ComesBackUndone()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, 0, 31).Csr("csrrw", A1, Fcsr, A0).Csr("csrrs", A1, 0xC02, 0).Ecall());
        var intercepts = new InterceptSet { Registers = new HashSet<int> { Fcsr } };
        Trap trap = RunWith(guest, intercepts);
        (trap.Cause, trap.Pc, guest.Hart.Fcsr).Should().Be((TrapCause.Intercepted, Code + 4, 0U));
        guest.Hart.Pc += 4;
        RunWith(guest, intercepts).Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A1].Should().Be(1, "the counter is another register, and what was skipped has not retired");
    }

    [Theory]
    [InlineData(1), InlineData(13), InlineData(1000)]
    public void Intercepted_TimerInterrupt_ComesBackAtItsInstruction_AndIsTakenWithout(ulong slice)
    {
        Asm code = At().Li(T0, (int)Handler).Csr("csrrw", 0, Mtvec, T0).Addi(T1, 0, 128).Csr("csrrw", 0, Mie, T1).Csr("csrrsi", 0, Mstatus, 8);
        ulong loop = code.Here;
        code.Addi(A1, A1, 1).Jal(0, loop);
        using Guest guest = NewHart(HartMode.Machine, code, Finish(At(Handler).Csr("csrrs", A3, Mcause, 0)));
        guest.Hart.System!.TimerCompare = 3;
        var intercepts = new InterceptSet { Causes = InterceptSet.Bit(TrapCause.MachineTimerInterrupt) };
        Trap trap;
        do
            trap = RunWith(guest, intercepts, slice);
        while (trap.Cause == TrapCause.BudgetEnd && guest.Time < 10_000);
        (trap.Cause, guest.Time, guest.Hart.Pc).Should().Be((TrapCause.MachineTimerInterrupt, 300UL, loop));
        guest.Hart.System.Mcause.Should().Be(0);
        guest.Hart.X[A1].Should().Be(147);
        RunWith(guest, new InterceptSet { Causes = InterceptSet.Bit(TrapCause.MachineSoftwareInterrupt) }).Cause.Should().Be(TrapCause.StoreGuestPageFault);
        guest.Hart.X[A3].Should().Be(HartTraps.InterruptBit | 7);
    }
}

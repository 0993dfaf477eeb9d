using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <summary>What every CPU promises to the kernel on it: traps, and what a trap says.</summary>
public abstract partial class CpuContractTests
{
    private const ulong Code = Guest.Code;
    private const ulong Data = Guest.Data;
    private const ulong Nowhere = 0x40000;

    /// <summary>A CPU without a guest, with at least 16 pages of memory to its account and a timebase of 10 MHz.</summary>
    protected abstract ICpu CreateCpu();

    private Guest NewGuest() => new(CreateCpu());

    private static Asm At(ulong origin = Code) => new(origin);

    private static void ShouldBe(Trap trap, TrapCause cause, ulong pc, ulong address, uint bits, AccessKind access, int size, ulong retired)
    {
        trap.Cause.Should().Be(cause);
        trap.Pc.Should().Be(pc);
        trap.Address.Value.Should().Be(address);
        trap.Instruction.Should().Be(bits);
        trap.Access.Should().Be(access);
        trap.Size.Should().Be((byte)size);
        trap.Retired.Should().Be(retired);
    }

    [Fact]
    public void Ecall_Run_TrapsAtItsAddressUnretired()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, Zero, 7).Ecall());
        ShouldBe(guest.Run(), TrapCause.EcallFromU, Code + 4, 0, Match("ecall"), AccessKind.None, 0, 1);
        guest.Hart.X[A0].Should().Be(7);
        guest.Hart.Pc.Should().Be(Code + 4);
        guest.Hart.Retired.Should().Be(1);
    }

    [Fact]
    public void Ebreak_BothLengths_TrapWithTheirAddress()
    {
        using Guest guest = NewGuest().Load(At().Half(0x9002).Bare("ebreak"));
        ShouldBe(guest.Run(), TrapCause.Breakpoint, Code, Code, 0x9002, AccessKind.None, 0, 0);
        guest.Hart.Pc += 2;
        ShouldBe(guest.Run(), TrapCause.Breakpoint, Code + 2, Code + 2, Match("ebreak"), AccessKind.None, 0, 0);
    }

    [Theory]
    [InlineData(0x0000_0000u, 0x0000u)]    // the defined illegal instruction
    [InlineData(0xFFFF_FFFFu, 0xFFFF_FFFFu)]
    [InlineData(0x3020_0073u, 0x3020_0073u)]    // mret
    [InlineData(0x1020_0073u, 0x1020_0073u)]    // sret
    [InlineData(0x1050_0073u, 0x1050_0073u)]    // wfi
    [InlineData(0x1200_0073u, 0x1200_0073u)]    // sfence.vma
    [InlineData(0x3000_2573u, 0x3000_2573u)]    // csrrs a0,mstatus,zero
    [InlineData(0xC000_1073u, 0xC000_1073u)]    // csrrw zero,cycle,zero
    [InlineData(0xC010_A573u, 0xC010_A573u)]    // csrrs a0,time,ra
    public void IllegalInstruction_Run_TrapsWithItsBits(uint word, uint bits)
    {
        using Guest guest = NewGuest().Load(At().Word(word));
        ShouldBe(guest.Run(), TrapCause.IllegalInstruction, Code, 0, bits, AccessKind.None, 0, 0);
    }

    [Fact]
    public void DynamicRounding_ReservedMode_IsIllegal()
    {
        uint dynamic = Match("fadd.d") | 7 << 12;
        using Guest guest = NewGuest().Load(At().Word(Match("fadd.d")).Word(dynamic));
        guest.Hart.Fcsr = 5 << 5;
        ShouldBe(guest.Run(), TrapCause.IllegalInstruction, Code + 4, 0, dynamic, AccessKind.None, 0, 1);
    }

    [Theory]
    [InlineData("lb", 1), InlineData("lhu", 2), InlineData("lw", 4), InlineData("ld", 8), InlineData("fld", 8), InlineData("flw", 4)]
    public void Load_Unmapped_FaultsWithoutEffect(string mnemonic, int size)
    {
        using Guest guest = NewGuest().Load(At().Load(mnemonic, A0, 8, A1));
        uint bits = BitConverter.ToUInt32(guest.Read(0, 4));
        guest.Hart.X[A1] = Nowhere;
        guest.Hart.X[A0] = 99;
        ShouldBe(guest.Run(), TrapCause.LoadPageFault, Code, Nowhere + 8, bits, AccessKind.Load, size, 0);
        guest.Hart.X[A0].Should().Be(99);
    }

    [Theory]
    [InlineData("sb", 1), InlineData("sh", 2), InlineData("sw", 4), InlineData("sd", 8), InlineData("fsw", 4), InlineData("fsd", 8)]
    public void Store_ReadOnly_Faults(string mnemonic, int size)
    {
        using Guest guest = NewGuest().Load(At().Store(mnemonic, A0, -8, A1));
        uint bits = BitConverter.ToUInt32(guest.Read(0, 4));
        guest.Hart.X[A1] = Code + 0x100;
        ShouldBe(guest.Run(), TrapCause.StorePageFault, Code, Code + 0xF8, bits, AccessKind.Store, size, 0);
    }

    [Fact]
    public void CompressedLoad_Unmapped_TrapHolds16Bits()
    {
        const ushort Bits = 0x6188;    // c.ld a0,0(a1)
        using Guest guest = NewGuest().Load(At().Half(Bits).Half(0x9002));
        guest.Hart.X[A1] = Nowhere;
        ShouldBe(guest.Run(), TrapCause.LoadPageFault, Code, Nowhere, Bits, AccessKind.Load, 8, 0);
    }

    [Fact]
    public void Fetch_Unmapped_FaultsAtTarget()
    {
        using Guest guest = NewGuest().Load(At().I("jalr", Ra, A0, 0));
        guest.Hart.X[A0] = Nowhere + 1;
        ShouldBe(guest.Run(), TrapCause.InstructionPageFault, Nowhere, Nowhere, 0, AccessKind.Fetch, 2, 1);
        guest.Hart.X[Ra].Should().Be(Code + 4);
    }

    [Fact]
    public void Fetch_NotExecutable_Faults()
    {
        using Guest guest = NewGuest();
        guest.Hart.Pc = Data;
        ShouldBe(guest.Run(), TrapCause.InstructionPageFault, Data, Data, 0, AccessKind.Fetch, 2, 0);
    }

    [Fact]
    public void Fetch_SecondHalfUnmapped_FaultsOnThatPage()
    {
        const ulong End = Code + 0x2000;
        using Guest guest = NewGuest().Load(At(End - 6).Addi(A0, Zero, 1).Half(0x0513), 0x1FFA);    // half of li a0,…
        ShouldBe(guest.Run(), TrapCause.InstructionPageFault, End - 2, End, 0, AccessKind.Fetch, 2, 1);
    }

    [Fact]
    public void Instruction_AcrossPages_Runs()
    {
        using Guest guest = NewGuest().Load(At(Code + 0xFFE).Addi(A0, Zero, 42).Ecall(), 0xFFE);
        Trap trap = guest.Run();
        trap.Cause.Should().Be(TrapCause.EcallFromU);
        trap.Pc.Should().Be(Code + 0x1002);
        guest.Hart.X[A0].Should().Be(42);
    }

    [Theory]
    [InlineData("lr.w", 4, TrapCause.LoadAddressMisaligned, AccessKind.Load)]
    [InlineData("lr.d", 8, TrapCause.LoadAddressMisaligned, AccessKind.Load)]
    [InlineData("sc.w", 4, TrapCause.StoreAddressMisaligned, AccessKind.Store)]
    [InlineData("sc.d", 8, TrapCause.StoreAddressMisaligned, AccessKind.Store)]
    [InlineData("amoadd.w", 4, TrapCause.StoreAddressMisaligned, AccessKind.Store)]
    [InlineData("amomaxu.d", 8, TrapCause.StoreAddressMisaligned, AccessKind.Store)]
    public void Atomic_Misaligned_Traps(string mnemonic, int size, TrapCause cause, AccessKind access)
    {
        using Guest guest = NewGuest().Load(At().Atomic(mnemonic, A0, 0, A1));
        guest.Hart.X[A1] = Data + 2;
        ShouldBe(guest.Run(), cause, Code, Data + 2, BitConverter.ToUInt32(guest.Read(0, 4)), access, size, 0);
    }

    [Theory]
    [InlineData(Code), InlineData(Nowhere)]
    public void Amo_NotWritable_IsAStoreFault(ulong address)
    {
        using Guest guest = NewGuest().Load(At().Atomic("amoswap.w", A0, A2, A1));
        guest.Hart.X[A1] = address;
        guest.Hart.X[A0] = 5;
        ShouldBe(guest.Run(), TrapCause.StorePageFault, Code, address, BitConverter.ToUInt32(guest.Read(0, 4)), AccessKind.Store, 4, 0);
        guest.Hart.X[A0].Should().Be(5);
    }

    [Theory]
    [InlineData(0xFFB, 8), InlineData(0xFFF, 2), InlineData(0xFFD, 4)]
    public void Access_AcrossPages_ReachesBoth(int offset, int size)
    {
        string suffix = size switch { 2 => "h", 4 => "w", _ => "d" };
        using Guest guest = NewGuest().Load(At().Store("s" + suffix, A0, 0, A1).Load("l" + suffix, A2, 0, A1).Ecall());
        guest.Hart.X[A0] = 0x0706050403020100;
        guest.Hart.X[A1] = Data + (ulong)offset;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Read(Guest.DataFrames + (ulong)offset, size).Should().Equal(Enumerable.Range(0, size).Select(i => (byte)i));
        guest.Hart.X[A2].Should().Be(0x0706050403020100UL << (64 - (8 * size)) >> (64 - (8 * size)));
    }

    [Fact]
    public void Store_SecondPageUnmapped_FaultsThereAndWritesNothing()
    {
        const ulong End = Data + 0x2000;
        using Guest guest = NewGuest().Load(At().Store("sd", A0, 0, A1).Ecall());
        guest.Hart.X[A0] = ulong.MaxValue;
        guest.Hart.X[A1] = End - 3;
        ShouldBe(guest.Run(), TrapCause.StorePageFault, Code, End, BitConverter.ToUInt32(guest.Read(0, 4)), AccessKind.Store, 8, 0);
        guest.ReadData(0x1FF8).Should().Be(0);
        guest.Load(At().Load("ld", A0, 0, A1));
        Trap trap = guest.Run();
        trap.Cause.Should().Be(TrapCause.LoadPageFault);
        trap.Address.Value.Should().Be(End);
    }

    [Fact]
    public void CreateAddressSpace_AccountOfAnotherCpu_Throws()
    {
        ICpu cpu = CreateCpu();
        Action create = () => cpu.CreateAddressSpace(CreateCpu().Account);
        create.Should().Throw<ArgumentException>();
    }

    [Fact]
    public void MemoryExhausted_LimitRaised_GoesOn()
    {
        using Guest guest = NewGuest().Load(At().Store("sd", A0, 0, A1).Load("ld", A2, 0, A1).Ecall());
        guest.Hart.X[A0] = 77;
        guest.Hart.X[A1] = Data;
        IMemoryAccount account = guest.Cpu.Account;
        ulong limit = account.Limit;
        account.SetLimit(account.Charged);
        Trap trap = guest.Run();
        ShouldBe(trap, TrapCause.MemoryExhausted, Code, Data, BitConverter.ToUInt32(guest.Read(0, 4)), AccessKind.Store, 8, 0);
        trap.Account.Should().BeSameAs(account);
        account.SetLimit(limit);
        ShouldBe(guest.Run(), TrapCause.EcallFromU, Code + 8, 0, Match("ecall"), AccessKind.None, 0, 2);
        guest.Hart.X[A2].Should().Be(77);
    }
}

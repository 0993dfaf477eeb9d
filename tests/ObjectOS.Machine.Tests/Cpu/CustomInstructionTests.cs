using ObjectOS.Cpu;
using ObjectOS.Tests;
using ObjectOS.Tests.Contract;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Machine.Tests.Cpu;

public sealed class CustomInstructionTests : IDisposable
{
    private const uint Hamming = 0x0B;
    private readonly Machine _machine = new(new MachineOptions(1 << 20));

    public void Dispose() => _machine.Dispose();

    private RealCpu NewCpu(params ICustomInstruction[] instructions) => new(_machine, new RealCpuOptions { Instructions = instructions });

    [Fact]
    public void CustomInstruction_Executes_AndCostsOne()
    {
        using RealCpu cpu = NewCpu(new HammingDistance());
        using Guest guest = new Guest(cpu).Load(new Asm(Guest.Code).Addi(A0, Zero, 0x55).Addi(A1, Zero, 0x0F)
            .Word(Hamming | A2 << 7 | A0 << 15 | A1 << 20).Word(Hamming | A0 << 15 | A1 << 20).Ecall());
        Trap trap = guest.Run();
        (trap.Cause, trap.Retired).Should().Be((TrapCause.EcallFromU, 4UL));
        guest.Hart.X[A2].Should().Be(4);
        guest.Hart.X[0].Should().Be(0);
        cpu.Description.Isa.Should().EndWith("_xhamming");
    }

    [Fact]
    public void CustomInstruction_OnAnotherCpu_IsIllegal()
    {
        using RealCpu cpu = NewCpu();
        using Guest guest = new Guest(cpu).Load(new Asm(Guest.Code).Word(Hamming));
        guest.Run().Cause.Should().Be(TrapCause.IllegalInstruction);
    }

    [Theory]
    [InlineData("", 0, 0), InlineData("Hamming", 0, 0), InlineData("a", 8, 0), InlineData("a", 0, 128)]
    public void CustomInstruction_OutOfRange_IsRefused(string mnemonic, int funct3, int funct7) =>
        this.Invoking(_ => NewCpu(new Named(mnemonic, funct3, funct7))).Should().Throw<ArgumentException>();

    [Fact]
    public void CustomInstruction_Twice_IsRefused() =>
        this.Invoking(_ => NewCpu(new Named("a", 1, 2), new Named("b", 1, 2))).Should().Throw<ArgumentException>().WithMessage("*funct3 1 and funct7 2*");

    private sealed class HammingDistance : ICustomInstruction
    {
        public string Mnemonic => "hamming";

        public int Funct3 => 0;

        public int Funct7 => 0;

        public ulong Execute(ulong rs1, ulong rs2) => ulong.PopCount(rs1 ^ rs2);
    }

    private sealed record Named(string Mnemonic, int Funct3, int Funct7) : ICustomInstruction
    {
        public ulong Execute(ulong rs1, ulong rs2) => 0;
    }
}

namespace ObjectOS.Machine.Isa.Tests;

/// <summary>Samples of the text; <see cref="GnuComparisonTests"/> compares the rest.</summary>
public sealed class DisassemblerTests
{
    [Theory]
    [InlineData(0x00A7B023u, "sd a0,0(a5)")]
    [InlineData(0xE42Au, "sd a0,8(sp)")]
    [InlineData(0x0505u, "addi a0,a0,1")]
    [InlineData(0x00012537u, "lui a0,0x12")]
    [InlineData(0x00B50463u, "beq a0,a1,0x10458")]
    [InlineData(0x02C5F553u, "fadd.d fa0,fa1,fa2,dyn")]
    [InlineData(0x00000013u, "addi zero,zero,0")]
    [InlineData(0x8082u, "jalr zero,0(ra)")]
    [InlineData(0x06C5A52Fu, "amoadd.w.aqrl a0,a2,(a1)")]
    [InlineData(0xC0002573u, "csrrs a0,cycle,zero")]
    [InlineData(0x0330000Fu, "fence rw,rw")]
    [InlineData(0xFFFFFFFFu, ".4byte 0xffffffff")]
    [InlineData(0x12340000u, ".2byte 0x0")]
    public void Format_Sample_ReadsAsObjdumpWritesIt(uint bits, string expected) =>
        Disassembler.Format(bits, 0x10450).Should().Be(expected);
}

using Iced.Intel;
using ObjectOS.Machine.Engines.Translator;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;
using IcedEncoder = Iced.Intel.Encoder;

namespace ObjectOS.Machine.Tests.Translator;

using Code = Iced.Intel.Code;

/// <summary>
/// Each form that the translator writes has the bytes that another assembler gives it, for all registers that it is used with.
/// </summary>
public sealed class X64EncoderTests
{
    private static readonly Register[] Wide =
    [
        Register.RAX, Register.RCX, Register.RDX, Register.RBX, Register.RSP, Register.RBP, Register.RSI, Register.RDI,
        Register.R8, Register.R9, Register.R10, Register.R11, Register.R12, Register.R13, Register.R14, Register.R15,
    ];

    // The stack pointer is no operand of translated code.
    private static readonly int[] General = [0, 1, 2, 3, 6, 7, 8, 9, 10, 11, 12, 13, 14];
    private static readonly int[] Displacements = [0, 8, -128, 127, 128, -4096, 0x8200];

    private static Register Narrow(int register) => Wide[register] - Register.RAX + Register.EAX;

    private static Register Low(int register) => Wide[register] switch
    {
        Register.RAX => Register.AL, Register.RCX => Register.CL, Register.RDX => Register.DL, Register.RBX => Register.BL,
        Register.RSI => Register.SIL, Register.RDI => Register.DIL, var high => high - Register.R8 + Register.R8L,
    };

    private static Register Of(int register, bool wide) => wide ? Wide[register] : Narrow(register);

    private static byte[] Assemble(Instruction instruction)
    {
        var writer = new Bytes();
        var encoder = IcedEncoder.Create(64, writer);
        encoder.PreventVEX2 = true;
        encoder.Encode(instruction, 0);
        return [.. writer];
    }

    private static void Same(EmitCode emit, Instruction instruction) =>
        Convert.ToHexString(BytesOf(emit)).Should().Be(Convert.ToHexString(Assemble(instruction)), instruction.ToString());

    [Theory]
    [InlineData(Add, Code.Add_r64_rm64, Code.Add_r32_rm32), InlineData(Or, Code.Or_r64_rm64, Code.Or_r32_rm32)]
    [InlineData(And, Code.And_r64_rm64, Code.And_r32_rm32), InlineData(Sub, Code.Sub_r64_rm64, Code.Sub_r32_rm32)]
    [InlineData(Xor, Code.Xor_r64_rm64, Code.Xor_r32_rm32), InlineData(Cmp, Code.Cmp_r64_rm64, Code.Cmp_r32_rm32)]
    public void Arithmetic_OfRegistersAndMemory_IsAsAssembled(int operation, Code wide, Code narrow)
    {
        foreach (int a in General)
        {
            foreach (int b in General)
            {
                Same((ref X64Encoder c) => c.Arithmetic(operation, a, b, true), Instruction.Create(wide, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Arithmetic(operation, a, b, false), Instruction.Create(narrow, Narrow(a), Narrow(b)));
            }

            foreach (int at in Displacements)
                Same((ref X64Encoder c) => c.ArithmeticMemory(operation, a, Rbp, at, true), Instruction.Create(wide, Wide[a], State(at)));
        }
    }

    [Theory]
    [InlineData(Add, Code.Add_rm64_imm8, Code.Add_rm64_imm32, Code.Add_rm32_imm8), InlineData(Or, Code.Or_rm64_imm8, Code.Or_rm64_imm32, Code.Or_rm32_imm8)]
    [InlineData(And, Code.And_rm64_imm8, Code.And_rm64_imm32, Code.And_rm32_imm8), InlineData(Sub, Code.Sub_rm64_imm8, Code.Sub_rm64_imm32, Code.Sub_rm32_imm8)]
    [InlineData(Xor, Code.Xor_rm64_imm8, Code.Xor_rm64_imm32, Code.Xor_rm32_imm8), InlineData(Cmp, Code.Cmp_rm64_imm8, Code.Cmp_rm64_imm32, Code.Cmp_rm32_imm8)]
    public void Arithmetic_WithAConstant_IsAsAssembled(int operation, Code shortForm, Code longForm, Code narrow)
    {
        foreach (int a in (int[])[.. General, R15])
        {
            Same((ref X64Encoder c) => c.ArithmeticImmediate(operation, a, -7, true), Instruction.Create(shortForm, Wide[a], -7));
            Same((ref X64Encoder c) => c.ArithmeticImmediate(operation, a, -4096, true), Instruction.Create(longForm, Wide[a], -4096));
            Same((ref X64Encoder c) => c.ArithmeticImmediate(operation, a, 31, false), Instruction.Create(narrow, Narrow(a), 31));
        }

        Same((ref X64Encoder c) => c.ArithmeticMemoryImmediate(operation, Rbp, -16, 5, true), Instruction.Create(shortForm, State(-16), 5));
        Same((ref X64Encoder c) => c.ArithmeticMemoryImmediate(operation, Rbp, 300, 500, true), Instruction.Create(longForm, State(300), 500));
    }

    [Fact]
    public void Moves_OfAllKinds_AreAsAssembled()
    {
        foreach (int a in General)
        {
            foreach (int b in General)
            {
                if (a != b)
                    Same((ref X64Encoder c) => c.Move(a, b), Instruction.Create(Code.Mov_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Move32(a, b), Instruction.Create(Code.Mov_r32_rm32, Narrow(a), Narrow(b)));
                Same((ref X64Encoder c) => c.SignExtend32(a, b), Instruction.Create(Code.Movsxd_r64_rm32, Wide[a], Narrow(b)));
                Same((ref X64Encoder c) => c.Registers(0x1B6, a, b, false, bytes: true), Instruction.Create(Code.Movzx_r32_rm8, Narrow(a), Low(b)), lenient: b < 4);
                Same((ref X64Encoder c) => c.Registers(0x1BE, a, b, true, bytes: true), Instruction.Create(Code.Movsx_r64_rm8, Wide[a], Low(b)));
                Same((ref X64Encoder c) => c.Registers(0x14F, a, b, true), Instruction.Create(Code.Cmovg_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Lea(a, b, 40), Instruction.Create(Code.Lea_r64_m, Wide[a], new MemoryOperand(Wide[b], 40)));
                Same((ref X64Encoder c) => c.LeaSum(a, b, 11, 2, true), Instruction.Create(Code.Lea_r64_m, Wide[a], Indexed(b, 11, 4, 0)));
            }

            Same((ref X64Encoder c) => c.MoveImmediate(a, 0), Instruction.Create(Code.Xor_r32_rm32, Narrow(a), Narrow(a)));
            Same((ref X64Encoder c) => c.MoveImmediate(a, 0x80000000), Instruction.Create(Code.Mov_r32_imm32, Narrow(a), 0x80000000));
            Same((ref X64Encoder c) => c.MoveImmediate(a, -2), Instruction.Create(Code.Mov_rm64_imm32, Wide[a], -2));
            Same((ref X64Encoder c) => c.MoveImmediate(a, 0x123456789ABCDEF), Instruction.Create(Code.Mov_r64_imm64, Wide[a], 0x123456789ABCDEF));
            Same((ref X64Encoder c) => c.Push(a), Instruction.Create(Code.Push_r64, Wide[a]));
            Same((ref X64Encoder c) => c.Pop(a), Instruction.Create(Code.Pop_r64, Wide[a]));
            Same((ref X64Encoder c) => c.SetCondition(Below, a), Instruction.Create(Code.Setb_rm8, Low(a)), lenient: a < 4);
        }
    }

    [Theory]
    [InlineData(0x8B, Code.Mov_r64_rm64, true, 0), InlineData(0x8B, Code.Mov_r32_rm32, false, 0), InlineData(0x63, Code.Movsxd_r64_rm32, true, 0)]
    [InlineData(0x1B6, Code.Movzx_r32_rm8, false, 0), InlineData(0x1B7, Code.Movzx_r32_rm16, false, 0), InlineData(0x1BE, Code.Movsx_r64_rm8, true, 0)]
    [InlineData(0x1BF, Code.Movsx_r64_rm16, true, 0), InlineData(0x8D, Code.Lea_r64_m, true, 0), InlineData(0x3B, Code.Cmp_r64_rm64, true, 0)]
    public void Loads_FromGuestMemory_AreAsAssembled(int opcode, Code code, bool wide, int prefix)
    {
        foreach (int a in General)
        {
            foreach (int b in General)
            {
                foreach (int at in Displacements)
                {
                    foreach (int x in (int[])[Rcx, Rdx])
                        Same((ref X64Encoder c) => c.Memory(opcode, a, b, x, 0, at, wide, prefix: prefix), Instruction.Create(code, Of(a, wide), Indexed(b, x, 1, at)));
                }
            }
        }
    }

    [Fact]
    public void Stores_ToGuestMemory_AreAsAssembled()
    {
        foreach (int a in General)
        {
            foreach (int b in General)
            {
                MemoryOperand place = Indexed(b, Rcx, 1, -24);
                Same((ref X64Encoder c) => c.Memory(0x88, a, b, Rcx, 0, -24, false, bytes: true), Instruction.Create(Code.Mov_rm8_r8, place, Low(a)), lenient: true);
                Same((ref X64Encoder c) => c.Memory(0x89, a, b, Rcx, 0, -24, false, prefix: 0x66), Instruction.Create(Code.Mov_rm16_r16, place, Wide[a] - Register.RAX + Register.AX));
                Same((ref X64Encoder c) => c.Memory(0x89, a, b, Rcx, 0, -24, false), Instruction.Create(Code.Mov_rm32_r32, place, Narrow(a)));
                Same((ref X64Encoder c) => c.Memory(0x89, a, b, Rcx, 0, -24, true), Instruction.Create(Code.Mov_rm64_r64, place, Wide[a]));
            }
        }

        Same((ref X64Encoder c) => c.StoreImmediate(Rbp, 0x104, -1, false), Instruction.Create(Code.Mov_rm32_imm32, State(0x104), -1));
        Same((ref X64Encoder c) => c.StoreImmediate(Rbp, -8, 77, true), Instruction.Create(Code.Mov_rm64_imm32, State(-8), 77));
    }

    [Fact]
    public void ShiftsAndBits_OfAllKinds_AreAsAssembled()
    {
        foreach (int a in General)
        {
            Same((ref X64Encoder c) => c.ShiftImmediate(Shl, a, 5, true), Instruction.Create(Code.Shl_rm64_imm8, Wide[a], 5));
            Same((ref X64Encoder c) => c.ShiftImmediate(Shr, a, 5, false), Instruction.Create(Code.Shr_rm32_imm8, Narrow(a), 5));
            Same((ref X64Encoder c) => c.ShiftImmediate(Sar, a, 63, true), Instruction.Create(Code.Sar_rm64_imm8, Wide[a], 63));
            Same((ref X64Encoder c) => c.ShiftImmediate(Ror, a, 9, true), Instruction.Create(Code.Ror_rm64_imm8, Wide[a], 9));
            Same((ref X64Encoder c) => c.ShiftByCl(Rol, a, true), Instruction.Create(Code.Rol_rm64_CL, Wide[a], Register.CL));
            Same((ref X64Encoder c) => c.Registers(0xF7, 2, a, true), Instruction.Create(Code.Not_rm64, Wide[a]));
            Same((ref X64Encoder c) => c.Registers(0xF7, 3, a, false), Instruction.Create(Code.Neg_rm32, Narrow(a)));
            Same((ref X64Encoder c) => c.Registers(0xF7, 4, a, true), Instruction.Create(Code.Mul_rm64, Wide[a]));
            Same((ref X64Encoder c) => c.Registers(0xF7, 5, a, true), Instruction.Create(Code.Imul_rm64, Wide[a]));
            Same((ref X64Encoder c) => c.Registers(0xF7, 6, a, true), Instruction.Create(Code.Div_rm64, Wide[a]));
            Same((ref X64Encoder c) => c.Registers(0xF7, 7, a, false), Instruction.Create(Code.Idiv_rm32, Narrow(a)));
            foreach (int b in General)
            {
                Same((ref X64Encoder c) => c.ShiftExtended(1, a, b, Rcx, true), Instruction.Create(Code.VEX_Shlx_r64_rm64_r64, Wide[a], Wide[b], Register.RCX));
                Same((ref X64Encoder c) => c.ShiftExtended(3, a, b, 13, true), Instruction.Create(Code.VEX_Shrx_r64_rm64_r64, Wide[a], Wide[b], Register.R13));
                Same((ref X64Encoder c) => c.ShiftExtended(2, a, b, 7, false), Instruction.Create(Code.VEX_Sarx_r32_rm32_r32, Narrow(a), Narrow(b), Register.EDI));
                Same((ref X64Encoder c) => c.Registers(0x1AF, a, b, true), Instruction.Create(Code.Imul_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1BD, a, b, true, prefix: 0xF3), Instruction.Create(Code.Lzcnt_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1BC, a, b, false, prefix: 0xF3), Instruction.Create(Code.Tzcnt_r32_rm32, Narrow(a), Narrow(b)));
                Same((ref X64Encoder c) => c.Registers(0x1B8, a, b, true, prefix: 0xF3), Instruction.Create(Code.Popcnt_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1A3, b, a, true), Instruction.Create(Code.Bt_rm64_r64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1AB, b, a, true), Instruction.Create(Code.Bts_rm64_r64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1B3, b, a, true), Instruction.Create(Code.Btr_rm64_r64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1BB, b, a, true), Instruction.Create(Code.Btc_rm64_r64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x1B, a, b, true), Instruction.Create(Code.Sbb_r64_rm64, Wide[a], Wide[b]));
                Same((ref X64Encoder c) => c.Registers(0x85, b, a, true), Instruction.Create(Code.Test_rm64_r64, Wide[a], Wide[b]));
            }
        }
    }

    // Prefix 0: none, 1: 66, 2: F3, 3: F2.
    [Theory]
    [InlineData(0x58, 3, Code.VEX_Vaddsd_xmm_xmm_xmmm64), InlineData(0x59, 3, Code.VEX_Vmulsd_xmm_xmm_xmmm64), InlineData(0x5C, 3, Code.VEX_Vsubsd_xmm_xmm_xmmm64)]
    [InlineData(0x5E, 3, Code.VEX_Vdivsd_xmm_xmm_xmmm64), InlineData(0x51, 3, Code.VEX_Vsqrtsd_xmm_xmm_xmmm64), InlineData(0x58, 2, Code.VEX_Vaddss_xmm_xmm_xmmm32)]
    [InlineData(0x59, 2, Code.VEX_Vmulss_xmm_xmm_xmmm32), InlineData(0x5C, 2, Code.VEX_Vsubss_xmm_xmm_xmmm32), InlineData(0x5E, 2, Code.VEX_Vdivss_xmm_xmm_xmmm32)]
    [InlineData(0x51, 2, Code.VEX_Vsqrtss_xmm_xmm_xmmm32), InlineData(0x5A, 3, Code.VEX_Vcvtsd2ss_xmm_xmm_xmmm64), InlineData(0x5A, 2, Code.VEX_Vcvtss2sd_xmm_xmm_xmmm32)]
    [InlineData(0x5D, 3, Code.VEX_Vminsd_xmm_xmm_xmmm64), InlineData(0x5F, 2, Code.VEX_Vmaxss_xmm_xmm_xmmm32)]
    public void Floats_OfTwoSources_AreAsAssembled(int opcode, int prefix, Code code)
    {
        foreach (int at in (int[])[0x100, 0x1F8])
            Same((ref X64Encoder c) => c.VexState(prefix, 1, opcode, 0, 0, at, false), Instruction.Create(code, Register.XMM0, Register.XMM0, State(at)));
        Same((ref X64Encoder c) => c.Vex(prefix, 1, opcode, 0, 0, 1, false), Instruction.Create(code, Register.XMM0, Register.XMM0, Register.XMM1));
    }

    [Theory]
    [InlineData(0x10, 3, Code.VEX_Vmovsd_xmm_m64), InlineData(0x10, 2, Code.VEX_Vmovss_xmm_m32), InlineData(0x2E, 1, Code.VEX_Vucomisd_xmm_xmmm64)]
    [InlineData(0x2E, 0, Code.VEX_Vucomiss_xmm_xmmm32), InlineData(0x2F, 1, Code.VEX_Vcomisd_xmm_xmmm64), InlineData(0x2F, 0, Code.VEX_Vcomiss_xmm_xmmm32)]
    public void Floats_OfOneSource_AreAsAssembled(int opcode, int prefix, Code code)
    {
        foreach (int at in (int[])[0x100, 0x1F8])
            Same((ref X64Encoder c) => c.VexState(prefix, 1, opcode, 1, 0, at, false), Instruction.Create(code, Register.XMM1, State(at)));
    }

    [Fact]
    public void FusedAndConverted_OfTheState_AreAsAssembled()
    {
        Same((ref X64Encoder c) => c.VexState(1, 2, 0xA9, 0, 1, 0x108, true), Instruction.Create(Code.VEX_Vfmadd213sd_xmm_xmm_xmmm64, Register.XMM0, Register.XMM1, State(0x108)));
        Same((ref X64Encoder c) => c.VexState(1, 2, 0xAB, 0, 1, 0x108, false), Instruction.Create(Code.VEX_Vfmsub213ss_xmm_xmm_xmmm32, Register.XMM0, Register.XMM1, State(0x108)));
        Same((ref X64Encoder c) => c.VexState(1, 2, 0xAD, 0, 1, 0x108, true), Instruction.Create(Code.VEX_Vfnmadd213sd_xmm_xmm_xmmm64, Register.XMM0, Register.XMM1, State(0x108)));
        Same((ref X64Encoder c) => c.VexState(1, 2, 0xAF, 0, 1, 0x108, true), Instruction.Create(Code.VEX_Vfnmsub213sd_xmm_xmm_xmmm64, Register.XMM0, Register.XMM1, State(0x108)));
        foreach (int a in General)
        {
            Same((ref X64Encoder c) => c.Vex(3, 1, 0x2A, 0, 0, a, true), Instruction.Create(Code.VEX_Vcvtsi2sd_xmm_xmm_rm64, Register.XMM0, Register.XMM0, Wide[a]));
            Same((ref X64Encoder c) => c.Vex(2, 1, 0x2A, 0, 0, a, false), Instruction.Create(Code.VEX_Vcvtsi2ss_xmm_xmm_rm32, Register.XMM0, Register.XMM0, Narrow(a)));
        }

        Same((ref X64Encoder c) => c.VexState(3, 1, 0x2C, 0, 0, 0x110, true), Instruction.Create(Code.VEX_Vcvttsd2si_r64_xmmm64, Register.RAX, State(0x110)));
        Same((ref X64Encoder c) => c.VexState(2, 1, 0x2D, 0, 0, 0x110, false), Instruction.Create(Code.VEX_Vcvtss2si_r32_xmmm32, Register.EAX, State(0x110)));
        Same((ref X64Encoder c) => c.VexState(3, 1, 0x11, 0, 0, 0x110, false), Instruction.Create(Code.VEX_Vmovsd_m64_xmm, State(0x110), Register.XMM0));
        Same((ref X64Encoder c) => c.Memory(0x1AE, 2, Rbp, 0x90, false), Instruction.Create(Code.Ldmxcsr_m32, State(0x90)));
        Same((ref X64Encoder c) => c.Memory(0x1AE, 3, Rbp, 0x94, false), Instruction.Create(Code.Stmxcsr_m32, State(0x94)));
        Same((ref X64Encoder c) => c.Memory(0xFF, 4, Rbp, Rcx, 3, 0x8208, false), Instruction.Create(Code.Jmp_rm64, Indexed(Rbp, Rcx, 8, 0x8208)));
        Same((ref X64Encoder c) => c.Vex(0, 1, 0x56, 0, 0, 1, false), Instruction.Create(Code.VEX_Vorps_xmm_xmm_xmmm128, Register.XMM0, Register.XMM0, Register.XMM1));
        Same((ref X64Encoder c) => c.Vex(0, 1, 0x54, 0, 0, 1, false), Instruction.Create(Code.VEX_Vandps_xmm_xmm_xmmm128, Register.XMM0, Register.XMM0, Register.XMM1));
        Same((ref X64Encoder c) => c.Vex(0, 1, 0x57, 0, 0, 0, false), Instruction.Create(Code.VEX_Vxorps_xmm_xmm_xmmm128, Register.XMM0, Register.XMM0, Register.XMM0));
    }

    private static MemoryOperand State(int displacement) => new(Register.RBP, displacement, 1);

    private static MemoryOperand Indexed(int b, int x, int scale, int displacement) =>
        new(Wide[b], Wide[x], scale, displacement, displacement == 0 && (b & 7) != 5 ? 0 : 1);

    // An operand of a byte may have a prefix that its register does not need.
    private static void Same(EmitCode emit, Instruction instruction, bool lenient)
    {
        byte[] ours = BytesOf(emit), theirs = Assemble(instruction);
        if (lenient && ours.Length == theirs.Length + 1)
            ours = [.. ours[1..]];
        Convert.ToHexString(ours).Should().Be(Convert.ToHexString(theirs), instruction.ToString());
    }

    private sealed class Bytes : CodeWriter, IEnumerable<byte>
    {
        private readonly List<byte> _bytes = [];

        public override void WriteByte(byte value) => _bytes.Add(value);

        public IEnumerator<byte> GetEnumerator() => _bytes.GetEnumerator();

        System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => GetEnumerator();
    }
}

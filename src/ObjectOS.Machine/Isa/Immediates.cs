using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Isa;

/// <summary>The immediates of the base formats and of the compressed formats.</summary>
/// <remarks>
/// Source: the unprivileged specification, "Immediate Encoding Variants" of chapter "RV32I" and "Compressed Instruction Formats" of
/// chapter "C". A comment shows the order of the value's bits in the encoding, as the specification does.
/// </remarks>
internal static class Immediates
{
    public static int I(uint b) => (int)b >> 20;

    public static int S(uint b) => ((int)b >> 25 << 5) | (int)Field(b, 7, 5);

    public static int B(uint b) => ((int)b >> 31 << 12) | (int)(Field(b, 7, 1) << 11 | Field(b, 25, 6) << 5 | Field(b, 8, 4) << 1);

    public static int U(uint b) => (int)(b & 0xFFFFF000);

    public static int J(uint b) => ((int)b >> 31 << 20) | (int)(Field(b, 12, 8) << 12 | Field(b, 20, 1) << 11 | Field(b, 21, 10) << 1);

    // 12: imm[5], 6:2: imm[4:0]
    public static int C6(uint b) => SignExtend(C6Unsigned(b), 6);

    public static uint C6Unsigned(uint b) => Field(b, 12, 1) << 5 | Field(b, 2, 5);

    // 12:5: nzuimm[5:4|9:6|2|3]
    public static int CAddi4spn(uint b) => (int)(Field(b, 11, 2) << 4 | Field(b, 7, 4) << 6 | Field(b, 6, 1) << 2 | Field(b, 5, 1) << 3);

    // 12: nzimm[9], 6:2: nzimm[4|6|8:7|5]
    public static int CAddi16sp(uint b) =>
        SignExtend(Field(b, 12, 1) << 9 | Field(b, 6, 1) << 4 | Field(b, 5, 1) << 6 | Field(b, 3, 2) << 7 | Field(b, 2, 1) << 5, 10);

    // 12:10: uimm[5:3], 6:5: uimm[2|6]
    public static int CWord(uint b) => (int)(Field(b, 10, 3) << 3 | Field(b, 6, 1) << 2 | Field(b, 5, 1) << 6);

    // 12:10: uimm[5:3], 6:5: uimm[7:6]
    public static int CDouble(uint b) => (int)(Field(b, 10, 3) << 3 | Field(b, 5, 2) << 6);

    // 12: uimm[5], 6:2: uimm[4:2|7:6]
    public static int CLoadWordSp(uint b) => (int)(Field(b, 12, 1) << 5 | Field(b, 4, 3) << 2 | Field(b, 2, 2) << 6);

    // 12: uimm[5], 6:2: uimm[4:3|8:6]
    public static int CLoadDoubleSp(uint b) => (int)(Field(b, 12, 1) << 5 | Field(b, 5, 2) << 3 | Field(b, 2, 3) << 6);

    // 12:7: uimm[5:2|7:6]
    public static int CStoreWordSp(uint b) => (int)(Field(b, 9, 4) << 2 | Field(b, 7, 2) << 6);

    // 12:7: uimm[5:3|8:6]
    public static int CStoreDoubleSp(uint b) => (int)(Field(b, 10, 3) << 3 | Field(b, 7, 3) << 6);

    // 12:2: imm[11|4|9:8|10|6|7|3:1|5]
    public static int CJ(uint b) => SignExtend(
        Field(b, 12, 1) << 11 | Field(b, 11, 1) << 4 | Field(b, 9, 2) << 8 | Field(b, 8, 1) << 10 |
        Field(b, 7, 1) << 6 | Field(b, 6, 1) << 7 | Field(b, 3, 3) << 1 | Field(b, 2, 1) << 5, 12);

    // 12:10: imm[8|4:3], 6:2: imm[7:6|2:1|5]
    public static int CB(uint b) => SignExtend(
        Field(b, 12, 1) << 8 | Field(b, 10, 2) << 3 | Field(b, 5, 2) << 6 | Field(b, 3, 2) << 1 | Field(b, 2, 1) << 5, 9);

    /// <summary>The <paramref name="width"/> bits of <paramref name="bits"/> from bit <paramref name="low"/> up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Field(uint bits, int low, int width) => bits >> low & ((1u << width) - 1);

    private static int SignExtend(uint value, int width) => (int)(value << (32 - width)) >> (32 - width);
}

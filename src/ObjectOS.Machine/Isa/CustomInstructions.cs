using System.Globalization;

namespace ObjectOS.Machine.Isa;

/// <summary>The instructions of a CPU that are defined from C#, by their encoding in the custom-0 space.</summary>
internal sealed class CustomInstructions
{
    private const uint Opcode = 0x0B;

    private readonly ICustomInstruction[] _instructions;
    private readonly Dictionary<uint, int> _byEncoding = [];

    /// <exception cref="ArgumentException">A mnemonic or an encoding is out of its range, or there twice.</exception>
    public CustomInstructions(IReadOnlyList<ICustomInstruction> instructions)
    {
        _instructions = [.. instructions];
        for (int i = 0; i < _instructions.Length; i++)
        {
            ICustomInstruction one = _instructions[i];
            if (one.Mnemonic.Length == 0 || one.Mnemonic.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c)))
                throw new ArgumentException($"A custom instruction is called \"{one.Mnemonic}\"; lower-case letters and digits are wanted.", nameof(instructions));
            if (one.Funct3 is < 0 or > 7 || one.Funct7 is < 0 or > 127)
                throw new ArgumentException(Text($"The custom instruction {one.Mnemonic} has funct3 {one.Funct3} and funct7 {one.Funct7}; 0 to 7 and 0 to 127 are wanted."), nameof(instructions));
            if (!_byEncoding.TryAdd((uint)one.Funct7 << 25 | (uint)one.Funct3 << 12 | Opcode, i))
                throw new ArgumentException(Text($"Two custom instructions have funct3 {one.Funct3} and funct7 {one.Funct7}."), nameof(instructions));
        }
    }

    /// <summary>What the ISA string says of them.</summary>
    public string IsaSuffix => string.Concat(_instructions.Select(one => "_x" + one.Mnemonic));

    /// <summary>Decodes one; its number is in <c>Imm</c>.</summary>
    public bool TryDecode(uint bits, out DecodedInstruction d)
    {
        d = new DecodedInstruction { Bits = bits };
        if (!_byEncoding.TryGetValue(bits & 0xFE00707F, out int index))
            return false;
        Operands.Read(Format.R, bits, ref d);
        (d.Op, d.Imm) = (Op.Custom, index);
        return true;
    }

    public ulong Execute(int index, ulong rs1, ulong rs2) => _instructions[index].Execute(rs1, rs2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

namespace ObjectOS.Machine;

/// <summary>
/// An instruction that exists nowhere else, in the custom-0 space (opcode 0001011, unprivileged specification, chapter "Extending RISC-V"): an
/// R-type that computes rd of rs1 and rs2. What it computes depends on them alone, so that runs are the same; it costs one instruction.
/// </summary>
public interface ICustomInstruction
{
    /// <summary>Its name: lower-case letters and digits. The ISA string shows it as an extension <c>x…</c>.</summary>
    string Mnemonic { get; }

    /// <summary>Bits 14–12 of its encoding, 0 to 7.</summary>
    int Funct3 { get; }

    /// <summary>Bits 31–25 of its encoding, 0 to 127.</summary>
    int Funct7 { get; }

    /// <summary>What rd gets.</summary>
    ulong Execute(ulong rs1, ulong rs2);
}

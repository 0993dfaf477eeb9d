namespace ObjectOS.Machine.Isa;

/// <summary>The extensions a hart has; an instruction of any other extension is illegal on it.</summary>
/// <param name="Extensions">Those of the specification.</param>
/// <param name="Custom">Instructions defined from C#; null: none.</param>
internal readonly record struct IsaConfiguration(Extensions Extensions, CustomInstructions? Custom = null)
{
    /// <summary>RV64GC with Zfh, Zba, Zbb, Zbc, Zbkb, Zbkx, Zbs, Zicond, Zihintpause, Zicbom, Zicboz and the privileged instructions, Svinval's among them.</summary>
    public static IsaConfiguration Rv64Gc { get; } = new(
        Extensions.I | Extensions.M | Extensions.A | Extensions.F | Extensions.D | Extensions.C |
        Extensions.Zicsr | Extensions.Zifencei | Extensions.Zba | Extensions.Zbb | Extensions.Zbs |
        Extensions.Zicond | Extensions.Zihintpause | Extensions.Privileged | Extensions.Svinval | Extensions.Zicbom | Extensions.Zicboz |
        Extensions.Zbc | Extensions.Zbkb | Extensions.Zbkx | Extensions.Zfh);

    /// <summary>The same without floating point.</summary>
    public IsaConfiguration WithoutFloats => this with { Extensions = Extensions & ~(Extensions.F | Extensions.D | Extensions.Zfh) };

    /// <summary>Whether every one of <paramref name="required"/> is enabled.</summary>
    public bool Has(Extensions required) => (Extensions & required) == required;
}

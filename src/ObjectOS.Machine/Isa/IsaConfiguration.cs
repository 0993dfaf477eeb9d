namespace ObjectOS.Machine.Isa;

/// <summary>The extensions a hart has; an instruction of any other extension is illegal on it.</summary>
internal readonly record struct IsaConfiguration(Extensions Extensions)
{
    /// <summary>RV64GC with Zba, Zbb, Zbs, Zicond, Zihintpause, Zicbom, Zicboz and the privileged instructions, Svinval's among them.</summary>
    public static IsaConfiguration Rv64Gc { get; } = new(
        Extensions.I | Extensions.M | Extensions.A | Extensions.F | Extensions.D | Extensions.C |
        Extensions.Zicsr | Extensions.Zifencei | Extensions.Zba | Extensions.Zbb | Extensions.Zbs |
        Extensions.Zicond | Extensions.Zihintpause | Extensions.Privileged | Extensions.Svinval | Extensions.Zicbom | Extensions.Zicboz);

    /// <summary>The same without F and D.</summary>
    public IsaConfiguration WithoutFloats => new(Extensions & ~(Extensions.F | Extensions.D));

    /// <summary>Whether every one of <paramref name="required"/> is enabled.</summary>
    public bool Has(Extensions required) => (Extensions & required) == required;
}

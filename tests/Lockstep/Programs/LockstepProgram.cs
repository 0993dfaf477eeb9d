namespace ObjectOS.Lockstep.Programs;

/// <summary>
/// A bare-metal program made of a seed: set-up in machine mode, handlers, page tables, protection, and random code that runs in all modes.
/// The same seed and <see cref="Version"/> make the same bytes.
/// </summary>
internal sealed class LockstepProgram
{
    /// <summary>Of the generator. What was recorded by another one says nothing; raise it with any change of what is made.</summary>
    public const int Version = 1;

    public LockstepProgram(int seed)
    {
        Seed = seed;
        var random = new Random(seed);
        var traits = new Traits(HasTimer: random.Percent(60), HasBlocks: random.Percent(50));
        random.NextBytes(Image.Bytes.AsSpan((int)(Layout.Data - Layout.Ram), Layout.DataSize));
        var tables = new PageTables(random, Image);
        var bases = new BaseRegisters(random);
        new RandomCode(random, Image, tables, bases, new CsrChoices(tables, traits), traits).Write();
        new EpisodeWriter(random, Image, tables, bases).Write();
        for (int i = 0; i < 32; i++)
            Image.Write(Floats + ((ulong)i * 8), random.Percent(30) ? 0xFFFFFFFF_00000000 | (uint)random.NextInt64() : random.Operand());
        Begin = Firmware.Write(Image, MachineRegisters.Initial(random, traits), Floats);
    }

    private const ulong Floats = Layout.MachineSave + 0x100;

    public int Seed { get; }

    public ProgramImage Image { get; } = new();

    /// <summary>What is at this address is the first of the trace: from there on both machines have the same state.</summary>
    public ulong Begin { get; }
}

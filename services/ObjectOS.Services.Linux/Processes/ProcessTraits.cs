namespace ObjectOS.Services.Linux;

/// <summary>What a process has set of itself: prctl(2), setpriority(2), personality(2).</summary>
internal readonly record struct ProcessTraits()
{
    public bool HasNoNewPrivileges { get; init; }

    public bool IsDumpable { get; init; } = true;

    public bool KeepsCapabilities { get; init; }

    public bool IsSubreaper { get; init; }

    /// <summary>The signal that it gets when its parent ends; 0: none.</summary>
    public int DeathSignal { get; init; }

    /// <summary>From −20 to 19. It is told, and has no effect on what runs when.</summary>
    public int Nice { get; init; }

    public uint Personality { get; init; }

    /// <summary>Those of a child.</summary>
    public ProcessTraits Inherited => this with { IsSubreaper = false, DeathSignal = 0 };

    public void Save(BinaryWriter writer)
    {
        writer.Write(HasNoNewPrivileges);
        writer.Write(IsDumpable);
        writer.Write(KeepsCapabilities);
        writer.Write(IsSubreaper);
        writer.Write(DeathSignal);
        writer.Write(Nice);
        writer.Write(Personality);
    }

    public static ProcessTraits Restore(BinaryReader reader) => new()
    {
        HasNoNewPrivileges = reader.ReadBoolean(),
        IsDumpable = reader.ReadBoolean(),
        KeepsCapabilities = reader.ReadBoolean(),
        IsSubreaper = reader.ReadBoolean(),
        DeathSignal = reader.ReadInt32(),
        Nice = reader.ReadInt32(),
        Personality = reader.ReadUInt32(),
    };
}

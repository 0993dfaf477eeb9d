namespace ObjectOS.Services.Programs;

/// <summary>A directory of the host that a program may see.</summary>
/// <param name="Number">The host's number of the grant.</param>
/// <param name="GuestPath">Where the program sees it: an absolute path.</param>
/// <param name="IsWritable">False: every change is refused.</param>
public sealed record ProgramGrant(ulong Number, string GuestPath, bool IsWritable);

/// <summary>An immutable layer of files that a program runs from.</summary>
/// <param name="Number">The host's number of it, from 1 on, and no grant's.</param>
/// <param name="Digest">SHA-256 that identifies it.</param>
public sealed record ProgramLayer(ulong Number, byte[] Digest);

/// <summary>A stream of the host.</summary>
/// <param name="Number">The host's number of the stream.</param>
/// <param name="IsTerminal">True where a person sits there.</param>
public sealed record ProgramStream(ulong Number, bool IsTerminal);

/// <summary>All that the host says of a program that it wants started.</summary>
public sealed record ProgramRequest
{
    private const uint Magic = 0x34515250; // "PRQ4"
    private const int MostStrings = 1 << 16;

    /// <summary>The directories that every Linux program sees without a grant; <c>/proc</c> has more.</summary>
    public static IReadOnlyList<string> OwnDirectories { get; } = ["/tmp", "/dev", "/etc", "/proc", "/bin", "/usr", "/var", "/home"];

    /// <summary>The host's number for it; what it says of it later names it so.</summary>
    public ulong Job { get; init; }

    /// <summary>The program's file name, for messages and <c>/proc/self/exe</c>.</summary>
    public string FileName { get; init; } = "program";

    /// <summary>The arguments, the program's name first.</summary>
    public IReadOnlyList<string> Arguments { get; init; } = [];

    /// <summary>The environment: NAME=VALUE.</summary>
    public IReadOnlyList<string> Environment { get; init; } = [];

    /// <summary>The working directory, an absolute path of the guest.</summary>
    public string WorkingDirectory { get; init; } = "/";

    /// <summary>The directories that it may see.</summary>
    public IReadOnlyList<ProgramGrant> Grants { get; init; } = [];

    /// <summary>The layers of its root, the uppermost first; none: its root has only the usual directories.</summary>
    public IReadOnlyList<ProgramLayer> Layers { get; init; } = [];

    /// <summary>True if <see cref="FileName"/> names the program in its own files, or in the directories of its PATH; no image comes with the request.</summary>
    public bool StartsInside { get; init; }

    /// <summary>The user that it runs as; 0 has all rights in its own files, and none on the host.</summary>
    public uint User { get; init; } = 1000;

    /// <summary>The group that it runs as.</summary>
    public uint Group { get; init; } = 1000;

    /// <summary>Standard input.</summary>
    public ProgramStream Input { get; init; } = new(0, false);

    /// <summary>Standard output.</summary>
    public ProgramStream Output { get; init; } = new(1, false);

    /// <summary>Standard error.</summary>
    public ProgramStream Error { get; init; } = new(2, false);

    /// <summary>Most bytes of memory that it and its children may have.</summary>
    public ulong MemoryLimit { get; init; } = 256UL << 20;

    /// <summary>Most kernel objects that it and its children may have.</summary>
    public int ObjectLimit { get; init; } = 16384;

    /// <summary>Most bytes in <c>/tmp</c> and the rest of the file tree in memory.</summary>
    public ulong TemporaryLimit { get; init; } = 64UL << 20;

    /// <summary>Most virtual instructions that it and its children may use; 0: no limit.</summary>
    public ulong InstructionLimit { get; init; }

    /// <summary>What the realtime clock shows at guest time 0: nanoseconds since 1970-01-01 UTC.</summary>
    public ulong WallClockBase { get; init; }

    /// <summary>The seed of what is random to it.</summary>
    public ulong Seed { get; init; }

    /// <summary>True: every system call is told to the host, one <see cref="Abi.HostRequestKind.Log"/> each.</summary>
    public bool IsTraced { get; init; }

    /// <summary>True: the end record holds a hash of registers and memory.</summary>
    public bool ReportsState { get; init; }

    /// <summary>The priority of its threads, 0 to 31; −1 leaves the kernel's default.</summary>
    public int Priority { get; init; } = -1;

    /// <summary>Guest nanoseconds of each <see cref="SharePeriod"/> that its threads may run, together; 0: no limit.</summary>
    public ulong Share { get; init; }

    /// <summary>The system call of the program and its children, counted from 1, that fails without being carried out; 0: none.</summary>
    public ulong FailedCall { get; init; }

    /// <summary>The error number that it fails with.</summary>
    public int FailedCallError { get; init; }

    /// <summary>The period of <see cref="Share"/>, guest nanoseconds.</summary>
    public const ulong SharePeriod = 10_000_000;

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Magic);
        writer.Write(Job);
        writer.Write(FileName);
        Write(writer, Arguments);
        Write(writer, Environment);
        writer.Write(WorkingDirectory);
        writer.Write(Grants.Count);
        foreach (var grant in Grants)
        {
            writer.Write(grant.Number);
            writer.Write(grant.GuestPath);
            writer.Write(grant.IsWritable);
        }

        writer.Write(Layers.Count);
        foreach (var layer in Layers)
        {
            writer.Write(layer.Number);
            writer.Write(layer.Digest.Length);
            writer.Write(layer.Digest);
        }

        writer.Write(StartsInside);
        writer.Write(User);
        writer.Write(Group);
        foreach (var stream in (ProgramStream[])[Input, Output, Error])
        {
            writer.Write(stream.Number);
            writer.Write(stream.IsTerminal);
        }

        writer.Write(MemoryLimit);
        writer.Write(ObjectLimit);
        writer.Write(TemporaryLimit);
        writer.Write(InstructionLimit);
        writer.Write(WallClockBase);
        writer.Write(Seed);
        writer.Write(IsTraced);
        writer.Write(ReportsState);
        writer.Write(Priority);
        writer.Write(Share);
        writer.Write(FailedCall);
        writer.Write(FailedCallError);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static ProgramRequest Restore(BinaryReader reader)
    {
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException("The record is not a program request of this version.");
        }

        return new ProgramRequest
        {
            Job = reader.ReadUInt64(),
            FileName = reader.ReadString(),
            Arguments = Strings(reader),
            Environment = Strings(reader),
            WorkingDirectory = reader.ReadString(),
            Grants = GrantsOf(reader),
            Layers = LayersOf(reader),
            StartsInside = reader.ReadBoolean(),
            User = reader.ReadUInt32(),
            Group = reader.ReadUInt32(),
            Input = StreamOf(reader),
            Output = StreamOf(reader),
            Error = StreamOf(reader),
            MemoryLimit = reader.ReadUInt64(),
            ObjectLimit = reader.ReadInt32(),
            TemporaryLimit = reader.ReadUInt64(),
            InstructionLimit = reader.ReadUInt64(),
            WallClockBase = reader.ReadUInt64(),
            Seed = reader.ReadUInt64(),
            IsTraced = reader.ReadBoolean(),
            ReportsState = reader.ReadBoolean(),
            Priority = reader.ReadInt32(),
            Share = reader.ReadUInt64(),
            FailedCall = reader.ReadUInt64(),
            FailedCallError = reader.ReadInt32(),
        };
    }

    /// <summary>The record as bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Save(writer);
        writer.Flush();
        return stream.ToArray();
    }

    private static void Write(BinaryWriter writer, IReadOnlyList<string> texts)
    {
        writer.Write(texts.Count);
        foreach (string text in texts)
        {
            writer.Write(text);
        }
    }

    private static string[] Strings(BinaryReader reader)
    {
        var texts = new string[Count(reader)];
        for (int i = 0; i < texts.Length; i++)
        {
            texts[i] = reader.ReadString();
        }

        return texts;
    }

    private static ProgramGrant[] GrantsOf(BinaryReader reader)
    {
        var grants = new ProgramGrant[Count(reader)];
        for (int i = 0; i < grants.Length; i++)
        {
            grants[i] = new ProgramGrant(reader.ReadUInt64(), reader.ReadString(), reader.ReadBoolean());
        }

        return grants;
    }

    private static ProgramLayer[] LayersOf(BinaryReader reader)
    {
        var layers = new ProgramLayer[Count(reader)];
        for (int i = 0; i < layers.Length; i++)
        {
            layers[i] = new ProgramLayer(reader.ReadUInt64(), reader.ReadBytes(Count(reader)));
        }

        return layers;
    }

    private static ProgramStream StreamOf(BinaryReader reader) => new(reader.ReadUInt64(), reader.ReadBoolean());

    private static int Count(BinaryReader reader)
    {
        int count = reader.ReadInt32();
        return count is >= 0 and <= MostStrings
            ? count
            : throw new InvalidDataException($"The program request has a list of {count} items; at most {MostStrings} are allowed.");
    }
}

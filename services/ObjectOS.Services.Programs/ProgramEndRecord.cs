namespace ObjectOS.Services.Programs;

/// <summary>What a program service says of a program's end, beside the reason and the code.</summary>
public sealed record ProgramEndRecord
{
    /// <summary>Most bytes of a stack that go with a fault.</summary>
    public const int MostStack = 64 << 10;

    /// <summary>The fault's cause, as RISC-V numbers it (or 0x103: memory exhausted); 0 with an address, a pc and an instruction of 0: no fault.</summary>
    public ulong Cause { get; init; }

    /// <summary>Where the program was.</summary>
    public ulong Pc { get; init; }

    /// <summary>The address that could not be accessed.</summary>
    public ulong Address { get; init; }

    /// <summary>The instruction's bits.</summary>
    public uint Instruction { get; init; }

    /// <summary>After a fault: pc and x1 to x31 of the thread, 32 words; empty if they are not known.</summary>
    public IReadOnlyList<ulong> Registers { get; init; } = [];

    /// <summary>The address of the first byte of <see cref="Stack"/>.</summary>
    public ulong StackAddress { get; init; }

    /// <summary>After a fault: the thread's stack from its stack pointer upwards, at most <see cref="MostStack"/> bytes.</summary>
    public ReadOnlyMemory<byte> Stack { get; init; }

    /// <summary>After a fault: bytes of the file of the program that ran, which execve may have replaced; 0 if that is not known.</summary>
    public ulong ProgramBytes { get; init; }

    /// <summary>The kernel's number of the cell; 0 where it is not known.</summary>
    public uint Cell { get; init; }

    /// <summary>Instructions that it and its children retired.</summary>
    public ulong Instructions { get; init; }

    /// <summary>Virtual instructions: retired, and charged for the work of kernel and services.</summary>
    public ulong Charged { get; init; }

    /// <summary>System calls that it and its children made; 0 for programs that make none of a personality's.</summary>
    public ulong SystemCalls { get; init; }

    /// <summary>Traps taken.</summary>
    public ulong Traps { get; init; }

    /// <summary>Most memory that it held, in bytes.</summary>
    public ulong PeakBytes { get; init; }

    /// <summary>SHA-256 over registers and memory at its end, where it was asked for; else empty.</summary>
    public string StateHash { get; init; } = "";

    /// <summary>For a program that could not be started: why, in one sentence.</summary>
    public string Text { get; init; } = "";

    /// <summary>Calls that the program made and the service has not: name, how often.</summary>
    public IReadOnlyList<KeyValuePair<string, ulong>> UnsupportedCalls { get; init; } = [];

    /// <summary>The record as bytes.</summary>
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        Save(writer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Cause);
        writer.Write(Pc);
        writer.Write(Address);
        writer.Write(Instruction);
        writer.Write(Cell);
        writer.Write(Instructions);
        writer.Write(Charged);
        writer.Write(Traps);
        writer.Write(PeakBytes);
        writer.Write(StateHash);
        writer.Write(Text);
        writer.Write(UnsupportedCalls.Count);
        foreach (var (name, count) in UnsupportedCalls)
        {
            writer.Write(name);
            writer.Write(count);
        }

        writer.Write(Registers.Count);
        foreach (ulong register in Registers)
        {
            writer.Write(register);
        }

        writer.Write(StackAddress);
        writer.Write(Stack.Length);
        writer.Write(Stack.Span);
        writer.Write(ProgramBytes);
        writer.Write(SystemCalls);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public static ProgramEndRecord Restore(BinaryReader reader)
    {
        var record = new ProgramEndRecord
        {
            Cause = reader.ReadUInt64(),
            Pc = reader.ReadUInt64(),
            Address = reader.ReadUInt64(),
            Instruction = reader.ReadUInt32(),
            Cell = reader.ReadUInt32(),
            Instructions = reader.ReadUInt64(),
            Charged = reader.ReadUInt64(),
            Traps = reader.ReadUInt64(),
            PeakBytes = reader.ReadUInt64(),
            StateHash = reader.ReadString(),
            Text = reader.ReadString(),
        };
        var calls = new List<KeyValuePair<string, ulong>>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            calls.Add(new(reader.ReadString(), reader.ReadUInt64()));
        }

        ulong[] registers = new ulong[reader.ReadInt32()];
        for (int i = 0; i < registers.Length; i++)
        {
            registers[i] = reader.ReadUInt64();
        }

        return record with
        {
            UnsupportedCalls = calls,
            Registers = registers,
            StackAddress = reader.ReadUInt64(),
            Stack = reader.ReadBytes(reader.ReadInt32()),
            ProgramBytes = reader.ReadUInt64(),
            SystemCalls = reader.ReadUInt64(),
        };
    }
}

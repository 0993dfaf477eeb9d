using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Machine.Tests.Differential.RandomHartLayout;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>A CPU that interprets and one that translates run the same hart; what they show has to be the same.</summary>
internal sealed class HartComparison : IDisposable
{
    private readonly Machine _machine = new();
    private readonly Side _interpreter;
    private readonly Side _translator;

    /// <param name="program">What runs.</param>
    /// <param name="threshold">Entries of a block before it is translated.</param>
    /// <param name="chunks">Chunks of translated code.</param>
    public HartComparison(RandomHart program, int threshold, int chunks = 512)
    {
        _interpreter = new Side(_machine, program, new RealCpuOptions { Engine = Engine.Interpreter });
        var translating = new RealCpuOptions { Engine = Engine.Translator, Threshold = threshold, CodeChunks = chunks };
        _translator = new Side(_machine, program, translating);
    }

    /// <summary>Regions that were translated.</summary>
    public long Regions => _translator.Cpu.TranslatedRegions;

    /// <summary>The mode that the hart is in.</summary>
    public PrivilegeMode Privilege => _interpreter.Hart.System!.Privilege;

    /// <summary>Runs both; the result is the trap, and what is different, empty if nothing is.</summary>
    public (Trap Trap, string Difference) Run(ulong budget, ulong time)
    {
        Trap expected = _interpreter.Run(budget, time), actual = _translator.Run(budget, time);
        return (expected, Difference(expected, actual));
    }

    /// <summary>Does the same to both.</summary>
    public void Change(Action<RealCpu, IAddressSpace, HartContext> change)
    {
        change(_interpreter.Cpu, _interpreter.Space, _interpreter.Hart);
        change(_translator.Cpu, _translator.Space, _translator.Hart);
    }

    /// <summary>What is different in memory.</summary>
    public string CompareMemory()
    {
        byte[] expected = _interpreter.Read(), actual = _translator.Read();
        int at = expected.AsSpan().CommonPrefixLength(actual);
        return at == expected.Length ? "" : $"memory at {at:x}: {expected[at]:x2} and {actual[at]:x2}";
    }

    public void Dispose()
    {
        _interpreter.Cpu.Dispose();
        _translator.Cpu.Dispose();
        _machine.Dispose();
    }

    private string Difference(in Trap expected, in Trap actual)
    {
        string traps = expected.Equals(actual) ? "" : $"{expected} and {actual}; ";
        byte[] one = _interpreter.State(), other = _translator.State();
        int at = one.AsSpan().CommonPrefixLength(other) / 8;
        if (at == one.Length / 8)
            return traps;
        string name = at < 32 ? $"x{at}" : at < 64 ? $"f{at - 32}" : at == 64 ? "pc" : $"word {at - 70} of the privileged state";
        return $"{traps}{name}: {BitConverter.ToUInt64(one, at * 8):x} and {BitConverter.ToUInt64(other, at * 8):x}, "
            + $"at pc {_interpreter.Hart.Pc:x} and {_translator.Hart.Pc:x}, retired {_interpreter.Hart.Retired} and {_translator.Hart.Retired}";
    }

    private sealed class Side
    {
        public Side(Machine machine, RandomHart program, RealCpuOptions options)
        {
            Cpu = new RealCpu(machine, options);
            foreach (var (address, bytes) in program.Pieces)
                Cpu.Memory.Write(new(address), bytes, Cpu.Account).Should().Be(MemoryStatus.Ok);
            Space = Cpu.CreateAddressSpace(Cpu.Account);
            Space.Map(default, default, MemorySize, PageRights.Read | PageRights.Write | PageRights.Execute);
            Hart = program.NewHart();
        }

        public RealCpu Cpu { get; }

        public IAddressSpace Space { get; }

        public HartContext Hart { get; }

        private AnsweredReads Answers { get; } = RandomHartLayout.NewAnswers();

        public Trap Run(ulong budget, ulong time)
        {
            Cpu.Run(Hart, Space, new RunLimits(budget, time, time) { Answers = Answers }, out Trap trap);
            return trap;
        }

        public byte[] Read()
        {
            byte[] bytes = new byte[MemorySize];
            Cpu.Memory.Read(default, bytes).Should().Be(MemoryStatus.Ok);
            return bytes;
        }

        public byte[] State()
        {
            using var stream = new MemoryStream();
            using var writer = new BinaryWriter(stream);
            Hart.Save(writer);
            return stream.ToArray();
        }
    }
}

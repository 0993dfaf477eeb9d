using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Mmu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>
/// Two CPUs, one that interprets and one that translates, that are given the same work; what they show has to be the same.
/// </summary>
internal sealed class EngineComparison : IDisposable
{
    /// <summary>The physical address of the data.</summary>
    public const ulong DataPage = 1 << 20;

    private readonly Machine _machine = new();
    private readonly RealCpu _interpreter;
    private readonly RealCpu _translator;
    private readonly IAddressSpace _interpreted;
    private readonly IAddressSpace _translated;

    /// <param name="threshold">Entries of a block before it is translated.</param>
    /// <param name="chunks">Chunks of translated code.</param>
    public EngineComparison(int threshold, int chunks = 512)
    {
        _interpreter = new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Interpreter });
        _translator = new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Translator, Threshold = threshold, CodeChunks = chunks });
        _interpreted = MakeSpace(_interpreter);
        _translated = MakeSpace(_translator);
    }

    /// <summary>The state of the hart that is interpreted; the other's is the same.</summary>
    public HartContext Hart { get; private set; } = new();

    private HartContext Other { get; set; } = new();

    /// <summary>Regions that were translated.</summary>
    public long Regions => _translator.TranslatedRegions;

    /// <summary>Loads a program into both.</summary>
    public void Load(RandomProgram program)
    {
        Change((cpu, _) =>
        {
            cpu.Memory.Write(default, new byte[RandomProgram.CodeSize], cpu.Account).Should().Be(MemoryStatus.Ok);
            cpu.Memory.Write(default, program.Image, cpu.Account).Should().Be(MemoryStatus.Ok);
            cpu.Memory.Write(new(DataPage), program.InitialData(), cpu.Account).Should().Be(MemoryStatus.Ok);
        });
        Hart = program.NewHart();
        Other = program.NewHart();
    }

    /// <summary>Does the same to both CPUs.</summary>
    public void Change(Action<RealCpu, IAddressSpace> change)
    {
        change(_interpreter, _interpreted);
        change(_translator, _translated);
    }

    /// <summary>Runs both; the result is the trap, and what is different, empty if nothing is.</summary>
    public (Trap Trap, string Difference) Run(ulong budget, ulong time = 0)
    {
        _interpreter.Run(Hart, _interpreted, new RunLimits(budget, time, time), out Trap expected);
        _translator.Run(Other, _translated, new RunLimits(budget, time, time), out Trap actual);
        return (expected, string.Join("; ", Differences(expected, actual)));
    }

    /// <summary>What is different in memory.</summary>
    public string CompareMemory()
    {
        byte[] expected = Read(_interpreter), actual = Read(_translator);
        int at = expected.AsSpan().CommonPrefixLength(actual);
        return at == expected.Length ? "" : $"memory at {at:x}: {expected[at]:x2} and {actual[at]:x2}";
    }

    public void Dispose()
    {
        _interpreter.Dispose();
        _translator.Dispose();
        _machine.Dispose();
    }

    private static byte[] Read(RealCpu cpu)
    {
        byte[] bytes = new byte[RandomProgram.CodeSize + RandomProgram.DataSize];
        cpu.Memory.Read(default, bytes.AsSpan(0, RandomProgram.CodeSize)).Should().Be(MemoryStatus.Ok);
        cpu.Memory.Read(new(DataPage), bytes.AsSpan(RandomProgram.CodeSize)).Should().Be(MemoryStatus.Ok);
        return bytes;
    }

    private static IAddressSpace MakeSpace(RealCpu cpu)
    {
        IAddressSpace space = cpu.CreateAddressSpace(cpu.Account);
        Map(space);
        return space;
    }

    /// <summary>Maps code and data.</summary>
    public static void Map(IAddressSpace space)
    {
        space.Map(new(RandomProgram.Code), default, RandomProgram.CodeSize, PageRights.Read | PageRights.Write | PageRights.Execute);
        for (ulong i = 0; i < RandomProgram.DataCopies; i++)
        {
            VirtualAddress address = new(RandomProgram.Data + (i * RandomProgram.DataDistance));
            space.Map(address, new(DataPage), RandomProgram.DataSize, PageRights.Read | PageRights.Write);
        }
    }

    /// <summary>Loads from so many pages that translated code gets a second table of the TLB.</summary>
    public void FillSecondTable()
    {
        const ulong Place = 0x40000000, Count = 2_100, Bytes = Count << 12;
        var loop = new Asm(RandomProgram.Code);
        loop.Load("ld", Asm.A0, 0, Asm.S0).Addi(Asm.S1, Asm.S1, -1).R("add", Asm.S0, Asm.S0, Asm.A1);
        loop.Branch("bne", Asm.S1, Asm.Zero, RandomProgram.Code).Bare("ebreak");
        Change((cpu, space) =>
        {
            space.Map(new(Place), new(4 << 20), Bytes, PageRights.Read);
            cpu.Memory.Write(default, loop.ToArray(), cpu.Account).Should().Be(MemoryStatus.Ok);
        });
        for (int i = 0; i < 3; i++)
            LoadFrom(Place, Count).Cause.Should().Be(TrapCause.Breakpoint);
        Change((_, space) => space.Unmap(new(Place), Bytes));
        ((AddressSpace)_translated).Tlb.SecondCount.Should().BePositive();
    }

    /// <summary>Runs the loop of <see cref="FillSecondTable"/> over pages.</summary>
    public Trap LoadFrom(ulong first, ulong count)
    {
        (Hart, Other) = (NewHart(), NewHart());
        (Trap trap, string difference) = Run(RandomProgram.Budget);
        difference.Should().BeEmpty();
        return trap;

        HartContext NewHart()
        {
            var hart = new HartContext { Pc = RandomProgram.Code };
            (hart.X[Asm.S0], hart.X[Asm.S1], hart.X[Asm.A1]) = (first, count, 1 << 12);
            return hart;
        }
    }

    private IEnumerable<string> Differences(Trap expected, Trap actual)
    {
        if (!expected.Equals(actual))
        {
            yield return $"{expected.Cause} at {expected.Pc:x} after {expected.Retired}, {actual.Cause} at {actual.Pc:x} after {actual.Retired}: "
                + $"{expected} and {actual}";
        }

        for (int i = 0; i < 32; i++)
        {
            if (Hart.X[i] != Other.X[i])
                yield return $"x{i}: {Hart.X[i]:x} and {Other.X[i]:x}";
            if (Hart.F[i] != Other.F[i])
                yield return $"f{i}: {Hart.F[i]:x} and {Other.F[i]:x}";
        }

        if ((Hart.Pc, Hart.Fcsr, Hart.Retired, Hart.Reservation, Hart.ReservedValue)
            != (Other.Pc, Other.Fcsr, Other.Retired, Other.Reservation, Other.ReservedValue))
        {
            yield return $"pc {Hart.Pc:x}, fcsr {Hart.Fcsr:x}, retired {Hart.Retired}, reservation {Hart.Reservation:x} "
                + $"and {Other.Pc:x}, {Other.Fcsr:x}, {Other.Retired}, {Other.Reservation:x}";
        }
    }
}

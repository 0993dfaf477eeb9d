using System.Diagnostics;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Tests.Differential;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Machine.Tests.Translator;

/// <summary>Translated code stops when it is told to, takes bounded memory, and is not there where the host refuses it.</summary>
public sealed class TranslatorTests : IDisposable
{
    private const ulong Origin = 0x10000;
    private const ulong Data = 0x200000;

    private readonly Machine _machine = new();
    private readonly RealCpu _cpu;

    public TranslatorTests() => _cpu = new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Translator });

    public void Dispose()
    {
        _cpu.Dispose();
        _machine.Dispose();
    }

    public static TheoryData<string> Loops => ["add", "branch", "load", "divide", "float", "indirect", "interpreted"];

    [Theory]
    [MemberData(nameof(Loops))]
    public async Task Interrupt_OfALoop_EndsItSoonAndConsistently(string kind)
    {
        using IAddressSpace space = Load(_cpu, Loop(kind));
        var hart = new HartContext { Pc = Origin };
        hart.X[S0] = Data;
        hart.X[S1] = Origin + 4;
        int trials = TestScale.Of(50);
        ulong retired = 0;
        for (int i = 0; i < trials; i++)
        {
            Task interrupting = Task.Run(async () =>
            {
                await Task.Delay(1);
                _cpu.Interrupt();
            });
            _cpu.Run(hart, space, new RunLimits(ulong.MaxValue, 0, 0), out Trap trap);
            await interrupting;
            trap.Cause.Should().Be(TrapCause.Interrupted);
            retired += trap.Retired;
            hart.Retired.Should().Be(retired);
            hart.X[A0].Should().Be((retired + 2) / 3, "one of three instructions counts, and it is the loop's first");
        }
    }

    // What stands for "no page" in the TLB, and for "no target" in the jump cache, must equal nothing that a guest can ask for.
    [Theory]
    [InlineData("lh"), InlineData("lw"), InlineData("ld"), InlineData("amoadd.d")]
    public void Access_AnywhereInUnmappedPages_Faults(string mnemonic)
    {
        Asm code = new(Origin);
        code = mnemonic == "amoadd.d" ? code.Atomic(mnemonic, A0, A0, S0) : code.Load(mnemonic, A0, 0, S0);
        using IAddressSpace space = Load(_cpu, code.Addi(A1, A1, 1).Jal(Zero, Origin));
        foreach (ulong page in (ulong[])[0, 0x1000, ulong.MaxValue & ~0xFFFUL])
        {
            for (ulong offset = 0; offset < 4096; offset++)
            {
                var hart = new HartContext { Pc = Origin };
                hart.X[S0] = page + offset;
                _cpu.Run(hart, space, new RunLimits(100, 0, 0), out Trap trap);
                TrapCause ofAtomic = offset % 8 != 0 ? TrapCause.StoreAddressMisaligned : TrapCause.StorePageFault;
                trap.Cause.Should().Be(mnemonic == "amoadd.d" ? ofAtomic : TrapCause.LoadPageFault);
                (trap.Pc, trap.Retired).Should().Be((Origin, 0UL));
            }
        }
    }

    [Fact]
    public void Jump_ToAnyUnmappedAddress_Faults()
    {
        using IAddressSpace space = Load(_cpu, new Asm(Origin).Addi(A0, A0, 1).I("jalr", Zero, S0, 0));
        for (ulong target = 0; target < 0x4000; target++)
        {
            var hart = new HartContext { Pc = Origin };
            hart.X[S0] = target;
            _cpu.Run(hart, space, new RunLimits(100, 0, 0), out Trap trap);
            trap.Cause.Should().Be(TrapCause.InstructionPageFault);
            (trap.Pc, trap.Retired).Should().Be((target & ~1UL, 2UL));
        }
    }

    [Fact]
    public void ManySpaces_OfDifferentPrograms_TakeBoundedMemory()
    {
        for (int i = 0; i < TestScale.Of(400); i++)
        {
            var program = new RandomProgram(i, ProgramTraits.RoundsToNearest);
            using IAddressSpace space = _cpu.CreateAddressSpace(_cpu.Account);
            _cpu.Memory.Write(default, program.Image, _cpu.Account).Should().Be(MemoryStatus.Ok);
            EngineComparison.Map(space);
            _cpu.Run(program.NewHart(), space, new RunLimits(10_000, 0, 0), out _);
        }

        _cpu.TranslatedRegions.Should().BeGreaterThan(400);
        _cpu.PeakCodeBytes.Should().BeLessThan(8 << 20, "spaces that ended give their code back");
    }

    [Fact]
    public void LivingSpaces_MoreThanAreKept_RunOn()
    {
        var spaces = Enumerable.Range(0, 100).Select(_ => Load(_cpu, Loop("add"))).ToList();
        var harts = spaces.Select(_ => new HartContext { Pc = Origin }).ToList();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; i < spaces.Count; i++)
            {
                _cpu.Run(harts[i], spaces[i], new RunLimits(1_000, 0, 0), out Trap trap);
                trap.Cause.Should().Be(TrapCause.BudgetEnd);
                harts[i].Retired.Should().Be(1_000UL * ((ulong)round + 1));
            }
        }

        _cpu.PeakCodeBytes.Should().BeLessThan(24 << 20);
        spaces.ForEach(space => space.Dispose());
    }

    [Fact]
    public void Engine_AskedFor_IsWhatRuns()
    {
        _cpu.Engine.Should().Be(Engine.Translator);
        _cpu.EngineProblem.Should().BeNull();
        using var interpreting = new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Interpreter });
        interpreting.Engine.Should().Be(Engine.Interpreter);
        interpreting.EngineProblem.Should().BeNull();
    }

    [Fact]
    public void Host_WithoutExecutableMemory_Interprets()
    {
        // More than can be mapped.
        using var cpu = new RealCpu(_machine, new RealCpuOptions { Engine = Engine.Translator, CodeChunks = int.MaxValue });
        using IAddressSpace space = Load(cpu, Loop("add"));
        var hart = new HartContext { Pc = Origin };
        cpu.Run(hart, space, new RunLimits(300, 0, 0), out Trap trap);
        trap.Cause.Should().Be(TrapCause.BudgetEnd);
        hart.X[A0].Should().Be(100);
        cpu.Engine.Should().Be(Engine.Interpreter);
        cpu.EngineProblem.Should().Be("the host refuses executable memory");
    }

    private static IAddressSpace Load(RealCpu cpu, Asm code)
    {
        IAddressSpace space = cpu.CreateAddressSpace(cpu.Account);
        cpu.Memory.Write(default, code.ToArray(), cpu.Account).Should().Be(MemoryStatus.Ok);
        space.Map(new(Origin), default, 4096, PageRights.Read | PageRights.Execute);
        space.Map(new(Data), new(1 << 20), 4096, PageRights.Read | PageRights.Write);
        return space;
    }

    // a0 counts the rounds, of three instructions each.
    private static Asm Loop(string kind)
    {
        Asm code = new Asm(Origin).Addi(A0, A0, 1);
        return kind switch
        {
            "add" => code.Addi(A1, A1, 3).Jal(Zero, Origin),
            "branch" => code.Branch("bne", Zero, Zero, Origin).Jal(Zero, Origin),
            "load" => code.Load("ld", A1, 0, S0).Jal(Zero, Origin),
            "divide" => code.R("div", A1, A0, S0).Jal(Zero, Origin),
            "float" => code.R("fadd.d", 1, 1, 1).Jal(Zero, Origin),
            "indirect" => code.I("jalr", Zero, S1, 4).Jal(Zero, Origin),
            "interpreted" => code.R("clmul", A1, A0, S0).Jal(Zero, Origin),
            _ => throw new UnreachableException(kind),
        };
    }
}

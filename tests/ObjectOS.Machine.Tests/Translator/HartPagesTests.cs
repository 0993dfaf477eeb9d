using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Machine.Tests.Translator;

/// <summary>A hart that switches between two sets of page tables executes what each of them has at an address, again and again.</summary>
public sealed class HartPagesTests : IDisposable
{
    private const ulong Main = 0x1000, Shared = 0x4000, RootA = 0x10000, RootB = 0x13000, Device = 0x100000;
    private const int Rounds = 200;
    private const int S2 = 18;

    private readonly Machine _machine = new();

    public void Dispose() => _machine.Dispose();

    // Both pages are reached from one that both tables have: by falling into it, by an instruction that ends in it, by a jump.
    [Theory]
    [InlineData(Engine.Interpreter, 0xFF6UL), InlineData(Engine.Translator, 0xFF6UL), InlineData(Engine.Auto, 0xFF6UL)]
    [InlineData(Engine.Interpreter, 0xFF8UL), InlineData(Engine.Translator, 0xFF8UL), InlineData(Engine.Auto, 0xFF8UL)]
    public void PageAfterASharedOne_IsThatOfEachTable(Engine engine, ulong offset)
    {
        using var cpu = new RealCpu(_machine, new RealCpuOptions { Engine = engine });
        using IAddressSpace space = cpu.CreateAddressSpace(cpu.Account);
        space.Map(default, default, 0x20000, PageRights.Read | PageRights.Write | PageRights.Execute);

        // At offset 0xFF6 the third instruction ends in the page after.
        Asm[] ends = [Tail(1), Tail(2)];
        int before = (int)(0x1000 - offset);
        Write(cpu, Shared + offset, ends[0].ToArray()[..before]);
        Write(cpu, 0x5000, ends[0].ToArray()[before..]);
        Write(cpu, 0x6000, ends[1].ToArray()[before..]);
        WriteTables(cpu, RootA, 0x5000);
        WriteTables(cpu, RootB, 0x6000);
        Asm main = new Asm(Main).Li(T0, (int)(Shared + offset));
        ulong loop = main.Here;
        main.Csr("csrrw", 0, 0x180, S0).I("jalr", Ra, T0, 0).Csr("csrrw", 0, 0x180, S1).I("jalr", Ra, T0, 0)
            .Addi(S2, S2, -1).Branch("bne", S2, 0, loop).Li(A5, (int)Device).Store("sd", A0, 0, A5);
        Write(cpu, Main, main.ToArray());

        var hart = new HartContext { Mode = HartMode.Supervisor, Pc = Main, System = PrivilegedState.AfterReset(HartMode.Supervisor, 0, 48, false) };
        hart.System.Satp = SatpOf(RootA);
        (hart.X[S0], hart.X[S1], hart.X[S2]) = (SatpOf(RootA), SatpOf(RootB), Rounds);
        cpu.Run(hart, space, new RunLimits(1_000_000, 0, 0), out Trap trap);
        trap.Cause.Should().Be(TrapCause.StoreGuestPageFault, "at {0}", trap.Pc);
        trap.Value.Should().Be(Rounds * (1 + 2));
        trap.Retired.Should().Be(2 + (Rounds * (6 + (2 * 4))) + 2);
    }

    private static Asm Tail(int step) => new Asm(0).Addi(A1, A1, 1).Addi(A1, A1, 1).Addi(A0, A0, step).I("jalr", 0, Ra, 0);

    private static ulong SatpOf(ulong root) => 8UL << 60 | root >> 12;

    private static void WriteTables(RealCpu cpu, ulong root, ulong second)
    {
        WriteEntry(cpu, root, (root + 0x1000) >> 2 | 1);
        WriteEntry(cpu, root + 0x1000, (root + 0x2000) >> 2 | 1);
        foreach (var (page, target) in (ReadOnlySpan<(ulong, ulong)>)[(Main, Main), (Shared, Shared), (Shared + 0x1000, second), (Device, Device)])
            WriteEntry(cpu, root + 0x2000 + (page >> 12 << 3), target >> 2 | 0xCF);
    }

    private static void WriteEntry(RealCpu cpu, ulong address, ulong entry)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, entry);
        Write(cpu, address, bytes);
    }

    private static void Write(RealCpu cpu, ulong address, byte[] bytes) =>
        cpu.Memory.Write(new(address), bytes, cpu.Account).Should().Be(MemoryStatus.Ok);
}

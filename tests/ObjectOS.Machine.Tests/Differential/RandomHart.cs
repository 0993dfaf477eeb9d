using System.Buffers.Binary;
using System.Globalization;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Tests;
using static ObjectOS.Machine.Tests.Differential.RandomHartLayout;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>
/// A seeded program without end for a supervisor- or machine-mode hart: it changes its page tables, modes, protection, timers and its own
/// code at random, while handlers of both modes mend what they can.
/// </summary>
internal sealed class RandomHart
{
    // Registers that programs do not compute with.
    private const int Data = 18, UserData = 19, SuperData = 20, TableA = 21, TableB = 22, RootA = 23, RootB = 24, DeviceBase = 27, Scratch = 28;

    private readonly Random _random;
    private readonly HartMode _mode;
    private readonly List<ulong> _labels = [];

    public RandomHart(int seed, HartMode mode)
    {
        (Seed, _mode, _random) = (seed, mode, new Random(seed));
        Asm code = MakeCode();
        Start = _labels[_random.Next(_labels.Count)];
        Pieces =
        [
            (MachineHandler, MakeMachineHandler().ToArray()), (SupervisorHandler, MakeSupervisorHandler().ToArray()),
            (ProgramPages, code.ToArray()),
            .. MakeTables(),
        ];
    }

    public int Seed { get; }

    public ulong Start { get; }

    /// <summary>What is in physical memory, by address.</summary>
    public IReadOnlyList<(ulong Address, byte[] Bytes)> Pieces { get; }

    /// <summary>The instructions of the program, one a line, as it was before it ran.</summary>
    public string Listing()
    {
        var text = new System.Text.StringBuilder();
        byte[] code = Pieces.Single(piece => piece.Address == ProgramPages).Bytes;
        for (int at = 0; at + 4 <= code.Length;)
        {
            uint bits = BinaryPrimitives.ReadUInt32LittleEndian(code.AsSpan(at));
            bits = (bits & 3) == 3 ? bits : bits & 0xFFFF;
            if (bits != 0)
                text.AppendLine(CultureInfo.InvariantCulture, $"{ProgramPages + (ulong)at:x}: {Disassembler.Format(bits, ProgramPages + (ulong)at)}");
            at += (bits & 3) == 3 ? 4 : 2;
        }

        return text.ToString();
    }

    /// <summary>A hart that is about to run it.</summary>
    public HartContext NewHart()
    {
        var random = new Random(Seed);
        PrivilegedState system = PrivilegedState.AfterReset(_mode, 0, 48, updatesAccessed: random.Next(3) != 0);
        (system.Mtvec, system.Stvec, system.Satp) = (MachineHandler, SupervisorHandler, SatpOf(RootOfA));
        system.Mcounteren = system.Scounteren = 7;
        system.Menvcfg |= EnvironmentBits.Stce;
        system.Mstatus |= (ulong)random.Next(4) << StatusBits.FsShift;
        system.Mie = InterruptBits.All;
        system.Mstatus |= StatusBits.Sie;
        if (_mode == HartMode.Machine)
        {
            (system.Pmpcfg0, system.Pmpaddr[0]) = (0x1F, ulong.MaxValue >> 10);
            system.Medeleg = random.Next(4) == 0 ? 0 : 0xB1FFUL;
            system.Mideleg = InterruptBits.Supervisor;
            system.Mstatus |= StatusBits.Mie;
            system.Privilege = (PrivilegeMode)random.GetItems([0, 1, 3], 1)[0];
        }

        ulong pc = system.Privilege == PrivilegeMode.User ? Start + UserOffset : Start;
        var hart = new HartContext { Mode = _mode, System = system, Pc = pc };
        for (int i = 1; i < 18; i++)
            hart.X[i] = (ulong)random.NextInt64(-100, 100);
        const ulong Middle = DataPages + 0x1000;
        (hart.X[Data], hart.X[UserData], hart.X[SuperData]) = (Middle, Middle + UserOffset, Middle + SuperOffset);
        (hart.X[TableA], hart.X[TableB], hart.X[RootA], hart.X[RootB]) = (LeafOfA, LeafOfB, SatpOf(RootOfA), SatpOf(RootOfB));
        hart.X[DeviceBase] = Device;
        return hart;
    }

    // Some pieces, each across the end of a page, in a ring: what is executed again and again goes from page to page.
    private Asm MakeCode()
    {
        var code = new Asm(ProgramPages);

        // Two passes: the places of the second are those of the first.
        for (int pass = 0; pass < 2; pass++)
        {
            var random = new Random(Seed + 7);
            code = new Asm(ProgramPages).Half(1);
            var labels = new List<ulong>();
            for (ulong end = ProgramPages + 0x1000; end < ProgramPages + ProgramSize; end += 0x1000)
            {
                Skip(code, end - (ulong)random.Next(40, 120));
                ulong actions = code.Here + (ulong)random.Next(100, 400);
                while (code.Here < actions)
                {
                    labels.Add(code.Here);
                    new RandomHartActions(code, random, _mode, _labels).Add();
                }
            }

            code.Jal(0, ProgramPages);
            _labels.Clear();
            _labels.AddRange(labels);
        }

        return code;
    }

    // To a place of any alignment.
    private static void Skip(Asm code, ulong place)
    {
        place &= ~1UL;
        code.Jal(0, place);
        while (code.Here + 4 <= place)
            code.Word(0);
        if (code.Here < place)
            code.Half(0);
    }

    // Mends tables and starts anew in supervisor mode if code cannot be fetched; else passes the instruction.
    private Asm MakeSupervisorHandler()
    {
        const int Value = 31, Other = 30, Count = 29;
        var code = new Asm(SupervisorHandler);
        code.Csr("csrrs", Value, 0x142, 0).R("add", Count, Count, Value);
        Forward(code, "bge", Value, 0, over => over
            .I("andi", Value, Value, 15).Addi(Other, 0, 5).Branch("bne", Value, Other, over.Here + 20)
            .Csr("csrrs", Value, 0xC01, 0).Addi(Value, Value, 3).Csr("csrrw", 0, 0x14D, Value).Bare("sret")
            .Csr("csrrci", 0, 0x144, 2).Addi(Value, 0, 0x200).Csr("csrrc", 0, 0x104, Value).Bare("sret"));
        code.Addi(Other, 0, 12);
        Forward(code, "bne", Value, Other, over => Restart(Mend(over), 0x141, 0x100, 0x100, "sret"));
        code.Addi(Other, 0, 8);
        Forward(code, "bne", Value, Other, over => over
            .Csr("csrrs", Value, 0x141, 0).Li(Other, (int)UserOffset).R("xor", Value, Value, Other).Addi(Value, Value, 4)
            .Csr("csrrw", 0, 0x141, Value).Addi(Value, 0, 0x100).Csr("csrrs", 0, 0x100, Value).Bare("sret"));
        return code.Csr("csrrs", Value, 0x141, 0).Addi(Value, Value, 4).Csr("csrrw", 0, 0x141, Value).Bare("sret");
    }

    private Asm MakeMachineHandler()
    {
        const int Value = 31, Other = 30, Count = 29;
        var code = new Asm(MachineHandler);
        code.Li(Other, (int)StatusBits.Mprv).Csr("csrrc", 0, 0x300, Other).Csr("csrrs", Value, 0x342, 0).R("add", Count, Count, Value);
        Forward(code, "bge", Value, 0, over => over.Li(Other, 0x888).Csr("csrrc", 0, 0x304, Other).Bare("mret"));
        code.Csr("csrrwi", 0, 0x3A0, 0x1F).Addi(Other, 0, -1).Csr("csrrw", 0, 0x3B0, Other);
        foreach (int cause in (int[])[1, 12])
        {
            code.Addi(Other, 0, cause);
            Forward(code, "bne", Value, Other, over => Restart(Mend(over), 0x341, 0x300, 0x1800, "mret"));
        }

        code.Addi(Other, 0, 9);
        Forward(code, "bne", Value, Other, over => over.Li(Other, 0x1800).Csr("csrrs", 0, 0x300, Other));
        return code.Csr("csrrs", Value, 0x341, 0).Addi(Value, Value, 4).Csr("csrrw", 0, 0x341, Value).Bare("mret");
    }

    // In supervisor mode half the times where pages of the program follow each other in another order.
    private static Asm Restart(Asm code, int pcRegister, int statusRegister, int mode, string back)
    {
        code.Li(31, (int)ProgramPages + 2);
        if (back == "sret")
            code.Csr("csrrs", 30, 0xC02, 0).I("andi", 30, 30, 1).Li(29, (int)OtherOrderOffset).R("mul", 30, 30, 29).R("add", 31, 31, 30);
        return code.Csr("csrrw", 0, pcRegister, 31).Li(31, mode).Csr("csrrs", 0, statusRegister, 31).Bare(back);
    }

    // Copies the leaf tables from where they are untouched.
    private Asm Mend(Asm code)
    {
        code.Li(31, (int)LeafOfA).Addi(30, 0, UsedEntries).Li(29, 0x4000);
        ulong loop = code.Here;
        foreach (int step in (int[])[0, 1])
        {
            if (step == 1)
                code.Li(29, (int)(LeafOfB - LeafOfA)).R("add", 31, 31, 29).Li(29, 0x4000);
            code.R("add", 29, 29, 31).Load("ld", 29, 0, 29).Store("sd", 29, 0, 31);
        }

        code.Li(29, (int)(LeafOfB - LeafOfA)).R("sub", 31, 31, 29).Li(29, 0x4000).Addi(31, 31, 8).Addi(30, 30, -1);
        code.Branch("bne", 30, 0, loop);
        return _random.Next(3) != 0 ? code.R("sfence.vma", 0, 0, 0) : code;
    }

    private static void Forward(Asm code, string branch, int a, int b, Action<Asm> add)
    {
        var trial = new Asm(code.Here + 4);
        add(trial);
        code.Branch(branch, a, b, trial.Here);
        add(code);
    }

    // All identical but for the places further up: in the second set the code there is in other orders, in one of which a page stays where it
    // is and another follows it; so is the data.
    private static IEnumerable<(ulong Address, byte[] Bytes)> MakeTables()
    {
        foreach (bool isB in (bool[])[false, true])
        {
            (ulong root, ulong leaf) = isB ? (RootOfB, LeafOfB) : (RootOfA, LeafOfA);
            ulong middle = root + 0x1000;
            yield return (root, Words((0, Pointer(middle))));
            yield return (middle, Words((0, Pointer(leaf)), (1, 0xCF), (2, 0xCF)));
            var entries = new List<(int, ulong)>();
            for (ulong page = 1; page < 0x20; page++)
                entries.Add(((int)page, page << 10 | (page is >= 4 and < 12 && isB ? 0xFUL : 0xCF)));
            for (ulong i = 0; i < 4; i++)
            {
                entries.Add(((int)(0x44 + i), (4 + (isB ? i ^ 1 : i)) << 10 | 0x5B));
                entries.Add(((int)(0x48 + i), (8 + (isB ? i ^ 1 : i)) << 10 | 0x17));
                entries.Add(((int)(0x54 + i), (4 + (isB ? (4 - i) & 3 : i)) << 10 | 0x4B));
            }

            yield return (leaf, Words([.. entries]));
            yield return (leaf + 0x4000, Words([.. entries]));
        }
    }

    private static ulong Pointer(ulong table) => table >> 12 << 10 | 1;

    private static byte[] Words(params (int Index, ulong Value)[] entries)
    {
        byte[] table = new byte[4096];
        foreach (var (index, value) in entries)
            BinaryPrimitives.WriteUInt64LittleEndian(table.AsSpan(index * 8), value);
        return table;
    }
}

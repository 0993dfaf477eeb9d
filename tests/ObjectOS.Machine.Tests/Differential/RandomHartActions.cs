using ObjectOS.Cpu;
using ObjectOS.Tests;
using static ObjectOS.Machine.Tests.Differential.RandomHartLayout;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>What random programs of harts do, a few instructions each.</summary>
internal sealed class RandomHartActions(Asm code, Random random, HartMode mode, IReadOnlyList<ulong> labels)
{
    private const int Data = 18, TableA = 21, RootA = 23, DeviceBase = 27, Scratch = 28;
    private const int Sstatus = 0x100, Mstatus = 0x300;

    private static readonly string[] Additions = ["add", "sub", "xor", "or", "and", "mul", "sltu", "addw", "sll", "divu", "sh1add"];
    private static readonly string[] Loads = ["lb", "lbu", "lh", "lhu", "lw", "lwu", "ld"];
    private static readonly string[] Stores = ["sb", "sh", "sw", "sd"];
    private static readonly int[] Readable = [0xC00, 0xC01, 0xC02, 0x144, Sstatus, 0x180, 0x301, 0x344];
    private static readonly string[] Branches = ["beq", "bne", "blt", "bge", "bltu", "bgeu"];

    public void Add()
    {
        switch (random.Next(32))
        {
            case < 8: Compute(); break;
            case < 13: Access(); break;
            case < 16: code.Branch(Pick(Branches), Any(), Any(), Near()); break;
            case 16: code.Jal(random.Next(2), Near()); break;
            case 17: Jump(); break;
            case 18 or 19: ChangeEntry(); break;
            case 20: SwapEntries(); break;
            case 21: Fence(); break;
            case 22: ChangeStatus(); break;
            case 23: SwitchTables(); break;
            case 24: SetTimer(); break;
            case 25: Return(); break;
            case 26: PatchCode(); break;
            case 27: Atomic(); break;
            case 28: Floats(); break;
            case 29: code.Bare(Pick("ecall", "ebreak", "fence.i", "pause", "wfi", "ecall")); break;
            case 30: Protect(); break;
            default: ReadCounters(); break;
        }
    }

    private void Compute()
    {
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            if (random.Next(3) == 0)
                code.Half((ushort)(0x0001 | Any() << 7 | random.Next(1, 32) << 2));
            else if (random.Next(2) == 0)
                code.R(Pick(Additions), Any(), Any(), Any());
            else
                code.Addi(Any(), Any(), random.Next(-2048, 2048));
        }
    }

    private void Access()
    {
        int at = Data + random.Next(3);
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int offset = random.Next(4) == 0 ? random.Next(-2048, 2048) : random.Next(-12, 60) * 8;
            if (random.Next(12) == 0)
                code.Load(Pick(Loads), Any(), random.Next(5) * 16, DeviceBase);
            else if (random.Next(2) == 0)
                code.Load(Pick(Loads), Any(), offset, at);
            else
                code.Store(Pick(Stores), Any(), offset, random.Next(40) == 0 ? DeviceBase : at);
        }

        if (random.Next(3) == 0)
            code.Li(Scratch, 0x1000).R(Pick("add", "sub"), at, at, Scratch).Li(Scratch, 0x4FFFFF).R("and", at, at, Scratch);
    }

    // To the same code by another way.
    private void Jump()
    {
        ulong offset = random.GetItems([0UL, UserOffset, OtherOrderOffset, SuperOffset], 1)[0];
        code.Li(Scratch, (int)(Near() + offset)).I("jalr", random.Next(2), Scratch, 0);
    }

    private void ChangeEntry()
    {
        int table = TableA + random.Next(2), offset = Entry();
        int bit = random.GetItems([0, 1, 2, 3, 4, 6, 7, 10, 11], 1)[0];
        code.Load("ld", 5, offset, table).Addi(Scratch, 0, 1).I("slli", Scratch, Scratch, bit)
            .R(Pick("xor", "xor", "or"), 5, 5, Scratch).Store("sd", 5, offset, table);
        if (random.Next(2) == 0)
            Fence();
    }

    private void SwapEntries()
    {
        int table = TableA + random.Next(2), one = Entry(), other = Entry();
        code.Load("ld", 5, one, table).Load("ld", 6, other, table).Store("sd", 5, other, table).Store("sd", 6, one, table);
        if (random.Next(2) == 0)
            Fence();
    }

    private void Fence()
    {
        if (random.Next(3) != 0)
        {
            code.R(Pick("sfence.vma", "sinval.vma"), 0, 0, 0);
            return;
        }

        ulong page = (ulong)Entry() / 8 << 12;
        code.Li(Scratch, (int)(page + (random.Next(4) == 0 ? SuperOffset : 0))).R("sfence.vma", 0, Scratch, 0);
    }

    private void ChangeStatus()
    {
        ulong[] bits =
        [
            StatusBits.Sum, StatusBits.Mxr, StatusBits.Sie, StatusBits.Fs & 0x2000, StatusBits.Fs & 0x4000, StatusBits.Fs, StatusBits.Mprv,
            StatusBits.Mie,
        ];
        ulong bit = random.GetItems(bits, 1)[0];
        bool machine = mode == HartMode.Machine && (bit & (StatusBits.Mprv | StatusBits.Mie)) != 0;
        code.Li(Scratch, (int)bit).Csr(Pick("csrrs", "csrrc"), Any(), machine ? Mstatus : Sstatus, Scratch);
        if (machine && random.Next(2) == 0)
            code.Li(Scratch, random.Next(4) << 11).Csr(Pick("csrrs", "csrrc"), 0, Mstatus, Scratch);
    }

    private void SwitchTables()
    {
        if (random.Next(8) == 0)
            code.Csr("csrrw", 0, 0x180, 0);
        code.Csr("csrrw", 0, 0x180, RootA + random.Next(2));
    }

    private void SetTimer()
    {
        if (random.Next(3) == 0)
            code.Csr("csrrsi", 0, 0x144, 2);
        else if (random.Next(4) == 0)
            code.Li(Scratch, 0xAAA).Csr("csrrs", 0, mode == HartMode.Machine && random.Next(2) == 0 ? 0x304 : 0x104, Scratch);
        else
            code.Csr("csrrs", 5, 0xC01, 0).Addi(5, 5, random.Next(6) == 0 ? random.Next(120) : random.Next(4)).Csr("csrrw", 0, 0x14D, 5);
    }

    private void Return()
    {
        bool machine = mode == HartMode.Machine && random.Next(2) == 0;
        bool toUser = random.Next(2) == 0;
        code.Li(Scratch, (int)(Near() + (toUser ? UserOffset : 0))).Csr("csrrw", 0, machine ? 0x341 : 0x141, Scratch);
        code.Li(Scratch, machine ? 0x1800 : 0x100).Csr("csrrc", 0, machine ? Mstatus : Sstatus, Scratch);
        if (!toUser)
            code.Li(Scratch, machine ? 0x800 : 0x100).Csr("csrrs", 0, machine ? Mstatus : Sstatus, Scratch);
        code.Bare(machine ? "mret" : "sret");
    }

    // An instruction of the program takes the place of another.
    private void PatchCode()
    {
        int from = (int)(Near() - ProgramPages), to = (int)(Near() - ProgramPages);
        code.Li(Scratch, (int)ProgramPages + from).Load("lw", 5, 0, Scratch).Li(Scratch, (int)ProgramPages + to).Store("sw", 5, 0, Scratch);
        if (random.Next(2) == 0)
            code.Bare("fence.i");
    }

    private void Atomic()
    {
        string size = Pick(".w", ".d");
        int at = Data + random.Next(3);
        if (random.Next(2) == 0)
            code.Atomic(Pick("amoadd", "amoswap", "amomaxu", "amoor") + size, Any(), Any(), at);
        else
            code.Atomic("lr" + size, Any(), 0, at).Addi(Any(), Any(), 1).Atomic("sc" + size, Any(), Any(), at);
    }

    private void Floats()
    {
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int a = random.Next(32), b = random.Next(32), to = random.Next(32);
            switch (random.Next(5))
            {
                case 0: code.Load(Pick("fld", "flw"), to, random.Next(30) * 8, Data + random.Next(3)); break;
                case 1: code.Store(Pick("fsd", "fsw"), to, random.Next(30) * 8, Data + random.Next(3)); break;
                case 2: code.R(Pick("fadd.d", "fmul.d", "fdiv.d", "fadd.s"), to, a, b); break;
                case 3: code.Csr(Pick("csrrw", "csrrs"), Any(), random.Next(1, 3), random.Next(3) == 0 ? Any() : 0); break;
                default: code.R("fmv.x.d", Any(), a, 0); break;
            }
        }
    }

    private void Protect()
    {
        if (mode != HartMode.Machine)
        {
            Compute();
            return;
        }

        // A page or a part of one with some rights, and all the rest with all.
        ulong place = (ulong)random.Next(4, 12) << 12 | (ulong)random.Next(2) << 11;
        ulong size = random.Next(3) == 0 ? 0x100UL : 0x1FF;
        code.Li(Scratch, (int)(place >> 2 | size)).Csr("csrrw", 0, 0x3B0, Scratch).Addi(Scratch, 0, -1).Csr("csrrw", 0, 0x3B1, Scratch)
            .Li(Scratch, 0x1F00 | 0x18 | random.Next(8)).Csr("csrrw", 0, 0x3A0, Scratch);
    }

    private void ReadCounters() => code.Csr("csrrs", Any(), random.GetItems(Readable, 1)[0], 0);

    // A label, as a rule one that a branch reaches. The same numbers are drawn while no label is known yet.
    private ulong Near()
    {
        bool isAny = random.Next(8) == 0;
        int any = random.Next(1 << 20), step = random.Next(-12, 16);
        if (labels.Count == 0)
            return ProgramPages;
        int here = labels.Count - 1;
        while (here > 0 && labels[here] > code.Here)
            here--;
        return labels[isAny ? any % labels.Count : Math.Clamp(here + step, 0, labels.Count - 1)];
    }

    // Of a leaf table: code, data, what users have of both, code in another order.
    private int Entry() => 8 * (random.GetItems([4, 8, 0x44, 0x48, 0x54], 1)[0] + random.Next(4));

    private int Any() => random.Next(5, 18);

    private string Pick(params string[] names) => names[random.Next(names.Length)];
}

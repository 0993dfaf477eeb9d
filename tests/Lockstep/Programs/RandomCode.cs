using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Lockstep.Programs;

/// <summary>Fills the code region with random pieces: single instructions, and short sequences where one instruction needs others around it.</summary>
internal sealed class RandomCode(Random random, ProgramImage image, PageTables tables, BaseRegisters bases, CsrChoices csrs, Traits traits)
{
    private const int T3 = 28, T4 = 29, T5 = 30, T6 = 31;

    private readonly SlotWriter _slots = new(image);
    private readonly RandomRows _rows = new(random, bases);
    private readonly List<ulong> _patches = [];

    /// <summary>Writes all of it.</summary>
    public void Write()
    {
        while (_slots.HasRoom)
            AddPiece();
        _slots.Close();
    }

    private PrivilegeMode Mode => Zones.Of(_slots.Here);

    private void AddPiece()
    {
        // What is for machine mode alone comes to other parts now and then.
        int kind = random.Next(100);
        if (Mode != PrivilegeMode.Machine && kind is >= 91 and < 97 && random.Percent(Mode == PrivilegeMode.User ? 90 : 60))
            kind = random.Next(72);
        switch (kind)
        {
            case < 34: _slots.Add(_rows.Compute()); break;
            case < 58: _slots.Add(_rows.Access()); break;
            case < 72: AddCsr(); break;
            case < 76: AddTransfer(); break;
            case < 79: AddAtomic(); break;
            case < 81: AddReservation(); break;
            case < 83: AddCacheBlock(); break;
            case < 85: AddSplitStore(); break;
            case < 88: AddFence(); break;
            case < 91: AddTrap(); break;
            case < 94: AddReturn(); break;
            case < 96: AddEntryChange(); break;
            case < 97: AddPatch(); break;
            case < 99: AddInterrupt(); break;
            default: AddWait(); break;
        }
    }

    private void AddCsr()
    {
        CsrChoice choice = csrs.Next(random, Mode);
        int destination = _rows.Destination();
        if (random.Percent(25) || (CsrChoices.IsReadOnly(choice.Number) && random.Percent(90)))
        {
            _slots.Add(12, code => code.Csr(random.Of("csrrs", "csrrc"), destination, choice.Number, Zero));
            return;
        }

        if (choice.Number == Csr.Misa)
            return;
        bool changes = choice.Mask is not null && random.Percent(60);
        ulong value = changes ? choice.Mask!(random) : choice.Value(random);
        bool isImmediate = value < 32 && random.Percent(50);
        string mnemonic = (changes ? random.Of("csrrs", "csrrc") : "csrrw") + (isImmediate ? "i" : "");
        ulong fs = value & StatusBits.Fs;
        _slots.Add(48, code =>
        {
            if (!isImmediate)
                code.Li64(T3, value);
            code.Csr(mnemonic, destination, choice.Number, isImmediate ? (int)value : T3);
            if (choice.Number is Csr.Mstatus or Csr.Sstatus && fs != 0 && fs != StatusBits.Fs)
                code.R("fmv.d.x", random.Next(32), random.Next(32), Zero);
            if (choice.Number == Csr.Menvcfg || (choice.Number == Csr.Satp && random.Percent(50)))
                code.R("sfence.vma", 0, Zero, Zero);
        });
    }

    // To one of the next slots, or a little further on in this one.
    private void AddTransfer()
    {
        int link = _rows.Destination();
        int distance = Layout.SlotSize * random.Next(0, 5);
        string branch = random.Of("beq", "bne", "blt", "bge", "bltu", "bgeu");
        switch (random.Next(4))
        {
            case 0: _slots.Add(4, code => code.Jal(link, SlotAfter(code.Here) + (ulong)distance)); break;
            case 1: _slots.Add(12, code => NextSlot(code, T3).I("jalr", link, T3, distance + random.Next(1, 3))); break;
            default: _slots.Add(4, code => code.Branch(branch, random.Next(32), random.Next(32), SlotAfter(code.Here) + (ulong)distance)); break;
        }
    }

    private static ulong SlotAfter(ulong address) => (address | (Layout.SlotSize - 1)) + 1;

    // The last byte of this slot: one more is the next slot.
    private static Asm NextSlot(Asm code, int register) =>
        code.Word(Match("auipc") | (uint)register << 7).I("ori", register, register, Layout.SlotSize - 1);

    // A load before it has set A: where an atomic access may load but not store, whether A is set is left open.
    private void AddAtomic()
    {
        string mnemonic = random.Of("amoswap", "amoadd", "amoxor", "amoand", "amoor", "amomin", "amomax", "amominu", "amomaxu") + random.Of(".w", ".d");
        int register = random.Of(BaseRegisters.Aligned);
        _slots.Add(8, code => code.Load("ld", T4, 0, register)
            .Word(Match(mnemonic) | (uint)_rows.Destination() << 7 | (uint)register << 15 | (uint)random.Next(32) << 20 | (uint)random.Next(4) << 25));
    }

    // A store conditional that fails may be treated like a store or not: where it fails, memory can be written.
    private void AddReservation()
    {
        string size = random.Of(".w", ".d");
        int source = random.Next(32);
        if (random.Percent(20))
        {
            _slots.Add(40, code => code.Csr("csrrs", T4, Csr.Mscratch, Zero).Li64(T4, StatusBits.Mprv).Csr("csrrc", Zero, Csr.Mstatus, T4)
                .Li64(T3, Layout.Safe).Atomic("sc" + size, T4, source, T3));
            return;
        }

        int register = random.Of(BaseRegisters.Aligned);
        _slots.Add(12, code =>
        {
            code.Atomic("lr" + size, T4, 0, register);
            if (random.Percent(30))
                code.R("add", T5, T4, source);
            code.Atomic("sc" + size, T4, source, register);
        });
    }

    // Of a block that cannot be zeroed the address in the register or that of the block may be told: they are the same here.
    private void AddCacheBlock()
    {
        if (!traits.HasBlocks)
            return;
        if (random.Percent(40))
            _slots.Add(4, code => code.R("cbo.zero", 0, BaseRegisters.Block, 0));
        else
            _slots.Add(4, code => code.R(random.Of("cbo.inval", "cbo.clean", "cbo.flush"), 0, random.Of(BaseRegisters.Registers), 0));
    }

    // A store across pages may be done in part before it faults, so it stores what is there.
    private void AddSplitStore()
    {
        int register = random.Of(BaseRegisters.Registers);
        int size = random.Of(2, 4, 8);
        int offset = ((bases.Low(register) + size) & ~4095) - bases.Low(register) - random.Next(1, size);
        if (offset is < -2048 or >= 2040)
            offset = random.Next(-100, 100);
        (string load, string store) = size == 8 ? ("ld", "sd") : size == 4 ? ("lw", "sw") : ("lh", "sh");
        _slots.Add(8, code => code.Load(load, T3, offset, register).Store(store, T3, offset, register));
    }

    private void AddFence()
    {
        switch (random.Next(5))
        {
            case 0: _slots.Add(4, code => code.Bare(random.Of("sfence.w.inval", "sfence.inval.ir"))); break;
            case 1: _slots.Add(4, code => code.Bare("fence.i")); break;
            default: _slots.Add(4, code => code.R(random.Of("sfence.vma", "sinval.vma"), 0, random.Next(32), random.Next(32))); break;
        }
    }

    private void AddTrap()
    {
        switch (random.Next(5))
        {
            case 0: _slots.Add(4, code => code.Ecall()); break;
            case 1: _slots.Add(Match(random.Of("ebreak", "c.ebreak"))); break;
            case 2: _slots.Add(Match("mret")); break;
            case 3: _slots.Add(Match("sret")); break;
            default: _slots.Add(Illegal()); break;
        }
    }

    // Not what would be longer than 32 bits, of which the specification says nothing yet.
    private uint Illegal()
    {
        while (true)
        {
            uint bits = (uint)random.NextInt64();
            if (random.Percent(50))
                bits = bits & ~0x7Fu | random.Of<uint>(0x73, 0x53, 0x2F, 0x0F, 0x3B, 0x1B, 0x33, 0x13, 0x07, 0x03, 0x43);
            if ((bits & 0x1F) != 0x1F && !Decoder.TryDecode(bits, IsaConfiguration.Rv64Gc, out _))
                return (bits & 3) == 3 ? bits : bits & 0xFFFF;
        }
    }

    // To the next slot, or to the part of the mode that is returned to.
    private void AddReturn()
    {
        bool isMachine = Mode == PrivilegeMode.Machine ? random.Percent(80) : random.Percent(5);
        PrivilegeMode mode = random.Of(PrivilegeMode.User, PrivilegeMode.Supervisor, PrivilegeMode.Supervisor, isMachine ? PrivilegeMode.Machine : PrivilegeMode.User);
        ulong previous = isMachine ? (ulong)mode << StatusBits.MppShift : mode == PrivilegeMode.Supervisor ? StatusBits.Spp : 0;
        ulong target = tables.Windows[random.Percent(60) ? 0 : random.Next(tables.Windows.Count)].Base + (Zones.AnySlot(random, mode) - Layout.Ram);
        bool isFar = random.Percent(60);
        (int epc, int status, ulong field, string back) = isMachine ? (Csr.Mepc, Csr.Mstatus, StatusBits.Mpp, "mret") : (Csr.Sepc, Csr.Sstatus, StatusBits.Spp, "sret");
        _slots.Add(64, code => (isFar ? code.Li64(T3, target) : NextSlot(code, T3).Addi(T3, T3, 1)).Csr("csrrw", Zero, epc, T3)
            .Li64(T3, field).Csr("csrrc", Zero, status, T3).Li64(T3, previous).Csr("csrrs", Zero, status, T3).Bare(back));
    }

    // M-mode alone gets past the first instruction: what comes after it is not done without the fence.
    private void AddEntryChange()
    {
        LeafEntry leaf = tables.Leaves[random.Next(tables.Leaves.Count)];
        int change = random.Of(1 << random.Next(11), random.Next(1 << 8));
        bool isSingle = random.Percent(70);
        _slots.Add(64, code => code.Csr("csrrs", T3, Csr.Mscratch, Zero).Li64(T3, leaf.Address).Load("ld", T4, 0, T3).I("xori", T4, T4, change)
            .Store("sd", T4, 0, T3).Li64(T5, leaf.Virtual).R("sfence.vma", 0, isSingle ? T5 : Zero, Zero));
    }

    // Overwrites an instruction of this slot or of another one.
    private void AddPatch()
    {
        uint word;
        do
            word = _rows.Compute();
        while ((word & 3) != 3);
        _slots.EndSlot();
        _patches.Add(_slots.Here + 24);
        int distance = (int)(random.Of([.. _patches.TakeLast(10).Where(patch => _slots.Here - patch < 2048 || patch > _slots.Here)]) - _slots.Here);
        _slots.Add(32, code =>
        {
            code.Word(Match("auipc") | T3 << 7).Li(T4, (int)word).Store("sw", T4, distance, T3).Bare("fence.i");
            while (code.Here < _patches[^1])
                code.Addi(Zero, Zero, 0);
            code.Addi(T6, T6, 1);
        });
    }

    private void AddInterrupt()
    {
        ulong bit = random.Of(InterruptBits.Ssip, InterruptBits.Stip, InterruptBits.Seip);
        switch (random.Next(Mode == PrivilegeMode.Machine ? 0 : 3, 4))
        {
            case 0: _slots.Add(28, code => code.Li64(T3, Layout.Msip).Addi(T4, Zero, random.Next(2)).Store("sw", T4, 0, T3)); break;
            case 1: _slots.Add(28, code => code.Li64(T3, Layout.Mtimecmp).Addi(T4, Zero, random.Of(0, 50, 70, -1)).Store("sd", T4, 0, T3)); break;
            case 2: _slots.Add(16, code => code.Addi(T3, Zero, (int)bit).Csr("csrrs", Zero, Csr.Mie, T3).Csr("csrrs", Zero, Csr.Mip, T3)); break;
            default: _slots.Add(16, code => code.Csr("csrrsi", Zero, Csr.Sie, (int)InterruptBits.Ssip).Csr("csrrsi", Zero, Csr.Sip, (int)InterruptBits.Ssip)); break;
        }
    }

    // Mostly something is pending that is enabled and not taken, so that it does not wait; a program whose hart waits ends there.
    private void AddWait()
    {
        int kind = Mode == PrivilegeMode.Machine ? random.Next(15) : random.Next(11, 20);
        (int status, int global, int enable, int pending) = kind < 12 ? (Csr.Mstatus, (int)StatusBits.Mie, Csr.Mie, Csr.Mip) : (Csr.Sstatus, (int)StatusBits.Sie, Csr.Sie, Csr.Sip);
        _slots.Add(16, code =>
        {
            if (kind != 0)
                code.Csr("csrrci", Zero, status, global).Csr("csrrsi", Zero, enable, (int)InterruptBits.Ssip).Csr("csrrsi", Zero, pending, (int)InterruptBits.Ssip);
            code.Bare("wfi");
        });
    }
}

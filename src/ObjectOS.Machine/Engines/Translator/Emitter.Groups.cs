using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Loads and stores off one base that are near each other: one check for all.</content>
/// <remarks>
/// The check is for a store if any of them is one, and for the page of the first and of the last byte. Where it fails, a second copy of
/// the rest of the
/// block does it access by access, so that faults and stores to code are as exact as without groups. No copy exists while it is not needed.
/// </remarks>
internal sealed unsafe partial class Emitter
{
    private const int MostSpan = 512;

    // Below this index, accesses by _groupBase go through the host's offset in rdx.
    private int _groupEnd, _groupBase;

    // In the second copy of a block.
    private bool _isApart;

    /// <summary>What a group covers: displacements from its base, the index of its last access, and whether any is a store.</summary>
    private struct Group
    {
        public int Low;
        public int High;
        public int Last;
        public int Accesses;
        public bool Writes;
    }

    /// <summary>Opens a group at an access if others follow that belong to it: rdx is then what to add to their addresses.</summary>
    private bool TryOpenGroup(in DecodedInstruction d, int offset)
    {
        if (_index < _groupEnd || _isApart || d.Rs1 == Registers.Zero)
            return false;
        Group group = FindGroup(d, offset);
        if (group.Accesses < 2)
            return false;
        byte* site = Reserve(sizeof(uint));
        *(uint*)site = 0;
        int tag = StateLayout.Tlb + (group.Writes ? StateLayout.WriteTag : StateLayout.ReadTag);
        int address = Source(d.Rs1, Rax);
        _c.Data(0x8B, Rcx, site, wide: false);
        _c.Lea(Rdx, address, group.High - 1);
        _c.Lea(Rax, address, group.Low);
        _c.ArithmeticImmediate(And, Rdx, -4096, wide: true);
        _c.ArithmeticImmediate(And, Rax, -4096, wide: true);
        _c.Memory(0x3B, Rax, Rbp, Rcx, 0, tag, wide: true);
        nint miss = (nint)_c.JumpIf(NotEqual);
        _c.Arithmetic(Cmp, Rdx, Rax, wide: true);
        nint apart = (nint)_c.JumpIf(NotEqual);
        _c.Memory(0x8B, Rdx, Rbp, Rcx, 0, tag + StateLayout.OffsetAfterTag, wide: true);
        _cold.Add(new Cold
        {
            Kind = ColdKind.Group, From = miss, FromApart = apart, Back = (nint)_c.P, Base = d.Rs1,
            Displacement = group.Low, Size = group.High - group.Low,
            Site = (nint)site, Writes = group.Writes, Offset = offset, Start = _start, Index = _index, Count = _count,
        });
        _groupBase = d.Rs1;
        _groupEnd = group.Last + 1;
        return true;
    }

    private Group FindGroup(in DecodedInstruction first, int offset)
    {
        var group = new Group
        {
            Low = first.Imm, High = first.Imm + SizeOf(first.Op), Last = _index, Accesses = 1, Writes = IsStore(first.Op),
        };
        int place = offset + first.Length;
        bool isOver = Overwrites(first, first.Rs1);
        for (int i = _index + 1; i < _count && !isOver; i++)
        {
            ref readonly DecodedInstruction d = ref _region.At(place);
            if (!KeepsGroup(d.Op))
                break;
            if (IsAccess(d.Op) && d.Rs1 == first.Rs1)
            {
                int low = Math.Min(group.Low, d.Imm), high = Math.Max(group.High, d.Imm + SizeOf(d.Op));
                if (high - low > MostSpan)
                    break;
                bool writes = group.Writes || IsStore(d.Op);
                group = new Group { Low = low, High = high, Last = i, Accesses = group.Accesses + 1, Writes = writes };
            }

            isOver = Overwrites(d, first.Rs1);
            place += d.Length;
        }

        return group;
    }

    private void EmitColdGroup(in Cold cold)
    {
        _c.Lea(Rax, Source(cold.Base, Rax), cold.Displacement);
        _c.StoreImmediate(Rbp, StateLayout.Scratch, cold.Size - 1, wide: true);
        _c.Data(0x8D, Rcx, (byte*)cold.Site, wide: true);
        _c.CallTo(cold.Writes ? stubs.WriteGroup : stubs.ReadGroup);
        byte* miss = _c.JumpIf(NotEqual);
        _c.Move(Rdx, Rcx);
        _c.JumpTo((byte*)cold.Back);
        Patch((byte*)cold.FromApart, _c.P);
        Patch(miss, _c.P);
        _isApart = true;
        (_start, _tail) = (cold.Start, _charges.TailOf(cold.Start));
        EmitRun(cold.Offset, cold.Index, cold.Count);
        _isApart = false;
    }

    private static bool IsAccess(Op op) => op is (>= Op.Lb and <= Op.Sd) or Op.Fld or Op.Fsd or Op.Flw or Op.Fsw;

    private static bool Overwrites(in DecodedInstruction d, int register) =>
        d.Rd == register && !IsStore(d.Op) && d.Op is not (Op.Fld or Op.Flw);

    // Those that leave rdx alone and always go on to the next instruction.
    private static bool KeepsGroup(Op op) => IsAccess(op)
        || op is Op.Nop or Op.Li or Op.Mv or Op.Lui or Op.Auipc or Op.Mul or Op.Mulw or (>= Op.Addi and <= Op.Sraw)
            or (>= Op.FmaddS and <= Op.FcvtSLu) or (>= Op.FmaddD and <= Op.FcvtDS)
            or (>= Op.AddUw and <= Op.ZextH) or (>= Op.Rev8 and <= Op.CzeroNez);
}

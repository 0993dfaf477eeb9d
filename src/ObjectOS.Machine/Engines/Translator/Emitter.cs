using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Generates x64 code for regions. Every guest register is in its home, a register or its place in the state, wherever an instruction
/// begins: so a trap,
/// an exit or a jump between translations has nothing to put right.
/// </summary>
/// <remarks>
/// Where the budget is checked and charged is what <see cref="Charges"/> decides. If the budget does not cover the longest way from a head,
/// the code exits there. An exit in the middle refunds the instructions that were charged and are not retired. An entry from outside in the
/// middle checks too.
/// </remarks>
internal sealed unsafe partial class Emitter(Stubs stubs)
{
    // More than one instruction takes, with all that it leaves for the end of the region.
    private const int CodeMargin = 512, DataMargin = 64;

    private readonly Charges _charges = new();

    // Of each block: where it is entered from outside, and from code of the region.
    private readonly nint[] _entries = new nint[Region.Places];
    private readonly nint[] _bodies = new nint[Region.Places];
    private readonly List<(nint At, int Target)> _jumps = [];
    private readonly List<Cold> _cold = [];

    private Region _region = null!;
    private CodeStore _store = null!;
    private EmitTarget _target;
    private X64Encoder _c;
    private byte* _codeEnd, _data, _dataEnd;
    private bool _isFull;

    // Of the block at work: its start, its instructions, and which of them is next; instructions after it that it has charged.
    private int _start, _count, _index, _tail;

    // The sign of the instruction's word need not be extended.
    private bool _leavesSign;

    // Where the block after this one in the region begins; −1: there is none, or it is not the next code.
    private int _nextStart;

    /// <summary>
    /// Generates the code of a region into the store's chunk and enters it. False: the chunk has too little room, and nothing was done.
    /// </summary>
    public bool TryEmit(Region region, CodeStore store, in EmitTarget target, nint toExecuted)
    {
        (_region, _store, _target, _isFull) = (region, store, target, false);
        CodeCursor cursor = store.Cursor;
        int exits = store.ExitCount;
        _c = new X64Encoder { P = cursor.Code, ToExecuted = toExecuted };
        _codeEnd = cursor.CodeEnd - CodeMargin;
        _data = cursor.Data;
        _dataEnd = cursor.DataEnd - DataMargin;
        _charges.Find(region);
        _jumps.Clear();
        _cold.Clear();
        for (int i = 0; i < region.Starts.Count && HasRoom(); i++)
        {
            _nextStart = i + 1 < region.Starts.Count ? region.Starts[i + 1] : -1;
            EmitBlock(region.Starts[i]);
        }

        _nextStart = -1;
        for (int i = 0; i < _cold.Count && HasRoom(); i++)
            EmitCold(_cold[i]);
        if (_isFull)
        {
            store.ExitCount = exits;
            return false;
        }

        foreach (var (at, to) in _jumps)
            Patch((byte*)at, (byte*)_bodies[to >> 1]);
        foreach (int start in region.Starts)
            target.Entries[region.Page + (ulong)start] = _entries[start >> 1] + toExecuted;
        store.Cursor = new CodeCursor(_c.P, cursor.CodeEnd, _data, cursor.DataEnd);
        return true;
    }

    private bool Has(EmitRules rule) => (_target.Rules & rule) != 0;

    private ulong AddressOf(int offset) => _region.Page + (ulong)offset;

    /// <summary>The place of code, as the store and the exits know it.</summary>
    private nint Here => (nint)_c.P + _c.ToExecuted;

    private bool HasRoom()
    {
        _isFull |= _c.P > _codeEnd || _data > _dataEnd;
        return !_isFull;
    }

    private void EmitBlock(int start)
    {
        (_start, _tail) = (start, _charges.TailOf(start));
        _bodies[start >> 1] = (nint)_c.P;
        if (_charges.IsHead(start))
        {
            Enter(start, _charges.OwnChargeOf(start));
        }
        else
        {
            _cold.Add(new Cold { Kind = ColdKind.Entry, Offset = start });
            Charge(_charges.OwnChargeOf(start));
        }

        EmitRun(start, 0, _charges.CountOf(start));
    }

    // Checks the budget for all the ways from a block, and charges.
    private void Enter(int start, int charge)
    {
        _entries[start >> 1] = (nint)_c.P;
        int need = _charges.NeedOf(start);
        bool isAll = charge == need;
        _c.ArithmeticImmediate(isAll ? Sub : Cmp, R15, need, wide: false);
        nint from = (nint)_c.JumpIf(Less);
        _cold.Add(new Cold { Kind = ColdKind.Budget, From = from, Offset = start, Size = isAll ? charge : 0 });
        if (!isAll)
            Charge(charge);
    }

    private void Charge(int instructions)
    {
        if (instructions > 0)
            _c.ArithmeticImmediate(Sub, R15, instructions, wide: false);
    }

    private void Refund(int instructions)
    {
        if (instructions > 0)
            _c.ArithmeticImmediate(Add, R15, instructions, wide: false);
    }

    /// <summary>The instructions of a block from one on, and the way out of it.</summary>
    private void EmitRun(int offset, int index, int count)
    {
        (_count, _groupEnd) = (count, 0);
        for (_index = index; _index < count; _index++)
        {
            if (!HasRoom())
                return;
            ref readonly DecodedInstruction d = ref _region.At(offset);
            int next = offset + d.Length;
            if (_index == count - 1 && Region.Ends(d.Op))
            {
                EmitEnd(d, offset, next);
                return;
            }

            if (_index + 1 < count && TryEmitPair(d, offset, _region.At(next), out int length))
            {
                _index++;
                offset += length;
                continue;
            }

            _leavesSign = IsOverwritten(d, next);
            Emit(d, offset);
            offset = next;
        }

        GoTo(offset);
    }

    private void Emit(in DecodedInstruction d, int offset)
    {
        switch (d.Op)
        {
            case Op.Nop or Op.Fence or Op.FenceI: break;
            case Op.Pause when !Has(EmitRules.Hart): break;
            case (>= Op.Lb and <= Op.Sd) or Op.Fld or Op.Fsd or Op.Flw or Op.Fsw: EmitAccess(d, offset); break;
            case (>= Op.Lui and <= Op.Auipc) or (>= Op.Addi and <= Op.Sraw) or Op.Li or Op.Mv: EmitInteger(d, offset); break;
            case >= Op.Mul and <= Op.Remuw: EmitMultiply(d); break;
            case (>= Op.AddUw and <= Op.ZextH) or (>= Op.Rev8 and <= Op.CzeroNez) or (>= Op.Pack and <= Op.Packw): EmitBits(d); break;
            case (>= Op.AmoswapW and <= Op.AmomaxuW) or (>= Op.AmoswapD and <= Op.AmomaxuD): EmitAtomic(d, offset); break;
            case Op.LrW or Op.LrD: EmitLoadReserved(d, offset); break;
            case Op.ScW or Op.ScD: EmitStoreConditional(d, offset); break;
            case (>= Op.FmaddS and <= Op.FcvtSLu) or (>= Op.FmaddD and <= Op.FcvtDS): EmitFloat(d, offset); break;
            case >= Op.Csrrw and <= Op.Csrrci when !Has(EmitRules.HidesFloats) && TryEmitFloatRegister(d): break;
            default: Interpret(d, offset); break;
        }
    }

    /// <summary>Emits an exit that has the interpreter execute one instruction; translated code resumes after it.</summary>
    private void Interpret(in DecodedInstruction d, int offset)
    {
        _groupEnd = 0;
        int exit = AddInterpretExit(d, offset);
        LeaveBy(exit);
        _store.ExitAt(exit).Resume = Here;
    }

    private int AddInterpretExit(in DecodedInstruction d, int offset) =>
        _store.AddExit(new Exit
        {
            Kind = ExitKind.Interpret, Pc = AddressOf(offset), Instruction = d,
            Refund = _count - _index + _tail, Ahead = _charges.NeedOf(_start) - _charges.CountOf(_start) - _tail,
        });

    private void LeaveBy(int exit)
    {
        _c.MoveImmediate(Rax, exit);
        _c.JumpTo(stubs.Leave);
    }

    private void EmitCold(in Cold cold)
    {
        if (cold.From != 0)
            Patch((byte*)cold.From, _c.P);
        switch (cold.Kind)
        {
            case ColdKind.Entry:
                int own = _charges.OwnChargeOf(cold.Offset);
                Enter(cold.Offset, _charges.CountOf(cold.Offset) + _charges.TailOf(cold.Offset) - own);
                _c.JumpTo((byte*)_bodies[cold.Offset >> 1]);
                break;
            case ColdKind.Exit:
                LeaveBy(cold.Exit);
                break;
            case ColdKind.Link:
                Refund(cold.Size);
                Link(cold.Pc);
                break;
            case ColdKind.Budget:
                Refund(cold.Size);
                LeaveBy(_store.AddExit(new Exit
                {
                    Kind = ExitKind.Budget, Pc = AddressOf(cold.Offset), Charge = _charges.NeedOf(cold.Offset),
                    Resume = _entries[cold.Offset >> 1] + _c.ToExecuted,
                }));
                break;
            case ColdKind.Indirect:
                _c.Store(Rax, Rbp, StateLayout.Target);
                LeaveBy(cold.Exit);
                break;
            case ColdKind.Access:
                EmitColdAccess(cold);
                break;
            case ColdKind.Nan or ColdKind.NanSingle:
                EmitColdNan(cold);
                break;
            case ColdKind.Group:
                EmitColdGroup(cold);
                break;
        }
    }

    private enum ColdKind : byte
    {
        Entry,
        Exit,
        Link,
        Budget,
        Indirect,
        Access,
        Nan,
        NanSingle,
        Group,
    }

    /// <summary>Code that is seldom reached and stands after the region's blocks.</summary>
    private struct Cold
    {
        public ColdKind Kind;

        /// <summary>The displacement of the jump to it.</summary>
        public nint From;

        /// <summary>Where it goes back to.</summary>
        public nint Back;

        public ulong Pc;
        public int Exit;

        /// <summary>Bytes of an access; instructions that are charged or given back.</summary>
        public int Size;

        /// <summary>The block that is meant.</summary>
        public int Offset;

        // Of an access.
        public int Base;
        public int Displacement;
        public nint Site;
        public bool Writes;
        public bool IsAtomic;

        // Of a group: the jump of the case that it lies in two pages, and the block from its first access on.
        public nint FromApart;
        public int Start;
        public int Index;
        public int Count;
    }
}

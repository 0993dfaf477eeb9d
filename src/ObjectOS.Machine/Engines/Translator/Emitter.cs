using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Generates x64 code for regions. Every guest register is in its home, a register or its place in the state, wherever an instruction begins: so a trap,
/// an exit or a jump between translations has nothing to put right.
/// </summary>
/// <remarks>
/// A block charges its instructions when it is entered and is left before its first if the budget does not reach to its last. An exit out of its
/// middle says how many it did not retire.
/// </remarks>
internal sealed unsafe partial class Emitter(Stubs stubs)
{
    // More than one instruction takes, with all that it leaves for the end of the region.
    private const int CodeMargin = 512, DataMargin = 64;

    private readonly nint[] _addresses = new nint[Region.Places];
    private readonly List<(nint At, int Target)> _jumps = [];
    private readonly List<Cold> _cold = [];

    private Region _region = null!;
    private TranslatedSpace _space = null!;
    private X64Encoder _c;
    private byte* _codeEnd, _data, _dataEnd;
    private bool _isFull;

    // Of the block at work: its instructions, and which of them is next.
    private int _count, _index;

    // Where the block after this one in the region begins; −1: there is none, or it is not the next code.
    private int _nextStart;

    /// <summary>
    /// Generates the code of a region into the space's chunk and enters it. False: the chunk has too little room, and nothing was done.
    /// </summary>
    public bool TryEmit(Region region, TranslatedSpace space, nint toExecuted)
    {
        (_region, _space, _isFull) = (region, space, false);
        CodeCursor cursor = space.Cursor;
        int exits = space.ExitCount;
        _c = new X64Encoder { P = cursor.Code, ToExecuted = toExecuted };
        _codeEnd = cursor.CodeEnd - CodeMargin;
        _data = cursor.Data;
        _dataEnd = cursor.DataEnd - DataMargin;
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
            space.ExitCount = exits;
            return false;
        }

        foreach (var (at, target) in _jumps)
            Patch((byte*)at, (byte*)_addresses[target >> 1]);
        foreach (int start in region.Starts)
            space.Entries[region.Page + (ulong)start] = _addresses[start >> 1] + toExecuted;
        space.Cursor = new CodeCursor(_c.P, cursor.CodeEnd, _data, cursor.DataEnd);
        return true;
    }

    private ulong AddressOf(int offset) => _region.Page + (ulong)offset;

    /// <summary>The place of code, as the space and the exits know it.</summary>
    private nint Here => (nint)_c.P + _c.ToExecuted;

    private bool HasRoom()
    {
        _isFull |= _c.P > _codeEnd || _data > _dataEnd;
        return !_isFull;
    }

    private void EmitBlock(int start)
    {
        _addresses[start >> 1] = (nint)_c.P;
        int count = _region.CountFrom(start, out _);
        _c.ArithmeticImmediate(Sub, R15, count, wide: false);
        byte* short_ = _c.JumpIf(Less);
        _cold.Add(new Cold { Kind = ColdKind.Budget, From = (nint)short_, Pc = AddressOf(start), Size = count });
        EmitRun(start, 0, count);
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

            Emit(d, offset);
            offset = next;
        }

        GoTo(offset);
    }

    private void Emit(in DecodedInstruction d, int offset)
    {
        switch (d.Op)
        {
            case Op.Nop or Op.Fence or Op.FenceI or Op.Pause: break;
            case (>= Op.Lb and <= Op.Sd) or Op.Fld or Op.Fsd or Op.Flw or Op.Fsw: EmitAccess(d, offset); break;
            case (>= Op.Lui and <= Op.Auipc) or (>= Op.Addi and <= Op.Sraw) or Op.Li or Op.Mv: EmitInteger(d, offset); break;
            case >= Op.Mul and <= Op.Remuw: EmitMultiply(d); break;
            case (>= Op.AddUw and <= Op.ZextH) or (>= Op.Rev8 and <= Op.CzeroNez) or (>= Op.Pack and <= Op.Packw): EmitBits(d); break;
            case (>= Op.AmoswapW and <= Op.AmomaxuW) or (>= Op.AmoswapD and <= Op.AmomaxuD): EmitAtomic(d, offset); break;
            case (>= Op.FmaddS and <= Op.FcvtSLu) or (>= Op.FmaddD and <= Op.FcvtDS): EmitFloat(d, offset); break;
            case >= Op.Csrrw and <= Op.Csrrci when TryEmitFloatRegister(d): break;
            default: Interpret(d, offset); break;
        }
    }

    /// <summary>Leaves one instruction to the interpreter and goes on after it.</summary>
    private void Interpret(in DecodedInstruction d, int offset)
    {
        _groupEnd = 0;
        int exit = AddInterpretExit(d, offset);
        LeaveBy(exit);
        _space.ExitAt(exit).Resume = Here;
    }

    private int AddInterpretExit(in DecodedInstruction d, int offset) =>
        _space.AddExit(new Exit { Kind = ExitKind.Interpret, Pc = AddressOf(offset), Refund = _count - _index, Instruction = d });

    private void LeaveBy(int exit)
    {
        _c.MoveImmediate(Rax, exit);
        _c.JumpTo(stubs.Leave);
    }

    private void EmitCold(in Cold cold)
    {
        Patch((byte*)cold.From, _c.P);
        switch (cold.Kind)
        {
            case ColdKind.Exit:
                LeaveBy(cold.Exit);
                break;
            case ColdKind.Link:
                Link(cold.Pc);
                break;
            case ColdKind.Budget:
                _c.ArithmeticImmediate(Add, R15, cold.Size, wide: false);
                LeaveBy(_space.AddExit(new Exit { Kind = ExitKind.Budget, Pc = cold.Pc }));
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
        public int Size;

        // Of an access.
        public int Base;
        public int Displacement;
        public nint Site;
        public bool Writes;
        public bool IsAtomic;

        // Of a group: the jump of the case that it lies in two pages, and the block from its first access on.
        public nint FromApart;
        public int Offset;
        public int Index;
        public int Count;
    }
}

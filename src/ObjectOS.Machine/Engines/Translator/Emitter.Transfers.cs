using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Ways out of a block.</content>
internal sealed unsafe partial class Emitter
{
    private void EmitEnd(in DecodedInstruction d, int offset, int next)
    {
        switch (d.Op)
        {
            case Op.J:
                GoTo(offset + d.Imm);
                break;
            case Op.Jal:
                SetImmediate(d.Rd, (long)AddressOf(next));
                GoTo(offset + d.Imm);
                break;
            case Op.Jr or Op.Jalr:
                EmitIndirect(d, next);
                break;
            case Op.Beqz or Op.Bnez:
                if (RegisterMap.HostOf(d.Rs1) is >= 0 and var tested)
                    _c.Registers(0x85, tested, tested, wide: true);
                else
                    _c.ArithmeticMemoryImmediate(Cmp, Rbp, StateLayout.X(d.Rs1), 0, wide: true);
                Branch(d.Op == Op.Beqz ? Equal : NotEqual, offset + d.Imm, next);
                break;
            case >= Op.Beq and <= Op.Bgeu:
                Compare(d.Rs1, d.Rs2);
                Branch(ConditionOf(d.Op), offset + d.Imm, next);
                break;
            default:
                LeaveBy(AddInterpretExit(d, offset));
                break;
        }
    }

    private static int ConditionOf(Op branch) => branch switch
    {
        Op.Beq => Equal,
        Op.Bne => NotEqual,
        Op.Blt => Less,
        Op.Bge => GreaterOrEqual,
        Op.Bltu => Below,
        _ => AboveOrEqual,
    };

    private void EmitIndirect(in DecodedInstruction d, int next)
    {
        int source = Source(d.Rs1, Rax);
        _c.Lea(Rax, source, d.Imm);
        if (d.Op == Op.Jalr)
            SetImmediate(d.Rd, (long)AddressOf(next));
        if (Has(EmitRules.Hart))
        {
            LookUpTarget();
            return;
        }

        _c.Move32(Rcx, Rax);
        _c.ArithmeticImmediate(And, Rcx, (StateLayout.JumpEntries - 1) << 1, wide: false);
        _c.Memory(0x3B, Rax, Rbp, Rcx, 3, StateLayout.Jumps, wide: true);
        byte* miss = _c.JumpIf(NotEqual);
        _c.Memory(0xFF, 4, Rbp, Rcx, 3, StateLayout.Jumps + 8, wide: false);
        _cold.Add(new Cold { Kind = ColdKind.Indirect, From = (nint)miss, Exit = _store.AddExit(new Exit { Kind = ExitKind.Indirect }) });
    }

    // A taken branch out of the region goes through a link after the blocks.
    private void Branch(int condition, int target, int next)
    {
        nint from = (nint)_c.JumpIf(condition);
        if (!_region.HasBlock(target))
        {
            _cold.Add(new Cold { Kind = ColdKind.Link, From = from, Pc = _region.Page + (ulong)(long)target, Size = _tail });
        }
        else
        {
            _jumps.Add((from, target));
        }

        GoTo(next);
    }

    /// <summary>Emits a transfer to an offset from the page, which may lie outside of it.</summary>
    private void GoTo(int offset)
    {
        if (!_region.HasBlock(offset))
            Link(_region.Page + (ulong)(long)offset);
        else if (offset != _nextStart)
            _jumps.Add(((nint)_c.Jump(), offset));
    }

    // Through a slot in the data, so that code is never changed once it can be executed.
    private void Link(ulong pc)
    {
        if (Has(EmitRules.Hart))
        {
            LinkOfHart(pc);
            return;
        }

        byte* slot = Reserve(sizeof(ulong));
        int exit = _store.AddExit(new Exit { Kind = ExitKind.Link, Pc = pc, Slot = (nint)slot });
        _c.Data(0xFF, 4, slot, wide: false);
        *(nint*)slot = _target.Entries.TryGetValue(pc, out nint known) ? known : Here;
        LeaveBy(exit);
    }

    private byte* Reserve(int bytes)
    {
        byte* place = (byte*)(((nint)_data + bytes - 1) & -bytes);
        _data = place + bytes;
        return place;
    }
}

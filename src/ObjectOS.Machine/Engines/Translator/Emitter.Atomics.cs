using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>
/// Atomic operations on memory (unprivileged specification, chapter "A"). One host thread runs all that share a memory, so that a load
/// and a store
/// are atomic.
/// </content>
internal sealed unsafe partial class Emitter
{
    // A page that can be stored to can be loaded from, so that one check is enough.
    private void EmitAtomic(in DecodedInstruction d, int offset)
    {
        _groupEnd = 0;
        bool wide = d.Op >= Op.AmoswapD;
        int size = wide ? 8 : 4;
        const int Tag = StateLayout.Tlb + StateLayout.WriteTag;
        int exit = AddInterpretExit(d, offset);
        int address = Source(d.Rs1, Rdx);
        EmitAlignedCheck(d, address, size, Tag, exit, writes: true);
        _c.LeaSum(Rcx, Rcx, address, 0, wide: true);
        _c.Memory(0x8B, Rax, Rcx, 0, wide);
        SourceInto(d.Rs2, Rdx);
        Combine(wide ? d.Op : d.Op + (Op.AmoswapD - Op.AmoswapW), wide);
        _c.Memory(0x89, Rdx, Rcx, 0, wide);
        if (d.Rd < Registers.Sink && wide)
            Finish(d.Rd, Rax);
        else if (d.Rd < Registers.Sink)
            FinishWord(d.Rd, Rax);
        _store.ExitAt(exit).Resume = Here;
    }

    /// <summary>rdx becomes what is stored, of the old value in rax and the operand in rdx.</summary>
    private void Combine(Op operation, bool wide)
    {
        switch (operation)
        {
            case Op.AmoswapD: break;
            case Op.AmoaddD: _c.Arithmetic(Add, Rdx, Rax, wide); break;
            case Op.AmoxorD: _c.Arithmetic(Xor, Rdx, Rax, wide); break;
            case Op.AmoandD: _c.Arithmetic(And, Rdx, Rax, wide); break;
            case Op.AmoorD: _c.Arithmetic(Or, Rdx, Rax, wide); break;
            default:
                _c.Arithmetic(Cmp, Rax, Rdx, wide);
                int takeOld = operation switch { Op.AmominD => Less, Op.AmomaxD => Greater, Op.AmominuD => Below, _ => Above };
                _c.Registers(0x140 | takeOld, Rdx, Rax, wide);    // cmov
                break;
        }
    }

    // What is reserved is in the state: see StateBlock.
    private void EmitLoadReserved(in DecodedInstruction d, int offset)
    {
        _groupEnd = 0;
        bool wide = d.Op == Op.LrD;
        const int Tag = StateLayout.Tlb + StateLayout.ReadTag;
        int exit = AddInterpretExit(d, offset);
        int address = Source(d.Rs1, Rdx);
        EmitAlignedCheck(d, address, wide ? 8 : 4, Tag, exit, writes: false);
        _c.Memory(0x8B, Rax, address, Rcx, 0, 0, wide);
        _c.Store(address, Rbp, StateLayout.Reservation);
        _c.Store(Rax, Rbp, StateLayout.ReservedValue);
        if (d.Rd < Registers.Sink && wide)
            Finish(d.Rd, Rax);
        else if (d.Rd < Registers.Sink)
            FinishWord(d.Rd, Rax);
        _store.ExitAt(exit).Resume = Here;
    }

    // One that has no reservation fails without touching memory.
    private void EmitStoreConditional(in DecodedInstruction d, int offset)
    {
        _groupEnd = 0;
        bool wide = d.Op == Op.ScD;
        int size = wide ? 8 : 4;
        const int Tag = StateLayout.Tlb + StateLayout.WriteTag;
        int exit = AddInterpretExit(d, offset);
        int address = Source(d.Rs1, Rdx);
        _c.Move32(Rax, address);
        _c.Registers(0xF6, 0, Rax, wide: false);    // test al, size - 1
        _c.Byte(size - 1);
        _cold.Add(new Cold { Kind = ColdKind.Exit, From = (nint)_c.JumpIf(NotEqual), Exit = exit });
        _c.Memory(0x3B, address, Rbp, StateLayout.Reservation, wide: true);
        byte* isOther = _c.JumpIf(NotEqual);
        EmitAlignedCheck(d, address, size, Tag, exit, writes: true);
        _c.LeaSum(Rcx, Rcx, address, 0, wide: true);
        _c.Memory(0x8B, Rax, Rcx, 0, wide);
        _c.Memory(0x3B, Rax, Rbp, StateLayout.ReservedValue, wide);
        byte* isChanged = _c.JumpIf(NotEqual);
        SourceInto(d.Rs2, Rdx);
        _c.Memory(0x89, Rdx, Rcx, 0, wide);
        SetImmediate(d.Rd, 0);
        byte* done = _c.Jump();
        Patch(isOther, _c.P);
        Patch(isChanged, _c.P);
        SetImmediate(d.Rd, 1);
        Patch(done, _c.P);
        _c.StoreImmediate(Rbp, StateLayout.Reservation, -1, wide: true);
        _c.StoreImmediate(Rbp, StateLayout.ReservedValue, 0, wide: true);
        _store.ExitAt(exit).Resume = Here;
    }

    /// <summary>Looks an aligned address up; what is to be added to it is left in rcx.</summary>
    private void EmitAlignedCheck(in DecodedInstruction d, int address, int size, int tag, int exit, bool writes)
    {
        nint site = EmitCheck(address, 0, size, tag, out nint miss);
        _c.Memory(0x8B, Rcx, Rbp, Rcx, 0, tag + StateLayout.OffsetAfterTag, wide: true);
        _cold.Add(new Cold
        {
            Kind = ColdKind.Access, From = miss, Back = (nint)_c.P, Exit = exit, Base = d.Rs1, Size = size, Site = site,
            Writes = writes, IsAtomic = true,
        });
    }
}

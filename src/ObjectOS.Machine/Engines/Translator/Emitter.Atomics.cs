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
        nint site = EmitCheck(address, 0, size, Tag, out nint miss);
        _c.Memory(0x8B, Rcx, Rbp, Rcx, 0, Tag + StateLayout.OffsetAfterTag, wide: true);
        _cold.Add(new Cold
        {
            Kind = ColdKind.Access, From = miss, Back = (nint)_c.P, Exit = exit, Base = d.Rs1, Size = size, Site = site,
            Writes = true, IsAtomic = true,
        });
        _c.LeaSum(Rcx, Rcx, address, 0, wide: true);
        _c.Memory(0x8B, Rax, Rcx, 0, wide);
        SourceInto(d.Rs2, Rdx);
        Combine(wide ? d.Op : d.Op + (Op.AmoswapD - Op.AmoswapW), wide);
        _c.Memory(0x89, Rdx, Rcx, 0, wide);
        if (d.Rd < Registers.Sink && wide)
            Finish(d.Rd, Rax);
        else if (d.Rd < Registers.Sink)
            FinishWord(d.Rd, Rax);
        _space.ExitAt(exit).Resume = Here;
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
}

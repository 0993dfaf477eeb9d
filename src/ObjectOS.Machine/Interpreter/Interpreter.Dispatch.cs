using System.Runtime.CompilerServices;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Isa.Floats;

namespace ObjectOS.Machine.Interpreter;

/// <content>The dispatch loop: one arm per operation, and the ways from block to block.</content>
internal sealed partial class Interpreter
{
    /// <summary>
    /// Runs from <paramref name="block"/>, in the page at <c>_page</c>, until something ends the run; then the trap is
    /// filled in, and <c>_pc</c> is the next instruction.
    /// </summary>
    /// <remarks>
    /// A block is charged when it is entered, and a transfer out of its middle gives back what it did not reach. One method for all
    /// of it, optimised at once. The JIT keeps in registers what the loop needs for each instruction as long as there is nothing more:
    /// hence one span of registers, fields for what is needed once a block, and no use of <c>d</c> after a call.
    /// The switch names single operations only and so is one jump table.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Dispatch(Block block)
    {
        Span<ulong> x = _x;
        ulong target;
    enter:
        if (_chunk < block.Count)
        {
            if (Refill(block) is not { } refilled)
                return;
            block = refilled;
        }

        if (--block.Heat < 0)
        {
            if (RunTranslated(block) is not { } after)
                return;
            if (_chunk >= after.Count)
                block = after;
            else if (Refill(after) is { } refilled)
                block = refilled;
            else
                return;
        }

        _chunk -= block.Count;
        DecodedInstruction[] code = block.Code;
        for (int i = 0; ; i++)
        {
            ref readonly DecodedInstruction d = ref code[i];
            switch (d.Op)
            {
                case Op.Li: x[d.Rd] = (ulong)(long)d.Imm; continue;
                case Op.Mv: x[d.Rd] = x[d.Rs1]; continue;
                case Op.Lui: x[d.Rd] = (ulong)(long)d.Imm; continue;
                case Op.Auipc: x[d.Rd] = _page + (ulong)(long)d.Imm; continue;
                case Op.Addi: x[d.Rd] = x[d.Rs1] + (ulong)(long)d.Imm; continue;
                case Op.Slti: x[d.Rd] = (long)x[d.Rs1] < d.Imm ? 1UL : 0; continue;
                case Op.Sltiu: x[d.Rd] = x[d.Rs1] < (ulong)(long)d.Imm ? 1UL : 0; continue;
                case Op.Xori: x[d.Rd] = x[d.Rs1] ^ (ulong)(long)d.Imm; continue;
                case Op.Ori: x[d.Rd] = x[d.Rs1] | (ulong)(long)d.Imm; continue;
                case Op.Andi: x[d.Rd] = x[d.Rs1] & (ulong)(long)d.Imm; continue;
                case Op.Slli: x[d.Rd] = x[d.Rs1] << d.Imm; continue;
                case Op.Srli: x[d.Rd] = x[d.Rs1] >> d.Imm; continue;
                case Op.Srai: x[d.Rd] = (ulong)((long)x[d.Rs1] >> d.Imm); continue;
                case Op.Addiw: x[d.Rd] = (ulong)((int)x[d.Rs1] + d.Imm); continue;
                case Op.Slliw: x[d.Rd] = (ulong)((int)x[d.Rs1] << d.Imm); continue;
                case Op.Srliw: x[d.Rd] = (ulong)(int)((uint)x[d.Rs1] >> d.Imm); continue;
                case Op.Sraiw: x[d.Rd] = (ulong)((int)x[d.Rs1] >> d.Imm); continue;
                case Op.Add: x[d.Rd] = x[d.Rs1] + x[d.Rs2]; continue;
                case Op.Sub: x[d.Rd] = x[d.Rs1] - x[d.Rs2]; continue;
                case Op.Sll: x[d.Rd] = x[d.Rs1] << (int)x[d.Rs2]; continue;
                case Op.Slt: x[d.Rd] = (long)x[d.Rs1] < (long)x[d.Rs2] ? 1UL : 0; continue;
                case Op.Sltu: x[d.Rd] = x[d.Rs1] < x[d.Rs2] ? 1UL : 0; continue;
                case Op.Xor: x[d.Rd] = x[d.Rs1] ^ x[d.Rs2]; continue;
                case Op.Srl: x[d.Rd] = x[d.Rs1] >> (int)x[d.Rs2]; continue;
                case Op.Sra: x[d.Rd] = (ulong)((long)x[d.Rs1] >> (int)x[d.Rs2]); continue;
                case Op.Or: x[d.Rd] = x[d.Rs1] | x[d.Rs2]; continue;
                case Op.And: x[d.Rd] = x[d.Rs1] & x[d.Rs2]; continue;
                case Op.Addw: x[d.Rd] = (ulong)((int)x[d.Rs1] + (int)x[d.Rs2]); continue;
                case Op.Subw: x[d.Rd] = (ulong)((int)x[d.Rs1] - (int)x[d.Rs2]); continue;
                case Op.Sllw: x[d.Rd] = (ulong)((int)x[d.Rs1] << (int)x[d.Rs2]); continue;
                case Op.Srlw: x[d.Rd] = (ulong)(int)((uint)x[d.Rs1] >> (int)x[d.Rs2]); continue;
                case Op.Sraw: x[d.Rd] = (ulong)((int)x[d.Rs1] >> (int)x[d.Rs2]); continue;
                case Op.Nop or Op.Fence or Op.FenceI: continue;

                case Op.Lb: if (!_tlb.TryRead8(x[d.Rs1] + (ulong)(long)d.Imm, out byte lb)) break; x[d.Rd] = (ulong)(sbyte)lb; continue;
                case Op.Lbu: if (!_tlb.TryRead8(x[d.Rs1] + (ulong)(long)d.Imm, out byte lbu)) break; x[d.Rd] = lbu; continue;
                case Op.Lh: if (!_tlb.TryRead16(x[d.Rs1] + (ulong)(long)d.Imm, out ushort lh)) break; x[d.Rd] = (ulong)(short)lh; continue;
                case Op.Lhu: if (!_tlb.TryRead16(x[d.Rs1] + (ulong)(long)d.Imm, out ushort lhu)) break; x[d.Rd] = lhu; continue;
                case Op.Lw: if (!_tlb.TryRead32(x[d.Rs1] + (ulong)(long)d.Imm, out uint lw)) break; x[d.Rd] = (ulong)(int)lw; continue;
                case Op.Lwu: if (!_tlb.TryRead32(x[d.Rs1] + (ulong)(long)d.Imm, out uint lwu)) break; x[d.Rd] = lwu; continue;
                case Op.Ld: if (!_tlb.TryRead64(x[d.Rs1] + (ulong)(long)d.Imm, out ulong ld)) break; x[d.Rd] = ld; continue;
                case Op.Sb: if (!_tlb.TryWrite8(x[d.Rs1] + (ulong)(long)d.Imm, (byte)x[d.Rs2])) break; continue;
                case Op.Sh: if (!_tlb.TryWrite16(x[d.Rs1] + (ulong)(long)d.Imm, (ushort)x[d.Rs2])) break; continue;
                case Op.Sw: if (!_tlb.TryWrite32(x[d.Rs1] + (ulong)(long)d.Imm, (uint)x[d.Rs2])) break; continue;
                case Op.Sd: if (!_tlb.TryWrite64(x[d.Rs1] + (ulong)(long)d.Imm, x[d.Rs2])) break; continue;

                case Op.Beq: if (x[d.Rs1] == x[d.Rs2]) goto taken; continue;
                case Op.Bne: if (x[d.Rs1] != x[d.Rs2]) goto taken; continue;
                case Op.Blt: if ((long)x[d.Rs1] < (long)x[d.Rs2]) goto taken; continue;
                case Op.Bge: if ((long)x[d.Rs1] >= (long)x[d.Rs2]) goto taken; continue;
                case Op.Bltu: if (x[d.Rs1] < x[d.Rs2]) goto taken; continue;
                case Op.Bgeu: if (x[d.Rs1] >= x[d.Rs2]) goto taken; continue;
                case Op.Beqz: if (x[d.Rs1] == 0) goto taken; continue;
                case Op.Bnez: if (x[d.Rs1] != 0) goto taken; continue;
                case BlockOps.Continue or Op.J: goto follow;
                case Op.Jal: x[d.Rd] = _page + d.Offset + (ulong)d.Length; goto follow;
                case Op.Jr: target = (x[d.Rs1] + (ulong)(long)d.Imm) & ~1UL; goto jump;
                case Op.Jalr:
                    target = (x[d.Rs1] + (ulong)(long)d.Imm) & ~1UL;
                    x[d.Rd] = _page + d.Offset + (ulong)d.Length;
                    goto jump;
                case BlockOps.Stop: EndOfBudget(_page + d.Offset); return;

                case Op.Mul: x[d.Rd] = x[d.Rs1] * x[d.Rs2]; continue;
                case Op.Mulh: x[d.Rd] = Multiply.Mulh(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Mulhsu: x[d.Rd] = Multiply.Mulhsu(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Mulhu: x[d.Rd] = Multiply.Mulhu(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Div: x[d.Rd] = Multiply.Div(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Divu: x[d.Rd] = Multiply.Divu(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Rem: x[d.Rd] = Multiply.Rem(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Remu: x[d.Rd] = Multiply.Remu(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Mulw: x[d.Rd] = Multiply.Mulw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Divw: x[d.Rd] = Multiply.Divw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Divuw: x[d.Rd] = Multiply.Divuw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Remw: x[d.Rd] = Multiply.Remw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Remuw: x[d.Rd] = Multiply.Remuw(x[d.Rs1], x[d.Rs2]); continue;

                case Op.AddUw: x[d.Rd] = (uint)x[d.Rs1] + x[d.Rs2]; continue;
                case Op.Sh1add: x[d.Rd] = (x[d.Rs1] << 1) + x[d.Rs2]; continue;
                case Op.Sh2add: x[d.Rd] = (x[d.Rs1] << 2) + x[d.Rs2]; continue;
                case Op.Sh3add: x[d.Rd] = (x[d.Rs1] << 3) + x[d.Rs2]; continue;
                case Op.Sh1addUw: x[d.Rd] = ((ulong)(uint)x[d.Rs1] << 1) + x[d.Rs2]; continue;
                case Op.Sh2addUw: x[d.Rd] = ((ulong)(uint)x[d.Rs1] << 2) + x[d.Rs2]; continue;
                case Op.Sh3addUw: x[d.Rd] = ((ulong)(uint)x[d.Rs1] << 3) + x[d.Rs2]; continue;
                case Op.SlliUw: x[d.Rd] = (ulong)(uint)x[d.Rs1] << d.Imm; continue;
                case Op.Andn: x[d.Rd] = x[d.Rs1] & ~x[d.Rs2]; continue;
                case Op.Orn: x[d.Rd] = x[d.Rs1] | ~x[d.Rs2]; continue;
                case Op.Xnor: x[d.Rd] = ~(x[d.Rs1] ^ x[d.Rs2]); continue;
                case Op.Min: x[d.Rd] = Bits.Min(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Minu: x[d.Rd] = Math.Min(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Max: x[d.Rd] = Bits.Max(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Maxu: x[d.Rd] = Math.Max(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Rol: x[d.Rd] = Bits.Rol(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Ror: x[d.Rd] = Bits.Ror(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Rolw: x[d.Rd] = Bits.Rolw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Rorw: x[d.Rd] = Bits.Rorw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Rori: x[d.Rd] = Bits.Ror(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Roriw: x[d.Rd] = Bits.Rorw(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Clz: x[d.Rd] = Bits.Clz(x[d.Rs1]); continue;
                case Op.Ctz: x[d.Rd] = Bits.Ctz(x[d.Rs1]); continue;
                case Op.Cpop: x[d.Rd] = Bits.Cpop(x[d.Rs1]); continue;
                case Op.Clzw: x[d.Rd] = Bits.Clzw(x[d.Rs1]); continue;
                case Op.Ctzw: x[d.Rd] = Bits.Ctzw(x[d.Rs1]); continue;
                case Op.Cpopw: x[d.Rd] = Bits.Cpopw(x[d.Rs1]); continue;
                case Op.SextB: x[d.Rd] = (ulong)(sbyte)x[d.Rs1]; continue;
                case Op.SextH: x[d.Rd] = (ulong)(short)x[d.Rs1]; continue;
                case Op.ZextH: x[d.Rd] = (ushort)x[d.Rs1]; continue;
                case Op.OrcB: x[d.Rd] = Bits.OrcB(x[d.Rs1]); continue;
                case Op.Rev8: x[d.Rd] = Bits.Rev8(x[d.Rs1]); continue;
                case Op.Bclr: x[d.Rd] = Bits.Bclr(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Bext: x[d.Rd] = Bits.Bext(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Binv: x[d.Rd] = Bits.Binv(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Bset: x[d.Rd] = Bits.Bset(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Bclri: x[d.Rd] = Bits.Bclr(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Bexti: x[d.Rd] = Bits.Bext(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Binvi: x[d.Rd] = Bits.Binv(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Bseti: x[d.Rd] = Bits.Bset(x[d.Rs1], (ulong)d.Imm); continue;
                case Op.Clmul: x[d.Rd] = Bits.Clmul(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Clmulh: x[d.Rd] = Bits.Clmulh(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Clmulr: x[d.Rd] = Bits.Clmulr(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Pack: x[d.Rd] = Bits.Pack(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Packh: x[d.Rd] = Bits.Packh(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Packw: x[d.Rd] = Bits.Packw(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Brev8: x[d.Rd] = Bits.Brev8(x[d.Rs1]); continue;
                case Op.Xperm4: x[d.Rd] = Bits.Xperm4(x[d.Rs1], x[d.Rs2]); continue;
                case Op.Xperm8: x[d.Rd] = Bits.Xperm8(x[d.Rs1], x[d.Rs2]); continue;
                case Op.CzeroEqz: x[d.Rd] = Bits.CzeroEqz(x[d.Rs1], x[d.Rs2]); continue;
                case Op.CzeroNez: x[d.Rd] = Bits.CzeroNez(x[d.Rs1], x[d.Rs2]); continue;

                case Op.Flw:
                    if (!_tlb.TryRead32(x[d.Rs1] + (ulong)(long)d.Imm, out uint flw)) break;
                    _context.F[d.Rd & 31] = NanBoxing.Box(flw);
                    continue;
                case Op.Fld:
                    if (!_tlb.TryRead64(x[d.Rs1] + (ulong)(long)d.Imm, out ulong fld)) break;
                    _context.F[d.Rd & 31] = fld;
                    continue;
                case Op.Fsw: if (!_tlb.TryWrite32(x[d.Rs1] + (ulong)(long)d.Imm, (uint)_context.F[d.Rs2 & 31])) break; continue;
                case Op.Fsd: if (!_tlb.TryWrite64(x[d.Rs1] + (ulong)(long)d.Imm, _context.F[d.Rs2 & 31])) break; continue;
                case Op.FmaddS or Op.FmsubS or Op.FnmsubS or Op.FnmaddS or Op.FaddS or Op.FsubS or Op.FmulS or Op.FdivS or Op.FsqrtS
                    or Op.FsgnjS or Op.FsgnjnS or Op.FsgnjxS or Op.FminS or Op.FmaxS or Op.FeqS or Op.FltS or Op.FleS or Op.FclassS
                    or Op.FmvXW or Op.FmvWX or Op.FcvtWS or Op.FcvtWuS or Op.FcvtLS or Op.FcvtLuS or Op.FcvtSW or Op.FcvtSWu
                    or Op.FcvtSL or Op.FcvtSLu or Op.FmaddD or Op.FmsubD or Op.FnmsubD or Op.FnmaddD or Op.FaddD or Op.FsubD or Op.FmulD
                    or Op.FdivD or Op.FsqrtD or Op.FsgnjD or Op.FsgnjnD or Op.FsgnjxD or Op.FminD or Op.FmaxD or Op.FeqD or Op.FltD
                    or Op.FleD or Op.FclassD or Op.FmvXD or Op.FmvDX or Op.FcvtWD or Op.FcvtWuD or Op.FcvtLD or Op.FcvtLuD or Op.FcvtDW
                    or Op.FcvtDWu or Op.FcvtDL or Op.FcvtDLu or Op.FcvtSD or Op.FcvtDS:
                    if (TryExecuteFloat(in d)) continue;
                    break;
            }

            // Whatever is rare, or missed the TLB. Until it is known to retire, it and what follows count as not retired.
            _chunk += block.Count - i;
            switch (ExecuteRare(in d, _page + d.Offset))
            {
                case Outcome.Done:
                    _chunk -= block.Count - i;
                    continue;
                case Outcome.Left:
                    _chunk--;
                    return;
                case Outcome.Trapped:
                    _pc = _page + code[i].Offset;
                    _trap.Instruction = code[i].Bits;
                    return;
            }

            _chunk--;
            target = _page + code[i].Offset + (ulong)code[i].Length;
            goto jump;

        taken:
            _chunk += block.Count - i - 1;
        follow:
            if (block.Links[d.Rs3] is { } next)
            {
                block = next;
                goto enter;
            }

            target = _page + (ulong)(long)d.Imm;
            if (TryLink(block, in d) is { } linked)
            {
                block = linked;
                goto enter;
            }

            goto jump;
        }

    jump:
        ref readonly JumpEntry entry = ref _jumps[(int)(target >> 1) & (JumpEntries - 1)];
        if (entry.Pc == target && entry.Epoch == _epoch)
        {
            block = entry.Block!;
        }
        else
        {
            if (Find(target) is not { } found)
                return;
            block = found;
        }

        _page = target & ~4095UL;
        goto enter;
    }
}

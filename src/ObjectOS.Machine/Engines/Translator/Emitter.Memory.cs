using ObjectOS.Machine.Isa;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>Loads and stores.</content>
/// <remarks>
/// Each access has a site in the data: the offset of the TLB entry that it used last. The entry's tag is always compared with the page of
/// the
/// address, in the table of the space that runs, so that a site that is out of date is only slow. An access that is not aligned does not
/// equal any tag and takes the second look, which is right for it.
/// </remarks>
internal sealed unsafe partial class Emitter
{
    private void EmitAccess(in DecodedInstruction d, int offset)
    {
        if ((_index < _groupEnd && d.Rs1 == _groupBase) || TryOpenGroup(d, offset))
        {
            Transfer(d, Rdx, Source(d.Rs1, Rax));
            if (Overwrites(d, _groupBase))
                _groupEnd = 0;
            return;
        }

        bool isGroupOpen = _index < _groupEnd;
        int size = SizeOf(d.Op);
        bool writes = IsStore(d.Op);
        int tag = StateLayout.Tlb + (writes ? StateLayout.WriteTag : StateLayout.ReadTag);
        int exit = AddInterpretExit(d, offset);

        // Inside of a group rdx is not free for the base.
        int address = Source(d.Rs1, isGroupOpen ? Rax : Rdx);
        nint site = EmitCheck(address, d.Imm, size, tag, out nint miss);
        _cold.Add(new Cold
        {
            Kind = ColdKind.Access, From = miss, Exit = exit, Base = d.Rs1, Displacement = d.Imm, Size = size, Site = site, Writes = writes,
        });
        _c.Memory(0x8B, Rcx, Rbp, Rcx, 0, tag + StateLayout.OffsetAfterTag, wide: true);
        _cold[^1] = _cold[^1] with { Back = (nint)_c.P };
        if (address == Rax)
            address = Source(d.Rs1, Rax);
        Transfer(d, Rcx, address);

        // A group's offset may be out of date after the interpreter was here.
        if (!isGroupOpen)
            _store.ExitAt(exit).Resume = Here;
    }

    /// <summary>Compares the page of an address with the tag of the site's entry, whose offset is left in rcx.</summary>
    private nint EmitCheck(int address, int displacement, int size, int tag, out nint miss)
    {
        byte* site = Reserve(sizeof(uint));
        *(uint*)site = 0;
        _c.Data(0x8B, Rcx, site, wide: false);
        _c.Lea(Rax, address, displacement);
        _c.ArithmeticImmediate(And, Rax, -4096 | (size - 1), wide: true);
        _c.Memory(0x3B, Rax, Rbp, Rcx, 0, tag, wide: true);
        miss = (nint)_c.JumpIf(NotEqual);
        return (nint)site;
    }

    // rcx: what to add, as at the way back.
    private void EmitColdAccess(in Cold cold)
    {
        _c.Lea(Rax, Source(cold.Base, Rax), cold.Displacement);
        byte* misaligned = null;
        if (cold.IsAtomic)
        {
            _c.Registers(0xF6, 0, Rax, wide: false);    // test al, size - 1
            _c.Byte(cold.Size - 1);
            misaligned = _c.JumpIf(NotEqual);
        }

        _c.Data(0x8D, Rcx, (byte*)cold.Site, wide: true);
        _c.CallTo(stubs.Lookup(cold.Size, cold.Writes));
        Patch(_c.JumpIf(Equal), (byte*)cold.Back);
        if (cold.IsAtomic)
            Patch(misaligned, _c.P);
        LeaveBy(cold.Exit);
    }

    /// <summary>
    /// The access itself, at the guest's address in <paramref name="address"/> and the host's offset in another register.
    /// </summary>
    private void Transfer(in DecodedInstruction d, int offset, int address)
    {
        if (IsStore(d.Op))
        {
            TransferStore(d, offset, address);
            return;
        }

        int to = Destination(d.Rd & 63, Rax);
        switch (d.Op)
        {
            case Op.Lb: _c.Memory(0x1BE, to, address, offset, 0, d.Imm, wide: true); break;
            case Op.Lbu: _c.Memory(0x1B6, to, address, offset, 0, d.Imm, wide: false); break;
            case Op.Lh: _c.Memory(0x1BF, to, address, offset, 0, d.Imm, wide: true); break;
            case Op.Lhu: _c.Memory(0x1B7, to, address, offset, 0, d.Imm, wide: false); break;
            case Op.Lw: _c.Memory(0x63, to, address, offset, 0, d.Imm, wide: true); break;
            case Op.Lwu: _c.Memory(0x8B, to, address, offset, 0, d.Imm, wide: false); break;
            case Op.Ld: _c.Memory(0x8B, to, address, offset, 0, d.Imm, wide: true); break;
            default:
                _c.Memory(0x8B, Rax, address, offset, 0, d.Imm, wide: d.Op == Op.Fld);
                _c.Store(Rax, Rbp, StateLayout.F(d.Rd));
                if (d.Op == Op.Flw)
                    _c.StoreImmediate(Rbp, StateLayout.F(d.Rd) + 4, -1, wide: false);
                return;
        }

        Finish(d.Rd, to);
    }

    private void TransferStore(in DecodedInstruction d, int offset, int address)
    {
        bool isFloat = d.Op is Op.Fsd or Op.Fsw;
        int value = isFloat || d.Rs2 == Registers.Zero ? -1 : RegisterMap.HostOf(d.Rs2);
        if (value >= 0)
        {
            StoreTo(d.Op, value, address, offset, d.Imm);
            return;
        }

        // The address first: the value needs a register.
        _c.Memory(0x8D, Rcx, address, offset, 0, d.Imm, wide: true);
        if (isFloat)
            _c.Load(Rax, Rbp, StateLayout.F(d.Rs2));
        else
            SourceInto(d.Rs2, Rax);
        StoreTo(d.Op, Rax, Rcx, -1, 0);
    }

    private void StoreTo(Op op, int value, int address, int index, int displacement)
    {
        switch (op)
        {
            case Op.Sb: _c.Memory(0x88, value, address, index, 0, displacement, wide: false, bytes: true); break;
            case Op.Sh: _c.Memory(0x89, value, address, index, 0, displacement, wide: false, prefix: 0x66); break;
            case Op.Sw or Op.Fsw: _c.Memory(0x89, value, address, index, 0, displacement, wide: false); break;
            default: _c.Memory(0x89, value, address, index, 0, displacement, wide: true); break;
        }
    }

    private static int SizeOf(Op op) => op switch
    {
        Op.Lb or Op.Lbu or Op.Sb => 1,
        Op.Lh or Op.Lhu or Op.Sh => 2,
        Op.Lw or Op.Lwu or Op.Sw or Op.Flw or Op.Fsw => 4,
        _ => 8,
    };

    private static bool IsStore(Op op) => op is (>= Op.Sb and <= Op.Sd) or Op.Fsd or Op.Fsw;
}

using System.Collections.Immutable;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Lockstep.Programs;

/// <summary>Random instructions out of the instruction table: computation, loads and stores, atomics.</summary>
internal sealed class RandomRows(Random random, BaseRegisters bases)
{
    private static readonly ImmutableArray<InstructionRow> Computation = [.. InstructionTable.Rows.Where(IsComputation)];
    private static readonly ImmutableArray<InstructionRow> Accesses = [.. InstructionTable.Rows.Where(row => row.Op != Op.Illegal && IsAccess(row.Format))];

    /// <summary>An instruction that changes registers alone.</summary>
    public uint Compute() => Next(Computation, bits => bits);

    /// <summary>A load or a store by a base register. A store does not cross a page, as one that fails at the second page may have been done in part.</summary>
    public uint Access() => Next(Accesses, Steer);

    /// <summary>A register that random code may write; never x0 where <paramref name="orNone"/> is false.</summary>
    public int Destination(bool orNone = true)
    {
        while (true)
        {
            int register = random.Next(orNone ? 0 : 1, 32);
            if (!BaseRegisters.Has(register))
                return register;
        }
    }

    private uint Next(ImmutableArray<InstructionRow> rows, Func<uint, uint> steer)
    {
        while (true)
        {
            InstructionRow row = rows[random.Next(rows.Length)];
            uint bits = row.Match | ((uint)random.NextInt64() & ~row.Mask);
            bits = steer(row.IsCompressed ? bits & 0xFFFF : bits);
            if (Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d, out InstructionRow found) && found.Op == row.Op && IsSafe(found.Format, d))
                return bits;
        }
    }

    // Half of the displacements are multiples of eight.
    private uint Steer(uint bits)
    {
        if ((bits & 3) != 3)
            return bits;
        uint register = (uint)random.Of(BaseRegisters.Registers);
        bits = bits & ~(31u << 15) | register << 15;
        bool isStore = (bits & 0x20) != 0;
        return random.Percent(50) ? bits & ~(isStore ? 7u << 7 : 7u << 20) : bits;
    }

    private bool IsSafe(Format format, in DecodedInstruction d)
    {
        if (IsAccess(format))
        {
            if (!BaseRegisters.Has(d.Rs1))
                return false;
            return IsStore(d.Op) ? !bases.Crosses(d.Rs1, d.Imm, SizeOf(d.Op)) : d.Op is Op.Flh or Op.Flw or Op.Fld || !BaseRegisters.Has(d.Rd);
        }

        bool writesInteger = format is not (>= Format.FloatLoad and <= Format.FloatR or Format.IntegerToFloat or Format.IntegerToFloatExact
            or Format.IntegerBitsToFloat or Format.Fence);
        return !writesInteger || !BaseRegisters.Has(d.Rd);
    }

    public static bool IsStore(Op op) => op is Op.Sb or Op.Sh or Op.Sw or Op.Sd or Op.Fsh or Op.Fsw or Op.Fsd;

    public static int SizeOf(Op op) => op switch
    {
        Op.Sb => 1,
        Op.Sh or Op.Fsh => 2,
        Op.Sw or Op.Fsw => 4,
        _ => 8,
    };

    private static bool IsAccess(Format format) => format is Format.Load or Format.Store or Format.FloatLoad or Format.FloatStore
        or Format.CLoadWord or Format.CLoadDouble or Format.CFloatLoadDouble or Format.CStoreWord or Format.CStoreDouble or Format.CFloatStoreDouble
        or Format.CLoadWordSp or Format.CLoadDoubleSp or Format.CFloatLoadDoubleSp or Format.CStoreWordSp or Format.CStoreDoubleSp or Format.CFloatStoreDoubleSp;

    private static bool IsComputation(InstructionRow row) =>
        row.Op is not (Op.Illegal or Op.Ecall or Op.Ebreak) && !IsAccess(row.Format)
        && row.Format is not (Format.J or Format.Jalr or Format.Branch or Format.CJ or Format.CJr or Format.CJalr or Format.CBranch
            or Format.LoadReserved or Format.Amo or Format.CacheBlock or Format.FenceAddress or Format.Csr or Format.CsrImmediate)
        && (row.Extension & Extensions.Privileged) == 0 && (row.Extension & Extensions.Svinval) == 0;
}

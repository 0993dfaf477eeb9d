using System.Reflection.Metadata;

namespace ObjectOS.Versions;

/// <summary>Walks through the instructions of a method (ECMA-335, partition III).</summary>
internal ref struct CodeWalk(BlobReader code)
{
    private BlobReader _code = code;

    /// <summary>The instruction that <see cref="MoveNext"/> found.</summary>
    public ILOpCode Current { get; private set; }

    /// <summary>The token that it names; 0 if it names none.</summary>
    public int Token { get; private set; }

    /// <summary>Goes to the next instruction; false at the end.</summary>
    /// <exception cref="BadImageFormatException">The code ends within an instruction.</exception>
    public bool MoveNext()
    {
        if (_code.RemainingBytes == 0)
        {
            return false;
        }

        int first = _code.ReadByte();
        Current = (ILOpCode)(first == 0xfe ? 0xfe00 | _code.ReadByte() : first);
        Token = 0;
        switch (OperandOf(Current))
        {
            case Operand.Token:
                Token = _code.ReadInt32();
                break;
            case Operand.Switch:
                uint count = _code.ReadUInt32();
                Skip(count > int.MaxValue / 4 ? int.MaxValue : (int)count * 4);
                break;
            case var fixedSize:
                Skip((int)fixedSize);
                break;
        }

        return true;
    }

    private void Skip(int bytes)
    {
        if (bytes > _code.RemainingBytes)
        {
            throw new BadImageFormatException("a method ends within an instruction");
        }

        _code.Offset += bytes;
    }

    private static Operand OperandOf(ILOpCode code) => code switch
    {
        ILOpCode.Switch => Operand.Switch,
        >= ILOpCode.Ldarg_s and <= ILOpCode.Stloc_s or ILOpCode.Ldc_i4_s or ILOpCode.Unaligned or (ILOpCode)0xfe19 => Operand.Byte,
        >= ILOpCode.Br_s and <= ILOpCode.Blt_un_s or ILOpCode.Leave_s => Operand.Byte,
        >= ILOpCode.Ldarg and <= ILOpCode.Stloc => Operand.Two,
        ILOpCode.Ldc_i4 or ILOpCode.Ldc_r4 or ILOpCode.Leave or (>= ILOpCode.Br and <= ILOpCode.Blt_un) => Operand.Four,
        ILOpCode.Ldc_i8 or ILOpCode.Ldc_r8 => Operand.Eight,
        ILOpCode.Jmp or ILOpCode.Call or ILOpCode.Calli or ILOpCode.Callvirt or ILOpCode.Cpobj or ILOpCode.Ldobj or ILOpCode.Ldstr
            or ILOpCode.Newobj or ILOpCode.Castclass
            or ILOpCode.Isinst or ILOpCode.Unbox or ILOpCode.Ldfld or ILOpCode.Ldflda or ILOpCode.Stfld or ILOpCode.Ldsfld
                or ILOpCode.Ldsflda or ILOpCode.Stsfld or ILOpCode.Stobj
            or ILOpCode.Box or ILOpCode.Newarr or ILOpCode.Ldelema or ILOpCode.Ldelem or ILOpCode.Stelem or ILOpCode.Unbox_any
                or ILOpCode.Refanyval or ILOpCode.Mkrefany
            or ILOpCode.Ldtoken or ILOpCode.Ldftn or ILOpCode.Ldvirtftn or ILOpCode.Initobj or ILOpCode.Constrained or ILOpCode.Sizeof =>
                Operand.Token,
        _ => Operand.None,
    };

    /// <summary>What follows the code of an instruction; for the first ones the value is the number of bytes.</summary>
    private enum Operand
    {
        None = 0,
        Byte = 1,
        Two = 2,
        Four = 4,
        Eight = 8,
        Token = 100,
        Switch,
    }
}

using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Writes x64 instructions one after the other (Intel 64 Architecture, volume 2). Registers are numbers from 0 to 15; a displacement of a
/// jump is between two places of the same view.
/// </summary>
internal unsafe struct X64Encoder
{
    public const int Rax = 0, Rcx = 1, Rdx = 2, Rbx = 3, Rsp = 4, Rbp = 5, Rsi = 6, Rdi = 7, R15 = 15;

    /// <summary>The number of an arithmetic operation in its encodings.</summary>
    public const int Add = 0, Or = 1, And = 4, Sub = 5, Xor = 6, Cmp = 7;

    /// <summary>The number of a shift or rotation in its encodings.</summary>
    public const int Rol = 0, Ror = 1, Shl = 4, Shr = 5, Sar = 7;

    /// <summary>Condition codes.</summary>
    public const int Overflow = 0, Below = 2, AboveOrEqual = 3, Equal = 4, NotEqual = 5, BelowOrEqual = 6, Above = 7,
        Parity = 10, NoParity = 11, Less = 12, GreaterOrEqual = 13, LessOrEqual = 14, Greater = 15;

    /// <summary>The next byte, in the view that is written.</summary>
    public byte* P;

    /// <summary>What to add to an address in the view that is written to have it in the view that is executed.</summary>
    public nint ToExecuted;

    /// <summary>The bytes that <paramref name="emit"/> writes, at most 64; for tests.</summary>
    public static byte[] BytesOf(EmitCode emit)
    {
        byte* room = stackalloc byte[64];
        var encoder = new X64Encoder { P = room };
        emit(ref encoder);
        return new ReadOnlySpan<byte>(room, (int)(encoder.P - room)).ToArray();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Byte(int value) => *P++ = (byte)value;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Int32(int value)
    {
        *(int*)P = value;
        P += 4;
    }

    /// <summary>An operation on two registers. An opcode above 255 has the prefix 0F.</summary>
    public void Registers(int opcode, int reg, int rm, bool wide, bool bytes = false, int prefix = 0)
    {
        if (prefix != 0)
            Byte(prefix);
        Rex(wide, reg, 0, rm, bytes);
        Opcode(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>
    /// An operation on a register and memory at <c>[b + x * 2^scale + displacement]</c>; <paramref name="x"/> −1: no index.
    /// </summary>
    public void Memory(int opcode, int reg, int b, int x, int scale, int displacement, bool wide, bool bytes = false, int prefix = 0)
    {
        if (prefix != 0)
            Byte(prefix);
        Rex(wide, reg, x < 0 ? 0 : x, b, bytes);
        Opcode(opcode);
        int mod = displacement == 0 && (b & 7) != 5 ? 0 : displacement == (sbyte)displacement ? 0x40 : 0x80;
        if (x >= 0 || (b & 7) == 4)
        {
            Byte(mod | ((reg & 7) << 3) | 4);
            Byte((scale << 6) | ((x < 0 ? 4 : x & 7) << 3) | (b & 7));
        }
        else
        {
            Byte(mod | ((reg & 7) << 3) | (b & 7));
        }

        if (mod == 0x40)
            Byte(displacement);
        else if (mod == 0x80)
            Int32(displacement);
    }

    /// <summary>The same without an index.</summary>
    public void Memory(int opcode, int reg, int b, int displacement, bool wide, int prefix = 0) =>
        Memory(opcode, reg, b, -1, 0, displacement, wide, prefix: prefix);

    /// <summary>An operation on a register and data that the executed view reaches relative to rip.</summary>
    public void Data(int opcode, int reg, byte* data, bool wide, int prefix = 0)
    {
        if (prefix != 0)
            Byte(prefix);
        Rex(wide, reg, 0, 0, bytes: false);
        Opcode(opcode);
        Byte(((reg & 7) << 3) | 5);
        Int32((int)(data - (P + ToExecuted + 4)));
    }

    public void Move(int to, int from)
    {
        if (to != from)
            Registers(0x8B, to, from, wide: true);
    }

    /// <summary>Moves 32 bits and clears the upper half.</summary>
    public void Move32(int to, int from) => Registers(0x8B, to, from, wide: false);

    /// <summary>Moves 32 bits and extends their sign.</summary>
    public void SignExtend32(int to, int from) => Registers(0x63, to, from, wide: true);

    public void MoveImmediate(int to, long value)
    {
        if (value == 0)
        {
            Registers(0x33, to, to, wide: false);
        }
        else if (value == (uint)value)
        {
            Rex(wide: false, 0, 0, to, bytes: false);
            Byte(0xB8 | (to & 7));
            Int32((int)value);
        }
        else if (value == (int)value)
        {
            Rex(wide: true, 0, 0, to, bytes: false);
            Byte(0xC7);
            Byte(0xC0 | (to & 7));
            Int32((int)value);
        }
        else
        {
            Rex(wide: true, 0, 0, to, bytes: false);
            Byte(0xB8 | (to & 7));
            *(long*)P = value;
            P += 8;
        }
    }

    public void Arithmetic(int operation, int to, int from, bool wide) => Registers((operation << 3) | 3, to, from, wide);

    public void ArithmeticMemory(int operation, int to, int b, int displacement, bool wide) =>
        Memory((operation << 3) | 3, to, b, displacement, wide);

    public void ArithmeticImmediate(int operation, int to, int value, bool wide)
    {
        Rex(wide, 0, 0, to, bytes: false);
        bool isShort = value == (sbyte)value;
        Byte(isShort ? 0x83 : 0x81);
        Byte(0xC0 | (operation << 3) | (to & 7));
        Immediate(value, isShort);
    }

    /// <summary>An operation with a constant on memory.</summary>
    public void ArithmeticMemoryImmediate(int operation, int b, int displacement, int value, bool wide)
    {
        bool isShort = value == (sbyte)value;
        Memory(isShort ? 0x83 : 0x81, operation, b, displacement, wide);
        Immediate(value, isShort);
    }

    /// <summary>Stores a constant of 32 bits, or extended to 64.</summary>
    public void StoreImmediate(int b, int displacement, int value, bool wide)
    {
        Memory(0xC7, 0, b, displacement, wide);
        Int32(value);
    }

    /// <summary>Adds a constant: a move if it is zero.</summary>
    public void Lea(int to, int b, int displacement, bool wide = true)
    {
        if (displacement != 0)
            Memory(0x8D, to, b, displacement, wide);
        else if (wide)
            Move(to, b);
        else
            Move32(to, b);
    }

    public void LeaSum(int to, int b, int x, int scale, bool wide) => Memory(0x8D, to, b, x, scale, 0, wide);

    public void Load(int to, int b, int displacement) => Memory(0x8B, to, b, displacement, wide: true);

    public void Store(int from, int b, int displacement) => Memory(0x89, from, b, displacement, wide: true);

    public void ShiftImmediate(int operation, int to, int count, bool wide)
    {
        Rex(wide, 0, 0, to, bytes: false);
        Byte(0xC1);
        Byte(0xC0 | (operation << 3) | (to & 7));
        Byte(count);
    }

    /// <summary>A shift by cl.</summary>
    public void ShiftByCl(int operation, int to, bool wide) => Registers(0xD3, operation, to, wide);

    /// <summary>SHLX, SHRX or SARX, by the prefix: 1, 3 or 2.</summary>
    public void ShiftExtended(int prefix, int to, int from, int count, bool wide) => Vex(prefix, 2, 0xF7, to, count, from, wide);

    /// <summary>An instruction with a three-byte VEX prefix, of registers.</summary>
    public void Vex(int prefix, int map, int opcode, int reg, int second, int rm, bool wide)
    {
        Byte(0xC4);
        Byte((reg > 7 ? 0 : 0x80) | 0x40 | (rm > 7 ? 0 : 0x20) | map);
        Byte((wide ? 0x80 : 0) | ((~second & 15) << 3) | prefix);
        Byte(opcode);
        Byte(0xC0 | ((reg & 7) << 3) | (rm & 7));
    }

    /// <summary>The same with its last operand in memory.</summary>
    public void VexState(int prefix, int map, int opcode, int reg, int second, int displacement, bool wide)
    {
        Byte(0xC4);
        Byte((reg > 7 ? 0 : 0x80) | 0x60 | map);
        Byte((wide ? 0x80 : 0) | ((~second & 15) << 3) | prefix);
        Byte(opcode);
        Byte(0x80 | ((reg & 7) << 3) | Rbp);
        Int32(displacement);
    }

    /// <summary>Sets the low byte of a register to a condition.</summary>
    public void SetCondition(int condition, int to) => Registers(0x190 | condition, 0, to, wide: false, bytes: true);

    /// <summary>A jump under a condition; returns where its displacement is, for <see cref="Patch"/>.</summary>
    public byte* JumpIf(int condition)
    {
        Byte(0x0F);
        Byte(0x80 | condition);
        P += 4;
        return P - 4;
    }

    public byte* Jump()
    {
        Byte(0xE9);
        P += 4;
        return P - 4;
    }

    public void JumpTo(byte* target) => Patch(Jump(), target);

    public void CallTo(byte* target)
    {
        Byte(0xE8);
        P += 4;
        Patch(P - 4, target);
    }

    public void Push(int register)
    {
        Rex(wide: false, 0, 0, register, bytes: false);
        Byte(0x50 | (register & 7));
    }

    public void Pop(int register)
    {
        Rex(wide: false, 0, 0, register, bytes: false);
        Byte(0x58 | (register & 7));
    }

    /// <summary>Makes the displacement at <paramref name="at"/> lead to a place in the same view.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Patch(byte* at, byte* target) => *(int*)at = (int)(target - (at + 4));

    // REX is needed for a register from 8 up, for 64 bits, and to name the low byte of rsi or rdi.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Rex(bool wide, int reg, int x, int rm, bool bytes)
    {
        int rex = 0x40 | (wide ? 8 : 0) | ((reg >> 3) << 2) | ((x >> 3) << 1) | (rm >> 3);
        if (rex != 0x40 || bytes)
            Byte(rex);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Opcode(int opcode)
    {
        if (opcode > 0xFF)
            Byte(0x0F);
        if (opcode > 0x1FF)
            Byte(opcode >> 8);
        Byte(opcode);
    }

    private void Immediate(int value, bool isShort)
    {
        if (isShort)
            Byte(value);
        else
            Int32(value);
    }
}

/// <summary>Writes some instructions.</summary>
internal delegate void EmitCode(ref X64Encoder code);

using System.Buffers.Binary;
using System.Globalization;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>A seeded program and the state that it starts from: a loop around random instructions, ended by ebreak.</summary>
internal sealed class RandomProgram
{
    public const ulong Code = 0x10000000;
    public const int CodeSize = 0x2000;
    public const ulong Data = 0x20000000;
    public const int DataSize = 0x4000;

    /// <summary>The data is mapped this often, each at a distance at which pages share an entry of the software TLB.</summary>
    public const int DataCopies = 4;
    public const ulong DataDistance = 4 << 20;

    /// <summary>A bound for what it retires.</summary>
    public const ulong Budget = 1_000_000;

    // Registers that programs do not write: bases into the data, and the loop's counter.
    private const int Stack = 2;
    private const int Base = 8;
    private const int OddBase = 9;
    private const int AtomicBase = 18;
    private const int Counter = 30;

    // The base into the code of programs that store there.
    private const int CodeBase = 27;

    private static readonly InstructionRow[] Rows = [.. InstructionTable.Rows.Where(IsUsable)];

    private readonly Random _random;
    private readonly List<(uint Bits, int Length)> _code = [];

    private readonly ProgramTraits _traits;

    /// <param name="seed">What all random choices come from.</param>
    /// <param name="traits">What is particular about it.</param>
    public RandomProgram(int seed, ProgramTraits traits = ProgramTraits.None)
    {
        _random = new Random(seed);
        _traits = traits;
        Seed = seed;
        for (int i = 1; i < 32; i++)
            X[i] = Integer();
        for (int i = 0; i < 32; i++)
            F[i] = Float();
        X[0] = Code + (ulong)(_random.Next(0xC00) & ~1);
        X[Stack] = Data + 0x1000;
        X[Base] = Data + 0x1F80;
        X[OddBase] = Data + 0x2801 + (ulong)_random.Next(1024);
        X[AtomicBase] = Data + 0xFF8;
        if (Has(ProgramTraits.SpreadsItsData))
        {
            X[Base] += DataDistance;
            X[OddBase] += 2 * DataDistance;
            X[AtomicBase] += 3 * DataDistance;
        }

        X[Counter] = (ulong)_random.Next(1, 9);
        Fcsr = (uint)_random.Next(5) << 5 | (uint)_random.Next(32);
        if (Has(ProgramTraits.RoundsToNearest))
            Fcsr &= 31;
        if (Has(ProgramTraits.StoresToCode))
            X[CodeBase] = X[0] + (ulong)_random.Next(600);
        MemorySeed = (ulong)_random.NextInt64(1, long.MaxValue);
        int count = _random.Next(50, 300);
        while (_code.Count < count)
            Add();
        Close();
    }

    public int Seed { get; }

    /// <summary>x1–x31; in place of x0 the first pc.</summary>
    public ulong[] X { get; } = new ulong[32];

    public ulong[] F { get; } = new ulong[32];

    public uint Fcsr { get; }

    public ulong MemorySeed { get; }

    /// <summary>The bytes from <see cref="Code"/> up.</summary>
    public byte[] Image { get; private set; } = [];

    /// <summary>A hart that is about to run it.</summary>
    public HartContext NewHart()
    {
        var hart = new HartContext { Pc = X[0], Fcsr = Fcsr };
        X.CopyTo((Span<ulong>)hart.X);
        F.CopyTo((Span<ulong>)hart.F);
        return hart;
    }

    /// <summary>Its instructions, one a line.</summary>
    public string Listing()
    {
        var text = new System.Text.StringBuilder();
        ulong pc = X[0];
        while (pc < Code + (ulong)Image.Length)
        {
            int at = (int)(pc - Code);
            uint bits = Image[at] | (uint)Image[at + 1] << 8;
            if ((bits & 3) == 3)
                bits |= (uint)Image[at + 2] << 16 | (uint)Image[at + 3] << 24;
            text.AppendLine(CultureInfo.InvariantCulture, $"{pc:x}: {Disassembler.Format(bits, pc)}");
            pc += (bits & 3) == 3 ? 4u : 2;
        }

        return text.ToString();
    }

    /// <summary>The scratch data that it starts with.</summary>
    public byte[] InitialData()
    {
        byte[] data = new byte[DataSize];
        ulong s = MemorySeed;
        for (int i = 0; i < DataSize; i += 8)
        {
            s ^= s << 13;
            s ^= s >> 7;
            s ^= s << 17;
            BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(i), s);
        }

        return data;
    }

    // What the other engine has too, and what has the same answer there. Its ctzw, in version 7.2, looks at all 64 bits.
    private static bool IsUsable(InstructionRow row) =>
        row.Op is not (Op.Illegal or Op.Ecall or Op.Ebreak or Op.Jalr or Op.Csrrw or Op.Csrrs or Op.Csrrc or Op.Csrrwi or Op.Csrrsi or Op.Csrrci
            or Op.LrW or Op.LrD or Op.ScW or Op.ScD or Op.Pause or Op.Ctzw)
        && (row.Extension & (Extensions.Zicond | Extensions.Privileged | Extensions.Svinval | Extensions.Zicbom | Extensions.Zicboz)) == 0;

    private void Add()
    {
        switch (_random.Next(40))
        {
            case 0 when !Has(ProgramTraits.RoundsToNearest):
                // frm always gets a mode that exists, else most of what follows is illegal.
                Emit(Asm.Match("csrrwi") | 0x002u << 20 | (uint)_random.Next(5) << 15 | Destination() << 7);
                break;
            case 1:
                Emit(Asm.Match(Pick("csrrw", "csrrs", "csrrc", "csrrwi", "csrrsi", "csrrci")) | 0x001u << 20 | (uint)_random.Next(32) << 15 | Destination() << 7);
                break;
            case 2:
                Emit(Asm.Match("csrrs") | (uint)_random.Next(1, 4) << 20 | Destination() << 7);
                break;
            case 3:
                string size = Pick(".w", ".d");
                Emit(Asm.Match("lr" + size) | AtomicBase << 15 | Destination() << 7);
                AddRow();
                Emit(Asm.Match("sc" + size) | (uint)_random.Next(32) << 20 | AtomicBase << 15 | Destination() << 7);
                break;
            case 4:
                // auipc t, 0 and a jump by t, over one instruction.
                uint link = Destination();
                Emit(Asm.Match("auipc") | 6 << 7);
                Emit(Asm.Match("jalr") | 6 << 15 | link << 7 | 12 << 20);
                Emit(Asm.Match("lui") | Destination() << 7 | (uint)_random.Next() & 0xFFFFF000);
                break;
            case >= 5 and <= 10:
                AddIdiom();
                break;
            default:
                AddRow();
                break;
        }
    }

    // Instructions on the same registers that compilers write for one operation: the translator may emit them as one.
    private void AddIdiom()
    {
        uint first = Destination(), second = _random.Next(2) == 0 ? first : Destination(), source = (uint)_random.Next(32);
        uint count = (uint)(_random.Next(3) == 0 ? _random.Next(32) : _random.Next(1, 4) * 8);
        switch (_random.Next(4))
        {
            case 0:
                // An index, or a half or a byte of a word.
                Emit(Asm.Match("slli") | 32 + (count & 16) << 20 | source << 15 | first << 7);
                Emit(Asm.Match(Pick("srli", "srai")) | (uint)_random.Next(24, 49) << 20 | first << 15 | second << 7);
                break;
            case 1:
                Emit(Asm.Match("slliw") | count << 20 | source << 15 | first << 7);
                Emit(Asm.Match(Pick("srliw", "sraiw")) | count << 20 | first << 15 | second << 7);
                break;
            case 2:
                Emit(Asm.Match(Pick("lui", "auipc")) | (uint)_random.Next() & 0xFFFFF000 | first << 7);
                Emit(Asm.Match(Pick("addi", "addiw")) | (uint)_random.Next(4096) << 20 | first << 15 | second << 7);
                break;
            default:
                // A word of which only the lower half is read.
                Emit(Asm.Match(Pick("addw", "subw", "mulw", "sllw", "srlw", "sraw")) | (uint)_random.Next(32) << 20 | source << 15 | first << 7);
                AddUseOfWord(first, _random.Next(8) == 0 ? second : first);
                break;
        }
    }

    private void AddUseOfWord(uint word, uint result)
    {
        uint other = (uint)_random.Next(32);
        uint rest = _random.Next(3) switch
        {
            0 => Asm.Match(Pick("addw", "subw", "mulw", "sllw", "srlw", "sraw")) | (_random.Next(2) == 0 ? other << 20 | word << 15 : word << 20 | other << 15),
            1 => Asm.Match(Pick("addiw", "andi")) | (uint)_random.Next(4096) << 20 | word << 15,
            _ => Asm.Match(Pick("slliw", "srliw", "sraiw", "slli")) | (uint)_random.Next(32) << 20 | word << 15,
        };
        Emit(rest | result << 7);
    }

    private void AddRow()
    {
        while (true)
        {
            InstructionRow row = Rows[_random.Next(Rows.Length)];
            uint bits = row.Match | ((uint)_random.NextInt64() & ~row.Mask);
            if (row.IsCompressed)
                bits &= 0xFFFF;
            bits = Steer(row, bits);
            if (Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d, out InstructionRow found)
                && found.Op == row.Op && IsSafe(found.Format, d))
            {
                Emit(bits);
                return;
            }
        }
    }

    // Loads and stores go to the data, transfers stay inside the program: their displacement is set when all lengths are known.
    private uint Steer(InstructionRow row, uint bits) => row.Format switch
    {
        Format.Store when Has(ProgramTraits.StoresToCode) && _random.Next(3) == 0 => bits & ~(31u << 15) | CodeBase << 15,
        Format.Load or Format.Store or Format.FloatLoad or Format.FloatStore =>
            bits & ~(31u << 15) | (uint)_random.GetItems([Stack, Base, OddBase], 1)[0] << 15,
        Format.Amo => bits & ~(31u << 15) | AtomicBase << 15,
        Format.CLoadWord or Format.CLoadDouble or Format.CFloatLoadDouble or Format.CStoreWord or Format.CStoreDouble or Format.CFloatStoreDouble =>
            bits & ~(7u << 7) | (uint)_random.Next(2) << 7,
        _ => bits,
    };

    private bool Has(ProgramTraits trait) => (_traits & trait) != 0;

    private bool IsSafe(Format format, in DecodedInstruction d)
    {
        bool writesInteger = format is not (Format.Branch or Format.CBranch or Format.Store or Format.FloatStore or Format.CJ
            or >= Format.FloatLoad and <= Format.FloatR or Format.IntegerToFloat or Format.IntegerToFloatExact or Format.IntegerBitsToFloat
            or Format.CFloatLoadDouble or Format.CFloatLoadDoubleSp or Format.CStoreWord or Format.CStoreDouble or Format.CFloatStoreDouble
            or Format.CStoreWordSp or Format.CStoreDoubleSp or Format.CFloatStoreDoubleSp);
        return !writesInteger || !IsKept(d.Rd);
    }

    private bool IsKept(int register) =>
        register is Stack or Base or OddBase or AtomicBase or Counter || (register == CodeBase && Has(ProgramTraits.StoresToCode));

    private void Close()
    {
        Emit(Asm.Match("addi") | Counter << 7 | Counter << 15 | 0xFFFu << 20);
        Emit(Asm.Match("beq") | Counter << 15 | Asm.BranchOffset(8));
        int back = _code.Count;
        Emit(Asm.Match("jal"));
        Emit(Asm.Match("ebreak"));

        int[] offsets = new int[_code.Count + 1];
        for (int i = 0; i < _code.Count; i++)
            offsets[i + 1] = offsets[i] + _code[i].Length;
        int start = (int)(X[0] - Code);
        byte[] image = new byte[start + offsets[^1]];
        for (int i = 0; i < _code.Count; i++)
        {
            uint bits = i == back ? _code[i].Bits | Asm.JumpOffset(-offsets[back]) : Aim(i, back - 2, offsets);
            for (int b = 0; b < _code[i].Length; b++)
                image[start + offsets[i] + b] = (byte)(bits >> (8 * b));
        }

        Image = image;
    }

    // Gives a transfer a target a few instructions further on, but never past the end of the loop's body.
    private uint Aim(int index, int end, int[] offsets)
    {
        uint bits = _code[index].Bits;
        if (index >= end || !Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out _, out InstructionRow row))
            return bits;
        int target = Math.Min(end, index + _random.Next(1, 8));
        while (target < end && (IsSecond(target) || IsSecond(target + 1)))
            target++;
        int offset = offsets[target] - offsets[index];
        return row.Format switch
        {
            Format.J => bits & 0xFFF | Asm.JumpOffset(offset),
            Format.Branch => bits & 0x01FFF07F | Asm.BranchOffset(offset),
            Format.CJ => 0xA001 | (uint)((offset >> 11 & 1) << 12 | (offset >> 4 & 1) << 11 | (offset >> 8 & 3) << 9 | (offset >> 10 & 1) << 8
                | (offset >> 6 & 1) << 7 | (offset >> 7 & 1) << 6 | (offset >> 1 & 7) << 3 | (offset >> 5 & 1) << 2),
            Format.CBranch => bits & 0xE383 | (uint)((offset >> 8 & 1) << 12 | (offset >> 3 & 3) << 10 | (offset >> 6 & 3) << 5
                | (offset >> 1 & 3) << 3 | (offset >> 5 & 1) << 2),
            _ => bits,
        };
    }

    // A jump by register must not be reached without what sets the register, nor a store conditional after a reservation of another
    // size, which may succeed or not; between the two there is one instruction.
    private bool IsSecond(int index) => (_code[index].Bits & 0x707F) == 0x67 || (_code[index].Bits & 0xF800007F) == 0x1800002F;

    private void Emit(uint bits) => _code.Add((bits, (bits & 3) == 3 ? 4 : 2));

    private uint Destination()
    {
        int register;
        do
            register = _random.Next(32);
        while (IsKept(register));
        return (uint)register;
    }

    private string Pick(params string[] names) => names[_random.Next(names.Length)];

    private ulong Integer() => _random.Next(4) switch
    {
        0 => (ulong)_random.Next(-4, 5),
        1 => (ulong)(long)_random.NextInt64(int.MinValue, 1L << 32),
        2 => 1UL << _random.Next(64),
        _ => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
    };

    private ulong Float() => _random.Next(4) switch
    {
        0 => 0xFFFFFFFF00000000 | (uint)_random.NextInt64(),
        1 => BitConverter.DoubleToUInt64Bits((_random.NextDouble() - 0.5) * 1000),
        2 => 0xFFFFFFFF00000000 | BitConverter.SingleToUInt32Bits((float)_random.Next(-100, 100)),
        _ => (ulong)_random.NextInt64(long.MinValue, long.MaxValue),
    };
}

/// <summary>What is particular about a random program.</summary>
[Flags]
internal enum ProgramTraits
{
    None = 0,

    /// <summary>frm stays 0.</summary>
    RoundsToNearest = 1,

    /// <summary>Some of its stores go to its own code, so that it ends anywhere and anyhow.</summary>
    StoresToCode = 2,

    /// <summary>Its bases are in different copies of the data.</summary>
    SpreadsItsData = 4,
}

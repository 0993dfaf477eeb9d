using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>The instructions of one page that are translated together: what is reached from an entry and has been executed.</summary>
internal sealed class Region
{
    /// <summary>Halfwords at which an instruction can begin, and one that stands for the page's end.</summary>
    public const int Places = 2049;

    private const int LastHalfword = (int)Pages.Size - 2;

    private readonly bool[] _isInstruction = new bool[Places];
    private readonly bool[] _isStart = new bool[Places];
    private readonly DecodedInstruction[] _code = new DecodedInstruction[Places];
    private readonly Stack<int> _work = new();
    private int _most;

    /// <summary>Virtual address of the page.</summary>
    public ulong Page { get; private set; }

    /// <summary>Offsets in the page of the blocks, in order.</summary>
    public List<int> Starts { get; } = [];

    /// <summary>Instructions in it.</summary>
    public int Count { get; private set; }

    /// <summary>True if its last instruction ends in the page after.</summary>
    public bool CrossesPage { get; private set; }

    public ref readonly DecodedInstruction At(int offset) => ref _code[offset >> 1];

    /// <summary>True if a block of the region begins at the offset, which may lie outside of the page.</summary>
    public bool HasBlock(int offset) => (uint)offset < Pages.Size && _isStart[offset >> 1];

    /// <summary>True if the instruction is the last of its block.</summary>
    public static bool Ends(Op op) =>
        op is (>= Op.Jal and <= Op.Bgeu) or Op.Beqz or Op.Bnez or Op.J or Op.Jr or Op.Illegal or Op.Ecall or Op.Ebreak
        or (>= Op.Sret and <= Op.CboZero);

    /// <summary>Offset of the last instruction of a block.</summary>
    public int LastOf(int start)
    {
        int offset = start;
        for (int left = CountFrom(start, out _); left > 1; left--)
            offset += At(offset).Length;
        return offset;
    }

    /// <summary>
    /// Instructions from a block's start to its end: a transfer, the next block, or a place that does not belong to the region.
    /// </summary>
    public int CountFrom(int start, out int end)
    {
        int count = 0;
        end = start;
        while (end < (int)Pages.Size && _isInstruction[end >> 1] && (count == 0 || !_isStart[end >> 1]))
        {
            ref readonly DecodedInstruction d = ref At(end);
            count++;
            end += d.Length;
            if (Ends(d.Op))
                break;
        }

        return count;
    }

    /// <summary>
    /// Finds the region around an entry. A target becomes a part of it if the interpreter has a block there, which means that it was
    /// executed,
    /// and if no translation begins there. What a branch falls into always does, translated or not, so that a loop is in one piece.
    /// </summary>
    /// <param name="source">The page: its address, code, and what is known to be in it.</param>
    /// <param name="entry">Offset of the entry.</param>
    /// <param name="most">Most instructions.</param>
    public void Find(in RegionSource source, int entry, int most)
    {
        Array.Clear(_isInstruction);
        Array.Clear(_isStart);
        Starts.Clear();
        _work.Clear();
        _work.Push(entry);
        (Page, Count, CrossesPage, _most) = (source.Page, 0, false, most);
        while (_work.TryPop(out int offset))
        {
            if (_isStart[offset >> 1] || (offset != entry && source.IsTranslated(offset)))
                continue;
            if (!_isInstruction[offset >> 1] && Count >= _most)
                continue;
            Start(offset);
            Follow(source, offset);
        }

        foreach (int start in Starts)
            _isStart[start >> 1] = _isInstruction[start >> 1];
        Starts.RemoveAll(start => !_isStart[start >> 1]);
        Starts.Sort();
    }

    private void Start(int offset)
    {
        _isStart[offset >> 1] = true;
        Starts.Add(offset);
    }

    // Decodes straight on from the start of a block.
    private void Follow(in RegionSource source, int offset)
    {
        while (offset <= LastHalfword && Count < _most)
        {
            if (_isInstruction[offset >> 1])
            {
                if (!_isStart[offset >> 1])
                    Start(offset);
                return;
            }

            if (!TryDecode(source, offset))
                return;
            ref readonly DecodedInstruction d = ref At(offset);
            int next = offset + d.Length;
            if (Ends(d.Op) && !TryFollowTransfer(source, d, offset, next))
                return;
            offset = next;
        }
    }

    // True: the instruction after a branch is next, as a block of its own.
    private bool TryFollowTransfer(in RegionSource source, in DecodedInstruction d, int offset, int next)
    {
        switch (d.Op)
        {
            case Op.J:
                Reach(source, offset + d.Imm);
                return false;
            case Op.Jal or Op.Jalr:
                Reach(source, next);
                return false;
            case (>= Op.Beq and <= Op.Bgeu) or Op.Beqz or Op.Bnez:
                Reach(source, offset + d.Imm);
                if (next > LastHalfword || _isStart[next >> 1])
                    return false;
                Start(next);
                return true;
            default:
                return false;
        }
    }

    private void Reach(in RegionSource source, int offset)
    {
        if ((uint)offset < Pages.Size && (source.Executed[offset >> 1] is not null || offset == LastHalfword))
            _work.Push(offset);
    }

    private bool TryDecode(in RegionSource source, int offset)
    {
        ReadOnlySpan<byte> bytes = source.Code.Bytes;
        uint bits;
        if (offset < LastHalfword)
        {
            bits = BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);
        }
        else
        {
            bits = BinaryPrimitives.ReadUInt16LittleEndian(bytes[offset..]);
            if ((bits & 3) == 3)
            {
                if (source.Next is not { } next)
                    return false;
                bits |= (uint)BinaryPrimitives.ReadUInt16LittleEndian(next.Bytes) << 16;
                CrossesPage = true;
            }
        }

        _code[offset >> 1] = BlockBuilder.Decode(bits, offset, source.Isa);
        _isInstruction[offset >> 1] = true;
        Count++;
        return true;
    }
}

/// <summary>What a region is found in.</summary>
/// <param name="Page">Virtual address of the page.</param>
/// <param name="Code">Its decoded form.</param>
/// <param name="Next">That of the page after, if an instruction reaches into it and may be executed there.</param>
/// <param name="Executed">The interpreter's blocks in the page.</param>
/// <param name="Entries">Where translations of the space begin.</param>
/// <param name="Isa">The hart's extensions.</param>
internal readonly record struct RegionSource(
    ulong Page, CodePage Code, CodePage? Next, Block?[] Executed, Dictionary<ulong, nint> Entries, IsaConfiguration Isa)
{
    public bool IsTranslated(int offset) => Entries.ContainsKey(Page + (ulong)offset);
}

using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Runs of a region's blocks of which each falls into the next. A chain charges the budget once, at its head; what leaves it before its
/// end gives the
/// rest back.
/// </summary>
internal sealed class Chains
{
    /// <summary>Most instructions of a chain: one whose charge the budget does not cover is left to the interpreter.</summary>
    private const int MostInstructions = 64;

    private readonly int[] _counts = new int[Region.Places];
    private readonly int[] _tails = new int[Region.Places];
    private readonly bool[] _isHead = new bool[Region.Places];

    /// <summary>Instructions of the block that begins at an offset.</summary>
    public int CountOf(int start) => _counts[start >> 1];

    /// <summary>Instructions of its chain after that block.</summary>
    public int TailOf(int start) => _tails[start >> 1];

    /// <summary>True if its chain begins with that block.</summary>
    public bool IsHead(int start) => _isHead[start >> 1];

    /// <summary>Finds the chains of a region. Loops begin chains of their own.</summary>
    public void Find(Region region)
    {
        List<int> starts = region.Starts;
        foreach (int start in starts)
            _isHead[start >> 1] = false;
        for (int i = 0; i < starts.Count; i++)
        {
            _counts[starts[i] >> 1] = region.CountFrom(starts[i], out int end);
            bool falls = i + 1 < starts.Count && starts[i + 1] == end && FallsThrough(region.At(region.LastOf(starts[i])).Op);
            _isHead[starts[0] >> 1] = true;
            if (!falls && i + 1 < starts.Count)
                _isHead[starts[i + 1] >> 1] = true;
            MarkLoop(region, region.LastOf(starts[i]));
        }

        int tail = 0;
        for (int i = starts.Count - 1; i >= 0; i--)
        {
            int place = starts[i] >> 1;
            if (tail + _counts[place] > MostInstructions && tail > 0)
            {
                _isHead[starts[i + 1] >> 1] = true;
                tail = 0;
            }

            _tails[place] = tail;
            tail = _isHead[place] ? 0 : tail + _counts[place];
        }
    }

    private void MarkLoop(Region region, int last)
    {
        ref readonly DecodedInstruction d = ref region.At(last);
        if (IsBranch(d.Op) || d.Op == Op.J)
        {
            int target = last + d.Imm;
            if (target <= last && region.HasBlock(target))
                _isHead[target >> 1] = true;
        }
    }

    private static bool FallsThrough(Op last) => !Region.Ends(last) || IsBranch(last);

    private static bool IsBranch(Op op) => op is (>= Op.Beq and <= Op.Bgeu) or Op.Beqz or Op.Bnez;
}

using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// Where the code of a region charges the budget for its instructions, and where it checks that the budget covers them.
/// </summary>
/// <remarks>
/// A <em>head</em> checks for the longest way from it to the next heads, so that the blocks on these ways charge without a check. Heads are
/// the targets of jumps back, and blocks that nothing in the region leads to. A block that can only be reached from the one before it is
/// charged together with that one, unless a branch between them stays in the region: then no way has to give anything back. If such a
/// branch skips one block and both ways meet after it, the block where they meet is charged with the one that branches.
/// </remarks>
internal sealed class Charges
{
    /// <summary>Most instructions between two checks: what the budget does not cover is left to the interpreter.</summary>
    private const int MostInstructions = 64;

    private readonly int[] _counts = new int[Region.Places];
    private readonly int[] _tails = new int[Region.Places];
    private readonly int[] _ownCharges = new int[Region.Places];
    private readonly int[] _needs = new int[Region.Places];
    private readonly int[] _targets = new int[Region.Places];
    private readonly bool[] _falls = new bool[Region.Places];
    private readonly bool[] _isHead = new bool[Region.Places];
    private readonly int[] _reached = new int[Region.Places];
    private readonly bool[] _isJoined = new bool[Region.Places];

    /// <summary>Instructions of the block that begins at an offset.</summary>
    public int CountOf(int start) => _counts[start >> 1];

    /// <summary>Instructions after that block that are charged when it begins.</summary>
    public int TailOf(int start) => _tails[start >> 1];

    /// <summary>Instructions that the block's own code charges; the rest of it and of its tail is charged before.</summary>
    public int OwnChargeOf(int start) => _ownCharges[start >> 1];

    /// <summary>Instructions on the longest way from the block's start to the next check.</summary>
    public int NeedOf(int start) => _needs[start >> 1];

    /// <summary>True if the budget is checked where that block begins.</summary>
    public bool IsHead(int start) => _isHead[start >> 1];

    /// <summary>Decides for all blocks of a region.</summary>
    public void Find(Region region)
    {
        List<int> starts = region.Starts;
        foreach (int start in starts)
            (_isHead[start >> 1], _reached[start >> 1], _isJoined[start >> 1]) = (false, 0, false);
        for (int i = 0; i < starts.Count; i++)
            FindWays(region, starts[i], i + 1 < starts.Count ? starts[i + 1] : -1);
        for (int i = 0; i < starts.Count; i++)
        {
            bool isFallenInto = i > 0 && _falls[starts[i - 1] >> 1];
            bool isReached = _reached[starts[i] >> 1] > 0;
            _isHead[starts[i] >> 1] |= !isReached && !isFallenInto;
            _isJoined[starts[i] >> 1] = !IsHead(starts[i])
                && ((isFallenInto && !isReached && _targets[starts[i - 1] >> 1] < 0) || IsMeeting(starts, i));
        }

        for (int i = starts.Count - 1; i >= 0; i--)
        {
            Limit(starts, i);
            FindNeed(starts, i);
        }

        // Once more: blocks have become heads.
        for (int i = starts.Count - 1; i >= 0; i--)
            FindNeed(starts, i);
    }

    // Where a block leads to in the region. What it jumps back to is a head.
    private void FindWays(Region region, int start, int next)
    {
        _counts[start >> 1] = region.CountFrom(start, out int end);
        int last = region.LastOf(start);
        ref readonly DecodedInstruction d = ref region.At(last);
        bool isBranch = IsBranch(d.Op);
        _falls[start >> 1] = end == next && (isBranch || !Region.Ends(d.Op));
        int target = last + d.Imm;
        bool stays = (isBranch || d.Op is Op.J or Op.Jal) && region.HasBlock(target);
        _targets[start >> 1] = stays ? target : -1;
        if (stays)
        {
            _reached[target >> 1]++;
            _isHead[target >> 1] |= target <= start;
        }
    }

    // A way that would be too long ends before the block that makes it so.
    private void Limit(List<int> starts, int index)
    {
        int start = starts[index], most = MostInstructions - CountOf(start);
        if (_falls[start >> 1] && NeedOf(starts[index + 1]) > most)
            MakeHead(starts, index + 1);
        if (_targets[start >> 1] is >= 0 and var target && target > start && NeedOf(target) > most)
            MakeHead(starts, starts.BinarySearch(target));
    }

    // The block before this one is skipped by the one before that, and nothing else leads to either.
    private bool IsMeeting(List<int> starts, int index)
    {
        if (index < 2 || _reached[starts[index] >> 1] != 1 || _targets[starts[index - 2] >> 1] != starts[index])
            return false;
        int skipped = starts[index - 1];
        return _falls[skipped >> 1] && _targets[skipped >> 1] < 0 && _falls[starts[index - 2] >> 1] && !IsHead(skipped)
            && _reached[skipped >> 1] == 0;
    }

    private void MakeHead(List<int> starts, int index)
    {
        (_isHead[starts[index] >> 1], _isJoined[starts[index] >> 1]) = (true, false);
        if (IsSkipped(starts, index))
            _isJoined[starts[index + 1] >> 1] = false;
    }

    // The block before it has charged for the one after it.
    private bool IsSkipped(List<int> starts, int index) => index > 0 && index + 1 < starts.Count && _isJoined[starts[index + 1] >> 1]
        && _targets[starts[index - 1] >> 1] == starts[index + 1];

    private void FindNeed(List<int> starts, int index)
    {
        int start = starts[index], after = 0, tail = 0;
        if (_falls[start >> 1])
        {
            int next = starts[index + 1];
            after = IsHead(next) ? 0 : NeedOf(next);
            tail = _isJoined[next >> 1] ? CountOf(next) + TailOf(next) : 0;
        }

        if (_targets[start >> 1] is >= 0 and var target && !IsHead(target))
        {
            after = Math.Max(after, NeedOf(target));
            tail = _isJoined[target >> 1] ? CountOf(target) + TailOf(target) : 0;
        }

        _needs[start >> 1] = CountOf(start) + after;
        _tails[start >> 1] = tail;
        _ownCharges[start >> 1] = OwnCharge(starts, index, tail);
    }

    // A block that is skipped by the one that has charged for what comes after it charges for itself alone.
    private int OwnCharge(List<int> starts, int index, int tail)
    {
        int start = starts[index];
        return _isJoined[start >> 1] ? 0 : CountOf(start) + (IsSkipped(starts, index) ? 0 : tail);
    }

    private static bool IsBranch(Op op) => op is (>= Op.Beq and <= Op.Bgeu) or Op.Beqz or Op.Bnez;
}

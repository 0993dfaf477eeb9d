using System.Numerics;

namespace ObjectOS.Machine.Memory;

/// <summary>Where a page is, as far as a reader can see.</summary>
/// <param name="Frame">The frame, 0 for a hole.</param>
/// <param name="IsExclusive">No other place of the tree has this frame.</param>
/// <param name="WasShared">It was shared before.</param>
internal readonly record struct PageProbe(uint Frame, bool IsExclusive, bool WasShared);

/// <summary>
/// The pages of a memory: a radix tree of 64-ary nodes whose leaves hold 64 frames. Subtrees are shared by clones and copied, one
/// path at a time, when they are written. Holes have no nodes.
/// </summary>
internal sealed class MemoryTree
{
    private const int BitsPerLevel = 6;
    private const int Fanout = 1 << BitsPerLevel;

    private readonly FramePool _pool;

    // Levels of inner nodes above the leaves; a node of level n spans 64^(n+1) pages. It grows with the highest page that was written, so that a
    // large address space costs nothing: kernels give out the lowest addresses first.
    private int _height;
    private TreeNode? _root;

    public MemoryTree(FramePool pool, ulong pageCount)
    {
        _pool = pool;
        PageCount = pageCount;
    }

    public ulong PageCount { get; }

    /// <summary>Nodes touched by changes of the tree so far; for tests of their cost.</summary>
    public long NodeVisits { get; private set; }

    /// <summary>The frame of a page, 0 for a hole.</summary>
    public uint Lookup(ulong page)
    {
        TreeNode? node = page < Span(_height) ? _root : null;
        for (int level = _height; level > 0; level--)
        {
            if (node is null)
                return 0;
            node = ((TreeInner)node).Children[Slot(page, level)];
        }

        return node is null ? 0 : ((TreeLeaf)node).Frames[Slot(page, 0)];
    }

    public PageProbe Probe(ulong page)
    {
        bool exclusive = true;
        bool wasShared = false;
        TreeNode? node = page < Span(_height) ? _root : null;
        for (int level = _height; node is not null; level--)
        {
            exclusive &= node.References == 1;
            wasShared |= node.BelowWasShared;
            int slot = Slot(page, level);
            if (node is TreeLeaf leaf)
            {
                uint frame = leaf.Frames[slot];
                exclusive = exclusive && frame != 0 && _pool.References(frame) == 1;
                return new PageProbe(frame, exclusive, wasShared || (leaf.WasShared >> slot & 1) != 0);
            }

            node = ((TreeInner)node).Children[slot];
        }

        return default;
    }

    /// <summary>Puts a frame, whose reference the tree takes over, in the place of what the page had.</summary>
    public void Set(ulong page, uint frame)
    {
        TreeLeaf leaf = WritableLeaf(page);
        int slot = Slot(page, 0);
        uint old = leaf.Frames[slot];
        leaf.Frames[slot] = frame;
        leaf.Present |= 1UL << slot;
        leaf.WasShared &= ~(1UL << slot);
        if (old != 0)
            _pool.Release([old]);
    }

    /// <summary>Forgets that the page was shared.</summary>
    public void ClearWasShared(ulong page) => WritableLeaf(page).WasShared &= ~(1UL << Slot(page, 0));

    /// <summary>The first page at or after <paramref name="page"/> and before <paramref name="end"/> that has a frame.</summary>
    public bool TryFindPresent(ulong page, ulong end, out ulong found)
    {
        found = 0;
        end = Math.Min(end, Span(_height));
        while (page < end)
        {
            TreeNode? node = _root;
            int level = _height;
            while (true)
            {
                if (node is null)
                    return false;
                ulong taken = node.Present >> Slot(page, level);
                if (taken == 0)
                {
                    page = NextAfter(page, level + 1);
                    break;
                }

                int skip = BitOperations.TrailingZeroCount(taken);
                if (skip > 0)
                    page = (page & ~(Unit(level) - 1)) + ((ulong)skip * Unit(level));
                if (level == 0)
                {
                    found = page;
                    return page < end;
                }

                node = ((TreeInner)node).Children[Slot(page, level)];
                level--;
            }

            if (page == 0)
                return false;
        }

        return false;
    }

    /// <summary>Makes the empty pages from <paramref name="target"/> on equal to those from <paramref name="source"/> on, by sharing.</summary>
    public void Clone(ulong source, ulong target, ulong count)
    {
        ulong end = source + count;
        ulong distance = target - source;
        int shift = Math.Min(BitOperations.TrailingZeroCount(distance) / BitsPerLevel, _height);
        while (TryFindPresent(source, end, out ulong present))
        {
            // Up to the largest unit in which both sides are aligned alike, nothing is lost by starting at its beginning.
            source = Math.Max(source, present & ~(Unit(shift) - 1));
            int level = shift;
            while (level > 0 && ((source & (Unit(level) - 1)) != 0 || end - source < Unit(level)))
                level--;
            CloneUnit(source, source + distance, level);
            source += Unit(level);
        }
    }

    /// <summary>Takes the pages away; frames that are nowhere else are freed.</summary>
    public void Discard(ulong first, ulong count)
    {
        if (count > 0 && _root is not null && first < Span(_height))
            _root = Discard(_root, _height, first, Math.Min(first + count, Span(_height)) - 1);
    }

    public void Clear()
    {
        if (_root is not null)
            Release(_root);
        _root = null;
    }

    /// <summary>Pages under one place of a node of this level.</summary>
    private static ulong Unit(int level) => 1UL << (BitsPerLevel * level);

    /// <summary>Pages under a node of this level.</summary>
    private static ulong Span(int level) => Unit(level + 1);

    private static int Slot(ulong page, int level) => (int)(page >> (BitsPerLevel * level)) & (Fanout - 1);

    private static ulong NextAfter(ulong page, int level) => (page & ~(Unit(level) - 1)) + Unit(level);

    private void CloneUnit(ulong source, ulong target, int level)
    {
        if (level == 0)
        {
            uint frame = Lookup(source);
            NodeVisits += _height + 1;
            if (frame == 0)
                return;
            _pool.Retain(frame);
            Set(target, frame);
            // In a leaf that is shared itself all frames will count as shared.
            if (FindExclusiveLeaf(source) is { } leaf)
                leaf.WasShared |= 1UL << Slot(source, 0);
            WritableLeaf(target).WasShared |= 1UL << Slot(target, 0);
            return;
        }

        TreeNode? node = _root;
        for (int l = _height; l >= level && node is not null; l--)
        {
            NodeVisits++;
            node = ((TreeInner)node).Children[Slot(source, l)];
        }

        if (node is null)
            return;
        node.References++;
        node.BelowWasShared = true;
        TreeInner parent = WritableInner(target, level);
        int slot = Slot(target, level);
        parent.Children[slot] = node;
        parent.Present |= 1UL << slot;
    }

    private TreeLeaf? FindExclusiveLeaf(ulong page)
    {
        TreeNode? node = page < Span(_height) ? _root : null;
        for (int level = _height; node is not null && node.References == 1; level--)
        {
            if (node is TreeLeaf leaf)
                return leaf;
            node = ((TreeInner)node).Children[Slot(page, level)];
        }

        return null;
    }

    /// <summary>Puts roots above the root until the tree spans the page.</summary>
    private void GrowTo(ulong page)
    {
        for (; page >= Span(_height); _height++)
        {
            if (_root is not null)
            {
                var above = new TreeInner { Present = 1 };
                above.Children[0] = _root;
                _root = above;
            }
        }
    }

    private TreeLeaf WritableLeaf(ulong page)
    {
        GrowTo(page);
        if (_height == 0)
            return (TreeLeaf)(_root = _root is null ? new TreeLeaf() : Unshare(_root));
        TreeInner parent = WritableInner(page, 1);
        int slot = Slot(page, 1);
        TreeNode? child = parent.Children[slot];
        TreeNode leaf = child is null ? new TreeLeaf() : Unshare(child);
        parent.Children[slot] = leaf;
        parent.Present |= 1UL << slot;
        return (TreeLeaf)leaf;
    }

    /// <summary>The node of <paramref name="level"/> above the page, in no other place than this.</summary>
    private TreeInner WritableInner(ulong page, int level)
    {
        GrowTo(page);
        NodeVisits++;
        var node = (TreeInner)(_root = _root is null ? new TreeInner() : Unshare(_root));
        for (int l = _height; l > level; l--)
        {
            NodeVisits++;
            int slot = Slot(page, l);
            TreeNode? child = node.Children[slot];
            TreeNode next = child is null ? new TreeInner() : Unshare(child);
            node.Children[slot] = next;
            node.Present |= 1UL << slot;
            node = (TreeInner)next;
        }

        return node;
    }

    /// <summary>The node itself where it is in one place, else a copy for the place that is about to change.</summary>
    private TreeNode Unshare(TreeNode node)
    {
        if (node.References == 1 && !node.BelowWasShared)
            return node;
        TreeNode own = node;
        if (node.References > 1)
        {
            node.References--;
            own = Copy(node);
        }

        own.BelowWasShared = false;
        if (own is TreeLeaf leaf)
        {
            leaf.WasShared = leaf.Present;
            return own;
        }

        var inner = (TreeInner)own;
        for (ulong left = inner.Present; left != 0; left &= left - 1)
            inner.Children[BitOperations.TrailingZeroCount(left)]!.BelowWasShared = true;
        return own;
    }

    private TreeNode Copy(TreeNode node)
    {
        if (node is TreeLeaf leaf)
        {
            for (ulong left = leaf.Present; left != 0; left &= left - 1)
                _pool.Retain(leaf.Frames[BitOperations.TrailingZeroCount(left)]);
            return new TreeLeaf { Present = leaf.Present, Frames = leaf.Frames };
        }

        var inner = (TreeInner)node;
        for (ulong left = inner.Present; left != 0; left &= left - 1)
            inner.Children[BitOperations.TrailingZeroCount(left)]!.References++;
        return new TreeInner { Present = inner.Present, Children = inner.Children };
    }

    // first and last are pages relative to the node's own beginning, as far as the bits below its level go.
    private TreeNode? Discard(TreeNode node, int level, ulong first, ulong last)
    {
        int firstSlot = Slot(first, level);
        int lastSlot = Slot(last, level);
        ulong range = (ulong.MaxValue << firstSlot) & (ulong.MaxValue >> (Fanout - 1 - lastSlot));
        if ((node.Present & range) == 0)
            return node;
        bool whole = range == ulong.MaxValue && (first & (Unit(level) - 1)) == 0 && ((last + 1) & (Unit(level) - 1)) == 0;
        if (whole)
        {
            Release(node);
            return null;
        }

        node = Unshare(node);
        if (node is TreeLeaf leaf)
            Discard(leaf, firstSlot, lastSlot);
        else
            Discard((TreeInner)node, level, first, last);
        if (node.Present != 0)
            return node;
        return null;
    }

    private void Discard(TreeLeaf leaf, int first, int last)
    {
        Span<uint> frames = ((Span<uint>)leaf.Frames)[first..(last + 1)];
        _pool.Release(frames);
        frames.Clear();
        ulong range = (ulong.MaxValue << first) & (ulong.MaxValue >> (Fanout - 1 - last));
        leaf.Present &= ~range;
        leaf.WasShared &= ~range;
    }

    private void Discard(TreeInner inner, int level, ulong first, ulong last)
    {
        int firstSlot = Slot(first, level);
        int lastSlot = Slot(last, level);
        for (int slot = firstSlot; slot <= lastSlot; slot++)
        {
            if (inner.Children[slot] is not { } child)
                continue;
            ulong from = slot == firstSlot ? first & (Unit(level) - 1) : 0;
            ulong to = slot == lastSlot ? last & (Unit(level) - 1) : Unit(level) - 1;
            TreeNode? left = Discard(child, level - 1, from, to);
            inner.Children[slot] = left;
            if (left is null)
                inner.Present &= ~(1UL << slot);
        }
    }

    private void Release(TreeNode node)
    {
        if (--node.References > 0)
            return;
        if (node is TreeLeaf leaf)
        {
            _pool.Release(leaf.Frames);
            return;
        }

        var inner = (TreeInner)node;
        for (ulong left = inner.Present; left != 0; left &= left - 1)
            Release(inner.Children[BitOperations.TrailingZeroCount(left)]!);
    }
}

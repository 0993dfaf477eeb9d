using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Memory;

/// <summary>
/// A node of a <see cref="MemoryTree"/>. It may be in several places of the tree at once; what is below a node that is in more
/// than one place is shared, and is copied before it is changed.
/// </summary>
internal abstract class TreeNode
{
    /// <summary>Places of the tree that this node is in.</summary>
    public int References = 1;

    /// <summary>Some frames below were shared since they were made and may be charged to one who left; see <see cref="TreeLeaf.WasShared"/>.</summary>
    public bool BelowWasShared;

    /// <summary>A bit for each of the 64 places below that is taken. A node without any is not kept.</summary>
    public ulong Present;
}

/// <summary>64 nodes of the level below.</summary>
internal sealed class TreeInner : TreeNode
{
    public NodeArray Children;

    [InlineArray(64)]
    internal struct NodeArray
    {
        private TreeNode? _first;
    }
}

/// <summary>64 frames: 256 KiB.</summary>
internal sealed class TreeLeaf : TreeNode
{
    public FrameArray Frames;

    /// <summary>A bit for each frame that was shared: the first to write it once it is alone with it pays for it from then on.</summary>
    public ulong WasShared;

    [InlineArray(64)]
    internal struct FrameArray
    {
        private uint _first;
    }
}

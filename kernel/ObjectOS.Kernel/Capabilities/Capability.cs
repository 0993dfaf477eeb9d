using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// An object, rights and a badge, in a slot of a table. Capabilities form a tree of derivation: revoking one deletes all below it.
/// </summary>
public sealed class Capability
{
    private Capability? _parent;
    private Capability? _firstChild;
    private Capability? _next;
    private Capability? _previous;

    internal Capability(KernelObject item, CapabilityRights rights, ulong badge, CapabilityTable table, uint slot)
    {
        Object = item;
        Rights = rights;
        Badge = badge;
        Table = table;
        Slot = slot;
    }

    /// <summary>What it names; may be dead.</summary>
    public KernelObject Object { get; }

    /// <summary>What its holder may do.</summary>
    public CapabilityRights Rights { get; }

    /// <summary>How messages sent through it are marked; 0: not yet chosen.</summary>
    public ulong Badge { get; }

    /// <summary>The table it is in.</summary>
    public CapabilityTable Table { get; }

    /// <summary>Its slot there.</summary>
    public uint Slot { get; }

    /// <summary>A capability derived from it, or null.</summary>
    internal Capability? FirstChild => _firstChild;

    /// <summary>The capability that it was derived from, or null.</summary>
    internal Capability? Parent => _parent;

    /// <summary>Most derivations in a row: what revoking has to descend.</summary>
    internal const int DepthLimit = 256;

    /// <summary>True where another capability can be derived from this one.</summary>
    internal bool CanDerive
    {
        get
        {
            int depth = 1;
            for (var c = _parent; c is not null; c = c._parent)
            {
                depth++;
            }

            return depth < DepthLimit;
        }
    }

    /// <summary>Mappings that were made through it and go with it, in no order; null while there was none.</summary>
    internal List<Mapping>? Mappings { get; set; }

    /// <summary>Its neighbours in <see cref="CapabilityTable"/>'s list of all that it holds.</summary>
    internal Capability? NextHeld { get; set; }

    /// <inheritdoc cref="NextHeld"/>
    internal Capability? PreviousHeld { get; set; }

    internal void AttachTo(Capability parent)
    {
        _parent = parent;
        _next = parent._firstChild;
        if (_next is not null)
        {
            _next._previous = this;
        }

        parent._firstChild = this;
    }

    /// <summary>What was derived from it is from now on derived from its parent. False: more than <paramref name="most"/> are left.</summary>
    internal bool HandUpChildren(int most)
    {
        for (; _firstChild is { } child; most--)
        {
            if (most == 0)
            {
                return false;
            }

            child.Detach();
            if (_parent is not null)
            {
                child.AttachTo(_parent);
            }
        }

        return true;
    }

    /// <summary>Leaves the tree, with all that was derived from it.</summary>
    private void Detach()
    {
        if (_previous is not null)
        {
            _previous._next = _next;
        }
        else if (_parent is not null)
        {
            _parent._firstChild = _next;
        }

        if (_next is not null)
        {
            _next._previous = _previous;
        }

        _parent = null;
        _next = null;
        _previous = null;
    }

    /// <summary>Leaves the tree alone; what was derived from it is from now on derived from its parent.</summary>
    internal void LeaveTree()
    {
        HandUpChildren(int.MaxValue);
        Detach();
    }
}

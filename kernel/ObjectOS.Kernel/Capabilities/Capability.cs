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

    /// <summary>Mappings that were made through it and go with it; null while there is none.</summary>
    internal List<Mapping>? Mappings { get; set; }

    /// <summary>True where the capability was derived, at any distance, from <paramref name="ancestor"/>.</summary>
    internal bool IsDerivedFrom(Capability ancestor)
    {
        for (var c = _parent; c is not null; c = c._parent)
        {
            if (c == ancestor)
            {
                return true;
            }
        }

        return false;
    }

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

    /// <summary>Leaves the tree; what was derived from it is from now on derived from its parent.</summary>
    internal void Detach()
    {
        var child = _firstChild;
        while (child is not null)
        {
            var next = child._next;
            child._parent = null;
            child._previous = null;
            child._next = null;
            if (_parent is not null)
            {
                child.AttachTo(_parent);
            }

            child = next;
        }

        _firstChild = null;
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
}

using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// What a capability can name. An object is charged to a cell's object quota, lives while a capability or another object uses
/// it, and dies with its cell in any case.
/// </summary>
public abstract class KernelObject
{
    private protected KernelObject(ObjectKind kind, Cell? owner)
    {
        Kind = kind;
        Owner = owner ?? (Cell)this;
        owner?.Adopt(this);
    }

    /// <summary>The kind.</summary>
    public ObjectKind Kind { get; }

    /// <summary>The cell whose quota it is charged to; the root cell is its own.</summary>
    public Cell Owner { get; }

    /// <summary>True once it is destroyed: capabilities that still name it are good for nothing but deletion.</summary>
    public bool IsDead { get; private set; }

    /// <summary>Its place in its owner's list; kept by <see cref="Cell"/>.</summary>
    internal int OwnerIndex { get; set; }

    private int _uses;

    /// <summary>A capability or another object starts to use it.</summary>
    internal void Retain() => _uses++;

    /// <summary>A use ends; the object dies with its last.</summary>
    internal void Release(Kernel kernel)
    {
        if (--_uses == 0 && DiesUnused)
        {
            Destroy(kernel);
        }
    }

    /// <summary>Destroys it now, whoever uses it. Cost: constant; what takes longer is queued with the kernel.</summary>
    internal void Destroy(Kernel kernel)
    {
        if (!IsDead)
        {
            IsDead = true;
            OnDestroy(kernel);
            if (Owner != this)
            {
                Owner.Disown(this);
            }
        }
    }

    /// <summary>False for threads and cells, which live on when nobody holds them.</summary>
    private protected virtual bool DiesUnused => true;

    private protected abstract void OnDestroy(Kernel kernel);

    /// <summary>After the death of one that <see cref="OnDestroy"/> has given to the reclaimer: one bounded step of giving back what it had. True: it was the last.</summary>
    internal virtual bool TearDown(Reclaimer reclaimer) => true;
}

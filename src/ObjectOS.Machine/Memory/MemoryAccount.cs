using ObjectOS.Cpu;

namespace ObjectOS.Machine.Memory;

/// <summary>
/// Who pays for frames. A frame carries the number of the account that made it. An account that is closed forwards to its parent
/// and keeps its number for as long as frames carry it, so that closing one touches no frame.
/// </summary>
/// <remarks>All changes are made under <see cref="FramePool.Gate"/>: CPUs on other host threads share the ancestors.</remarks>
internal sealed class MemoryAccount : IMemoryAccount
{
    private readonly FramePool _pool;
    private readonly MemoryAccount? _parent;

    // The open accounts below, as a list threaded through them.
    private MemoryAccount? _firstChild;
    private MemoryAccount? _nextSibling;
    private MemoryAccount? _previousSibling;

    // Null while open; then the nearest account known to be above it, shortened as it is followed.
    private MemoryAccount? _forward;

    private ulong _limit;
    private ulong _reserved;

    // Charged here, and what each account below takes of this one: what it uses, or what is reserved for it if that is more.
    private ulong _used;
    private ulong _charged;
    private ulong _chargedHere;
    private ulong _peak;
    private long _tagged;

    /// <summary>A machine's own account.</summary>
    public MemoryAccount(FramePool pool, ulong limit)
        : this(pool, null, limit)
    {
    }

    private MemoryAccount(FramePool pool, MemoryAccount? parent, ulong limit)
    {
        _pool = pool;
        _parent = parent;
        _limit = limit;
        Index = pool.Accounts.Add(this);
    }

    /// <summary>What frames carry.</summary>
    public int Index { get; }

    public FramePool Pool => _pool;

    public IMemoryAccount? Parent => _parent;

    public ulong Limit => Volatile.Read(ref _limit);

    public ulong Reserved => Volatile.Read(ref _reserved);

    public ulong Used => Volatile.Read(ref _used);

    public ulong Charged => Volatile.Read(ref _charged);

    public ulong ChargedHere => Volatile.Read(ref _chargedHere);

    public ulong Peak => Volatile.Read(ref _peak);

    public bool IsClosed => Volatile.Read(ref _forward) is not null;

    public void SetLimit(ulong pages)
    {
        lock (_pool.Gate)
            _limit = pages;
    }

    /// <exception cref="InvalidOperationException">It is a machine's own account, or closed.</exception>
    public bool TryReserve(ulong pages)
    {
        lock (_pool.Gate)
        {
            if (_parent is null || _forward is not null)
                throw new InvalidOperationException("Pages are reserved for an open account below a machine's own.");
            ulong before = Held;
            ulong after = Math.Max(_used, pages);
            if (pages > _limit || (after > before && _parent.FindUnableToPay(after - before) is not null))
                return false;
            _reserved = pages;
            _parent.ChangeUsed((long)(after - before));
            return true;
        }
    }

    /// <exception cref="InvalidOperationException">This account is closed.</exception>
    public IMemoryAccount CreateChild(ulong limit)
    {
        lock (_pool.Gate)
        {
            if (_forward is not null)
                throw new InvalidOperationException("The account is closed; make the child from an open one.");
            var child = new MemoryAccount(_pool, this, limit) { _nextSibling = _firstChild };
            if (_firstChild is not null)
                _firstChild._previousSibling = child;
            _firstChild = child;
            return child;
        }
    }

    public void Close()
    {
        lock (_pool.Gate)
        {
            if (_parent is null)
                throw new InvalidOperationException("A machine's own account stays open as long as the machine.");
            if (_forward is not null)
                return;
            Unlink();
            _parent._chargedHere += _charged;

            // What was reserved and not used goes back to where it came from.
            _parent.ChangeUsed((long)(_charged - Held));
            CloseTree();
        }
    }

    /// <summary>True where this account is <paramref name="ancestor"/> or below it.</summary>
    public bool IsUnder(MemoryAccount ancestor)
    {
        MemoryAccount? account = this;
        while (account is not null && account != ancestor)
            account = account._parent;
        return account is not null;
    }

    /// <summary>The open account that stands for this one. Under the gate.</summary>
    internal MemoryAccount Resolve()
    {
        if (_forward is null)
            return this;
        MemoryAccount open = _forward;
        while (open._forward is not null)
            open = open._forward;
        for (MemoryAccount step = this; step._forward is not null && step._forward != open;)
        {
            MemoryAccount next = step._forward;
            step._forward = open;
            step = next;
        }

        return open;
    }

    /// <summary>
    /// The lowest account from here up that cannot pay for so many pages more; null: all can, as far as nobody has them reserved. Under the gate.
    /// </summary>
    internal MemoryAccount? FindUnableToPay(ulong pages = 1)
    {
        for (MemoryAccount? account = this; account is not null && pages > 0; account = account._parent)
        {
            if (account._used >= account._limit || pages > account._limit - account._used)
                return account;
            pages = Math.Max(account._used + pages, account._reserved) - account.Held;
        }

        return null;
    }

    /// <summary>Takes a new frame on this open account. Under the gate, after <see cref="FindUnableToPay"/>.</summary>
    internal void Charge()
    {
        _tagged++;
        Add();
    }

    /// <summary>Takes a frame that carries this account's number away from whoever stands for it now. Under the gate.</summary>
    internal void Credit()
    {
        Resolve().Subtract();
        Untag();
    }

    /// <summary>Moves a frame that carries this account's number to <paramref name="writer"/>, an open account, if it can pay. Under the gate.</summary>
    internal bool TryMoveTo(MemoryAccount writer)
    {
        MemoryAccount owner = Resolve();
        if (owner == writer)
            return false;
        owner.Subtract();
        if (writer.FindUnableToPay() is not null)
        {
            owner.Add();
            return false;
        }

        Untag();
        writer._tagged++;
        writer.Add();
        return true;
    }

    // What it takes of its parent.
    private ulong Held => Math.Max(_used, _reserved);

    private void Add()
    {
        _chargedHere++;
        ChangeUsed(1);
        for (MemoryAccount? account = this; account is not null; account = account._parent)
        {
            account._charged++;
            if (account._charged > account._peak)
                account._peak = account._charged;
        }
    }

    private void Subtract()
    {
        _chargedHere--;
        ChangeUsed(-1);
        for (MemoryAccount? account = this; account is not null; account = account._parent)
            account._charged--;
    }

    /// <summary>Something here takes more or less: what is reserved absorbs it, the rest goes up.</summary>
    private void ChangeUsed(long pages)
    {
        for (MemoryAccount? account = this; account is not null && pages != 0; account = account._parent)
        {
            ulong before = account.Held;
            account._used += (ulong)pages;
            pages = (long)(account.Held - before);
        }
    }

    private void Untag()
    {
        _tagged--;
        if (_tagged == 0 && _forward is not null)
            _pool.Accounts.Remove(Index);
    }

    private void Unlink()
    {
        if (_previousSibling is not null)
            _previousSibling._nextSibling = _nextSibling;
        else
            _parent!._firstChild = _nextSibling;
        if (_nextSibling is not null)
            _nextSibling._previousSibling = _previousSibling;
        _nextSibling = _previousSibling = null;
    }

    // Forwards this account and those below it; their charges are already the parent's.
    private void CloseTree()
    {
        for (MemoryAccount? child = _firstChild; child is not null;)
        {
            MemoryAccount? next = child._nextSibling;
            child._nextSibling = child._previousSibling = null;
            child.CloseTree();
            child = next;
        }

        _firstChild = null;
        _forward = _parent;
        _charged = _chargedHere = _used = _reserved = 0;
        if (_tagged == 0)
            _pool.Accounts.Remove(Index);
    }
}

using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Harts;

/// <summary>All that a translation depends on besides page tables and PMP.</summary>
/// <param name="Privilege">The mode that accesses count as.</param>
/// <param name="Virtual">V and hgatp.</param>
/// <param name="Satp">satp, or vsatp if V is 1; 0 where addresses are physical, or a guest's physical ones.</param>
/// <param name="Sum">S-mode may access user pages.</param>
/// <param name="Mxr">What is executable is readable.</param>
/// <param name="HidesFloats">For fetches: floating-point instructions decode as illegal.</param>
internal readonly record struct RegimeKey(PrivilegeMode Privilege, VirtualMode Virtual, ulong Satp, bool Sum, bool Mxr, bool HidesFloats);

/// <summary>
/// Translation of a hart's virtual addresses under one <see cref="RegimeKey"/>: the page-table walk, physical memory protection, and the
/// hart's address space as second stage (privileged specification, "Sv39", "Sv48" and "Sv57", chapter "Supervisor-Level ISA").
/// </summary>
internal sealed class Regime(Hart hart, AddressSpace space) : Translation(space.Memory, space.Account, hasLastingTlb: true)
{
    private const ulong V = 1, R = 2, W = 4, X = 8, U = 16, A = 64, D = 128;
    private const ulong Reserved = 0x7FUL << 54;
    private const ulong Pbmt = 3UL << 61;
    private const ulong N = 1UL << 63;
    private const ulong PpnMask = (1UL << 44) - 1;
    private const int EntrySize = 8;
    private const int MostFetched = 1 << 16;

    // The pages of the memory that fetches go to, by virtual page: what was fetched from stays so until a fence. No cache of code that is
    // smaller, or that is emptied for the host's sake, then shows in what is executed or in the A bits of page tables.
    private readonly Dictionary<ulong, ulong> _fetchedPages = [];

    private bool _isLive;
    private ulong _flushes;
    private ulong _mapGeneration;

    // Every address that was translated by a leaf above the lowest level lies between these: outside of them a fence by address has one
    // page at most to forget.
    private ulong _lowestSuper = ulong.MaxValue, _highestSuper;

    /// <summary>What it translates under.</summary>
    public RegimeKey Key { get; private set; }

    /// <summary>Whether it stands for the key now.</summary>
    public bool Is(in RegimeKey key) => _isLive && Key == key;

    /// <summary>Makes it stand for a key.</summary>
    public void Become(in RegimeKey key)
    {
        Key = key;
        _isLive = true;
        ForgetAll();
    }

    /// <summary>Before it is used: forgets what fences, changes of PMP and of the second stage have made untrue.</summary>
    public void Use(ulong flushes)
    {
        if (_flushes != flushes || _mapGeneration != space.MapGeneration)
        {
            ForgetAll();
            _flushes = flushes;
            _mapGeneration = space.MapGeneration;
        }

        Enter();
    }

    /// <summary>A fence for one address.</summary>
    public void Fence(ulong va)
    {
        if (!_isLive || Key.Satp == 0)
            return;
        if (va >= _lowestSuper && va <= _highestSuper)
            ForgetAll();
        else if (_fetchedPages.Remove(va >> Pages.Shift))
            Forget(va, 1);
        else
            Tlb.Drop(va);
    }

    protected override AccessResult Translate(ulong va, int length, AccessKind access, out ulong page)
    {
        page = 0;
        IsWholePage = true;
        IsWalkFault = false;
        if (access == AccessKind.Fetch && _fetchedPages.TryGetValue(va >> Pages.Shift, out page))
            return AccessResult.Ok;
        ulong physical = va;
        AccessResult result = Key.Satp == 0 ? CheckPhysical(va) : Walk(va, access, out physical);
        if (Key.Satp != 0 && Memory.Observer is { } observer)
            observer.Walked(hart.Context, access, va, result == AccessResult.Ok ? physical : null);
        if (result != AccessResult.Ok)
            return Fail(result, va);
        if (!hart.Allows(physical, length, access, Key.Privilege, out bool isWholePage))
            return Fail(AccessResult.AccessFault, va);
        IsWholePage &= isWholePage;
        if (!TryFindPage(physical, access, out page))
            return Fail(GuestFault(physical, access), va);
        if (access == AccessKind.Fetch && IsWholePage)
            Remember(va, page);
        return AccessResult.Ok;
    }

    private static AccessResult CheckPhysical(ulong address) => address >> 56 == 0 ? AccessResult.Ok : AccessResult.AccessFault;

    private AccessResult Fail(AccessResult result, ulong va)
    {
        FaultAddress = va;
        return result;
    }

    private AccessResult GuestFault(ulong physical, AccessKind access)
    {
        FaultPhysical = physical;
        FaultAccess = access;
        return AccessResult.GuestFault;
    }

    private AccessResult Walk(ulong va, AccessKind access, out ulong physical)
    {
        physical = 0;
        int levels = (int)(Key.Satp >> 60) - 5;
        int width = 12 + (9 * levels);
        if ((ulong)((long)(va << (64 - width)) >> (64 - width)) != va)
            return AccessResult.PageFault;
        ulong table = (Key.Satp & PpnMask) << Pages.Shift;
        for (int level = levels - 1; level >= 0; level--)
        {
            ulong address = table + ((va >> (12 + (9 * level)) & 511) * EntrySize);
            AccessResult result = ReadEntry(address, out ulong entry, out uint frame);
            if (result != AccessResult.Ok)
                return result;
            if ((entry & V) == 0 || (entry & (R | W)) == W || (entry & Reserved) != 0 || !IsTypeAllowed(entry))
                return AccessResult.PageFault;
            if ((entry & (R | W | X)) != 0)
                return Leaf(va, access, level, address, frame, entry, out physical);
            if ((entry & (A | D | U | Pbmt | N)) != 0)
                return AccessResult.PageFault;
            table = (entry >> 10 & PpnMask) << Pages.Shift;
        }

        return AccessResult.PageFault;
    }

    // "Svpbmt": the bits are reserved unless enabled, and their value 3 always is; N is reserved without Svnapot.
    private bool IsTypeAllowed(ulong entry) => (entry & N) == 0 && ((entry & Pbmt) == 0 || (hart.HasPageTypes && (entry & Pbmt) != Pbmt));

    private AccessResult Leaf(ulong va, AccessKind access, int level, ulong address, uint frame, ulong entry, out ulong physical)
    {
        int shift = 12 + (9 * level);
        ulong low = (1UL << shift) - 1;
        ulong target = (entry >> 10 & PpnMask) << Pages.Shift;
        physical = target | (va & low);
        if (!IsPermitted(entry, access) || (target & low) != 0)
            return AccessResult.PageFault;
        ulong wanted = access == AccessKind.Store ? A | D : A;
        if ((entry & wanted) != wanted)
        {
            if (!hart.UpdatesAccessed)
                return AccessResult.PageFault;
            AccessResult result = WriteEntry(address, frame, entry | wanted);
            if (result != AccessResult.Ok)
                return result;
            entry |= wanted;
        }

        if (level > 0)
            (_lowestSuper, _highestSuper) = (Math.Min(_lowestSuper, va & ~low), Math.Max(_highestSuper, va | low));
        return AccessResult.Ok;
    }

    private bool IsPermitted(ulong entry, AccessKind access)
    {
        bool user = (entry & U) != 0;
        if (Key.Privilege == PrivilegeMode.User ? !user : user && (!Key.Sum || access == AccessKind.Fetch))
            return false;
        return access switch
        {
            AccessKind.Fetch => (entry & X) != 0,
            AccessKind.Store => (entry & W) != 0,
            _ => (entry & R) != 0 || (Key.Mxr && (entry & X) != 0),
        };
    }

    // The walk's own accesses count as those of S-mode ("Virtual Address Translation Process").
    private AccessResult ReadEntry(ulong address, out ulong entry, out uint frame)
    {
        (entry, frame) = (0, 0);
        if (!hart.Allows(address, EntrySize, AccessKind.Load, PrivilegeMode.Supervisor, out _))
            return AccessResult.AccessFault;
        if (!TryFindPage(address, AccessKind.Load, out ulong page))
            return WalkFault(address, AccessKind.Load);
        frame = Memory.Lookup(page);
        entry = BinaryPrimitives.ReadUInt64LittleEndian(Memory.Pool.Bytes(frame)[(int)(address & OffsetMask)..]);
        return AccessResult.Ok;
    }

    private AccessResult WriteEntry(ulong address, uint frame, ulong entry)
    {
        if (!hart.Allows(address, EntrySize, AccessKind.Store, PrivilegeMode.Supervisor, out _))
            return AccessResult.AccessFault;
        if (!TryFindPage(address, AccessKind.Store, out ulong page))
            return WalkFault(address, AccessKind.Store);
        if (!Memory.TryOwn(page, Account, out frame))
            return Exhausted(address);
        BinaryPrimitives.WriteUInt64LittleEndian(Memory.BytesToChange(frame)[(int)(address & OffsetMask)..], entry);
        return AccessResult.Ok;
    }

    // Where V is 1, hgatp's stage will come first.
    private bool TryFindPage(ulong physical, AccessKind access, out ulong page) => space.TryFindPage(physical, access, out page);

    private AccessResult WalkFault(ulong address, AccessKind access)
    {
        IsWalkFault = true;
        return GuestFault(address, access);
    }

    private void Remember(ulong va, ulong page)
    {
        if (_fetchedPages.Count == MostFetched)
        {
            _fetchedPages.Clear();
            ForgetFetched();
        }

        _fetchedPages.Add(va >> Pages.Shift, page);
    }

    private void ForgetAll()
    {
        (_lowestSuper, _highestSuper) = (ulong.MaxValue, 0);
        _fetchedPages.Clear();
        Flush();
    }
}

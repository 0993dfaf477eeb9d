using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine;

/// <summary>
/// Where a CPU stops for a debugger: before instructions and after accesses, by virtual address in every space and mode. A run that stops returns
/// <see cref="TrapCause.Suspended"/> with all state exact, which no kernel and no guest can tell from the end of a slice. Changed between runs only.
/// </summary>
public sealed class DebugStops
{
    private readonly Dictionary<ulong, int> _breakpoints = [];
    private readonly HashSet<ulong> _pages = [];
    private readonly List<Watch> _watches = [];
    private HartContext? _passing;
    private ulong _passingRetired;
    private ulong _passingPc;

    /// <summary>Raised by every change.</summary>
    internal int Version { get; private set; } = 1;

    /// <summary>True once the CPU has stopped, until <see cref="Continue"/>.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>The access that the CPU stopped after; null: it stopped before an instruction.</summary>
    public Watch? Access { get; private set; }

    /// <summary>Adds a breakpoint; the same one again is counted.</summary>
    public void AddBreakpoint(ulong pc)
    {
        _breakpoints[pc] = _breakpoints.GetValueOrDefault(pc) + 1;
        _pages.Add(pc >> Pages.Shift);
        Version++;
    }

    /// <summary>Takes a breakpoint away; false: there is none.</summary>
    public bool RemoveBreakpoint(ulong pc)
    {
        if (!_breakpoints.TryGetValue(pc, out int count))
            return false;
        if (count > 1)
            _breakpoints[pc] = count - 1;
        else
            _breakpoints.Remove(pc);
        _pages.Clear();
        _pages.UnionWith(_breakpoints.Keys.Select(other => other >> Pages.Shift));
        Version++;
        return true;
    }

    /// <summary>Adds a watchpoint.</summary>
    public void AddWatch(Watch watch)
    {
        _watches.Add(watch);
        Version++;
    }

    /// <summary>Takes a watchpoint away; false: there is none.</summary>
    public bool RemoveWatch(Watch watch)
    {
        Version++;
        return _watches.Remove(watch);
    }

    /// <summary>Takes everything away.</summary>
    public void Clear()
    {
        _breakpoints.Clear();
        _pages.Clear();
        _watches.Clear();
        Version++;
    }

    /// <summary>Ends a stop.</summary>
    /// <param name="passing">The hart whose next instruction does not stop it; null: none.</param>
    public void Continue(HartContext? passing)
    {
        (HasStopped, Access) = (false, null);
        (_passing, _passingRetired, _passingPc) = (passing, passing?.Retired ?? 0, passing?.Pc ?? 0);
    }

    internal bool HasWatches => _watches.Count > 0;

    /// <summary>True if a breakpoint is in the page: its instructions are then looked at one by one.</summary>
    internal bool IsPage(ulong pc) => _pages.Contains(pc >> Pages.Shift);

    /// <summary>True if the CPU stops before an instruction. A stop is noted.</summary>
    /// <param name="pc">The instruction's address.</param>
    /// <param name="context">The hart.</param>
    /// <param name="retired">Instructions retired in this run.</param>
    internal bool StopsBefore(ulong pc, HartContext context, ulong retired)
    {
        if (HasStopped)
            return true;
        if (!_breakpoints.ContainsKey(pc) || (retired == 0 && context == _passing && context.Retired == _passingRetired && pc == _passingPc))
            return false;
        return HasStopped = true;
    }

    /// <summary>True if the CPU stops after an access. The page is kept out of the TLB, so that the next access is seen, too.</summary>
    internal bool StopsAfter(ulong address, int size, AccessKind kind, SoftTlb tlb)
    {
        ulong last = address + (ulong)size - 1;
        foreach (Watch watch in _watches)
        {
            if (watch.IsInPageOf(address))
                tlb.Drop(address);
            if (watch.IsInPageOf(last))
                tlb.Drop(last);
            if (!HasStopped && watch.Sees(kind) && address < watch.Address + watch.Length && last >= watch.Address)
                (HasStopped, Access) = (true, watch);
        }

        return HasStopped;
    }

    internal void DropFrom(SoftTlb tlb)
    {
        foreach (Watch watch in _watches)
        {
            for (ulong page = watch.Address & ~(ulong)(Pages.Size - 1); page < watch.Address + watch.Length; page += Pages.Size)
                tlb.Drop(page);
        }
    }
}

/// <summary>Bytes whose accesses by guest code stop a CPU. What kernels and services read and write for a guest does not.</summary>
/// <param name="Address">The first byte's virtual address.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Loads">True: loads stop it.</param>
/// <param name="Stores">True: stores and atomic operations stop it.</param>
public readonly record struct Watch(ulong Address, ulong Length, bool Loads, bool Stores)
{
    internal bool Sees(AccessKind kind) => kind == AccessKind.Store ? Stores : Loads;

    internal bool IsInPageOf(ulong address) => address >> Pages.Shift >= Address >> Pages.Shift && address >> Pages.Shift <= (Address + Length - 1) >> Pages.Shift;
}

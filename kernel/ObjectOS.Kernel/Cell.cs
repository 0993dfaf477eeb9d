using System.Diagnostics;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>A protection domain: a capability table, a quota of memory and objects, and its threads.</summary>
public sealed class Cell : KernelObject
{
    /// <summary>The budget of a cell without one.</summary>
    internal const long NoBudget = long.MaxValue;

    /// <summary>Most cells within each other; what walks from a cell to the root costs by this.</summary>
    internal const int DepthLimit = 1024;

    private readonly List<KernelObject> _owned = [];
    private int _childIndex;
    private ulong _debt;

    internal Cell(uint number, Cell? parent, IMemoryAccount account, int objectLimit)
        : base(ObjectKind.Cell, parent)
    {
        Number = number;
        Parent = parent;
        Account = account;
        ObjectLimit = objectLimit;
        Capabilities = new CapabilityTable(this);
        IsShared = parent is null;
        if (parent is not null)
        {
            Depth = parent.Depth + 1;
            parent.Charge(objectLimit);
            _childIndex = parent.Children.Count;
            parent.Children.Add(this);
        }
    }

    /// <summary>How many cells it lies in; the root's is 0.</summary>
    internal int Depth { get; }

    /// <summary>Virtual instructions that each charge to it costs beside: it is counted in every cell that it lies in.</summary>
    internal ulong CostOfDepth => Depth > 4 ? (ulong)(Depth - 4) * 12 : 0;

    /// <summary>Its number in its kernel, never used twice; the root cell is 1.</summary>
    public uint Number { get; }

    /// <summary>The cell whose quota it was carved from; null for the root.</summary>
    public Cell? Parent { get; }

    /// <summary>What its threads hold.</summary>
    public CapabilityTable Capabilities { get; }

    /// <summary>Who pays for the pages that its threads make.</summary>
    public IMemoryAccount Account { get; }

    /// <summary>Most objects and capabilities, those carved out for cells below included.</summary>
    public int ObjectLimit { get; private set; }

    /// <summary>Objects and capabilities in use or carved out.</summary>
    public int ObjectsUsed { get; private set; }

    /// <summary>How it stands.</summary>
    public CellState State { get; internal set; }

    /// <summary>Threads that live.</summary>
    public int ThreadCount { get; internal set; }

    /// <summary>The cells that were carved from it.</summary>
    internal List<Cell> Children { get; } = [];

    /// <summary>Where its threads' ecalls go; null: they are invocations.</summary>
    internal BadgedEndpoint SystemCalls;

    /// <summary>Where its threads' traps go; null: a trap ends the cell.</summary>
    internal BadgedEndpoint Faults;

    /// <summary>Virtual instructions that this cell and those below it may still use; a last charge may have overdrawn it.</summary>
    internal long BudgetLeft = NoBudget;

    /// <summary>Signals a second of the timers that repeat, of this cell and those below it.</summary>
    internal long Repeats;

    internal ulong Retired;
    internal ulong Charged;
    internal ulong Traps;
    internal CellEnd? End;

    /// <summary>The message that tells of its end, while nobody has received it; it goes with the cell.</summary>
    internal Letter? EndLetter;

    /// <summary>True from the first step of its destruction on.</summary>
    internal bool IsBeingDestroyed;

    /// <summary>True where none of its threads may run: it has ended, or it or one that it was carved from is paused or being destroyed.</summary>
    internal bool IsStopped
    {
        get
        {
            if (State == CellState.Ended)
            {
                return true;
            }

            for (var cell = this; cell is not null; cell = cell.Parent)
            {
                if (cell.State == CellState.Paused || cell.IsBeingDestroyed)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>True where it was carved, at any distance, from <paramref name="other"/>.</summary>
    internal bool IsBelow(Cell other)
    {
        var cell = Parent;
        while (cell is not null && cell != other)
        {
            cell = cell.Parent;
        }

        return cell is not null;
    }

    /// <summary>The least that is left of the budgets of this cell and those above it.</summary>
    internal long LeastBudget
    {
        get
        {
            long least = NoBudget;
            for (var cell = this; cell is not null; cell = cell.Parent)
            {
                least = Math.Min(least, cell.BudgetLeft);
            }

            return least;
        }
    }

    /// <summary>
    /// Counts virtual instructions, against all budgets. A budget is exact: no cell is charged beyond one. What a last step takes beyond it is the
    /// kernel's own, and bounded by what a step may take.
    /// </summary>
    internal void Use(ulong cost)
    {
        var payer = Payer;
        long least = payer.LeastBudget;
        cost = least == NoBudget ? cost : Math.Min(cost, (ulong)Math.Max(0, least));
        payer.Count(cost);
    }

    /// <summary>True if cells that were carved from it share it, so that it pays for none of them: the root, and the cell of a managed program.</summary>
    internal bool IsShared { get; set; }

    /// <summary>
    /// Puts work that was done for this cell on its account, or on that of the next cell above it that still lives. The next thread of that cell, or of one
    /// below it, pays at its next trap. What would fall to a shared cell is charged to nobody.
    /// </summary>
    internal void Owe(ulong cost)
    {
        var payer = Payer;
        payer._debt += payer.IsShared ? 0 : cost;
    }

    /// <summary>Returns what this cell and those above it owe, up to a shared one; they owe nothing then.</summary>
    internal ulong TakeDebt()
    {
        ulong debt = 0;
        for (var cell = this; cell is { IsShared: false }; cell = cell.Parent)
        {
            debt += cell._debt;
            cell._debt = 0;
        }

        return debt;
    }

    /// <summary>Takes back what <see cref="Use"/> has counted since its count was <paramref name="charged"/>.</summary>
    internal void TakeBack(ulong charged)
    {
        var payer = Payer;
        payer.Count(charged - payer.Charged);
    }

    /// <summary>The cell itself, or the next above it that still lives.</summary>
    private Cell Payer
    {
        get
        {
            var payer = this;
            while (payer is { IsDead: true, Parent: { } parent })
            {
                payer = parent;
            }

            return payer;
        }
    }

    private void Count(ulong cost)
    {
        Charged += cost;
        for (var cell = this; cell is not null; cell = cell.Parent)
        {
            if (cell.BudgetLeft != NoBudget)
            {
                cell.BudgetLeft -= (long)cost;
            }
        }
    }

    /// <summary>Objects that are charged here, in no order that means anything.</summary>
    internal IReadOnlyList<KernelObject> Owned => _owned;

    /// <summary>True where one more object or <paramref name="count"/> of them can be charged.</summary>
    internal bool CanCharge(int count = 1) => State != CellState.Ended && ObjectLimit - ObjectsUsed >= count;

    internal void Charge(int count = 1) => ObjectsUsed += count;

    internal void Refund(int count = 1) => ObjectsUsed -= count;

    internal void SetObjectLimit(int limit)
    {
        Parent?.Charge(limit - ObjectLimit);
        ObjectLimit = limit;
    }

    /// <summary>Puts a new object under this cell's quota. A cell's own quota is carved out with it.</summary>
    internal void Adopt(KernelObject item)
    {
        item.OwnerIndex = _owned.Count;
        _owned.Add(item);
        Charge();
    }

    internal void Disown(KernelObject item)
    {
        var last = _owned[^1];
        Debug.Assert(_owned[item.OwnerIndex] == item, "the owner's list is consistent");
        _owned[item.OwnerIndex] = last;
        last.OwnerIndex = item.OwnerIndex;
        _owned.RemoveAt(_owned.Count - 1);
        Refund();
    }

    private protected override bool DiesUnused => false;

    private protected override void OnDestroy(Kernel kernel)
    {
        State = CellState.Ended;
        SystemCalls.Clear(kernel);
        Faults.Clear(kernel);
        EndLetter?.Place?.List?.Remove(EndLetter.Place);
        if (Parent is not null)
        {
            Account.Close();
            Parent.Refund(ObjectLimit);
            var last = Parent.Children[^1];
            Parent.Children[_childIndex] = last;
            last._childIndex = _childIndex;
            Parent.Children.RemoveAt(Parent.Children.Count - 1);
            Parent.Retired += Retired;
            Parent.Charged += Charged;
            Parent.Traps += Traps;
            Parent.Owe(_debt);
        }
    }
}

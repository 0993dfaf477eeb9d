using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Invocations on cells.</summary>
internal static class CellCalls
{
    /// <summary>Virtual instructions per object or capability that a destruction takes.</summary>
    private const ulong DestroyUnitCost = 150;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var parent);
        if (status == KernelStatus.Ok && (call[3] > int.MaxValue || call[2] == 0))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok)
        {
            // The account of a kernel whose CPU is gone is closed.
            status = parent.Depth >= Cell.DepthLimit ? KernelStatus.ObjectsExhausted
                : parent.Account.IsClosed ? KernelStatus.MemoryExhausted
                : call.CheckCreate(parent);
        }

        int objects = (int)call[3];
        if (status == KernelStatus.Ok && !parent.CanCharge(checked(Math.Min(objects, int.MaxValue - 2) + 2)))
        {
            status = KernelStatus.ObjectsExhausted;
        }

        if (status == KernelStatus.Ok)
        {
            var account = parent.Account.CreateChild(Pages.Count(call[2]));
            var cell = new Cell(call.Kernel.NextNumber(), parent, account, objects);
            call.Kernel.Register(cell);
            call.PutNew(cell);
        }

        return status;
    }

    public static KernelStatus Destroy(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status != KernelStatus.Ok)
        {
            return status == KernelStatus.Dead ? KernelStatus.Ok : status;
        }

        if (cell.Parent is null || call.Caller.IsBelow(cell))
        {
            return KernelStatus.InvalidState;
        }

        if (cell == call.Caller)
        {
            // Whoever holds it still has to be told; it destroys what is left.
            call.Kernel.EndCell(cell, null, 0);
            return call.Thread is null ? KernelStatus.Ok : Outcome.Blocked;
        }

        status = call.Kernel.DestroyCell(cell, out int units);
        call.ExtraCost = (ulong)units * DestroyUnitCost;
        return status;
    }

    public static KernelStatus Status(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok)
        {
            call[1] = (ulong)cell.State;
            call[2] = cell.Account.Charged << Pages.Shift;
            call[3] = cell.Account.Limit << Pages.Shift;
            call[4] = (ulong)cell.ObjectsUsed;
            call[5] = (ulong)cell.ObjectLimit;
            call[6] = (ulong)cell.ThreadCount;
            call[7] = cell.Account.Peak << Pages.Shift;
            call[8] = cell.Retired;
            call[9] = cell.Charged;
            call[10] = cell.Traps;
            call[11] = cell.Number;
        }

        return status;
    }

    public static KernelStatus SetLimits(ref Invocation call)
    {
        var status = TargetBelow(ref call, out var cell);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (cell.Parent is not { } parent || call[1] == 0 || call[2] > int.MaxValue || (int)call[2] < cell.ObjectsUsed)
        {
            return KernelStatus.InvalidArgument;
        }

        if (!parent.CanCharge(Math.Max(0, (int)call[2] - cell.ObjectLimit)))
        {
            return KernelStatus.ObjectsExhausted;
        }

        cell.Account.SetLimit(Pages.Count(call[1]));
        cell.SetObjectLimit((int)call[2]);
        return KernelStatus.Ok;
    }

    public static KernelStatus SetSystemCallEndpoint(ref Invocation call)
    {
        var status = DecodeEndpoint(ref call, out var cell, out var endpoint);
        if (status == KernelStatus.Ok)
        {
            cell.SystemCalls.Set(call.Kernel, endpoint);
        }

        return status;
    }

    public static KernelStatus SetFaultEndpoint(ref Invocation call)
    {
        var status = DecodeEndpoint(ref call, out var cell, out var endpoint);
        if (status == KernelStatus.Ok && !cell.IsBelow(call.Caller))
        {
            status = KernelStatus.MissingRights;
        }

        if (status == KernelStatus.Ok)
        {
            cell.Faults.Set(call.Kernel, endpoint);
        }

        return status;
    }

    public static KernelStatus Pause(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok && cell.State != CellState.Running)
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            cell.State = CellState.Paused;
        }

        return status;
    }

    public static KernelStatus Resume(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status == KernelStatus.Ok && cell.State != CellState.Paused)
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            cell.State = CellState.Running;
            call.ExtraCost = (ulong)call.Kernel.Scheduler.ReleaseStopped() * Scheduler.CostOfRelease;
            call.Kernel.WakeAllManaged();
        }

        return status;
    }

    public static KernelStatus SetBudget(ref Invocation call)
    {
        var status = TargetBelow(ref call, out var cell);
        if (status == KernelStatus.Ok)
        {
            cell.BudgetLeft = call[1] == 0 ? Cell.NoBudget : (long)Math.Min(call[1], long.MaxValue - 1);
        }

        return status;
    }

    /// <summary>Finds a target that was carved from the caller: nobody changes what bounds himself, nor helps others to.</summary>
    private static KernelStatus TargetBelow(ref Invocation call, out Cell cell)
    {
        var status = call.Target(out cell);
        return status != KernelStatus.Ok || cell.IsBelow(call.Caller) ? status : KernelStatus.MissingRights;
    }

    private static KernelStatus DecodeEndpoint(ref Invocation call, out Cell cell, out Capability? endpoint)
    {
        endpoint = null;
        var status = call.Target(out cell);
        return status != KernelStatus.Ok ? status : call.GetOptional<Endpoint>(1, CapabilityRights.Write, out _, out endpoint);
    }
}

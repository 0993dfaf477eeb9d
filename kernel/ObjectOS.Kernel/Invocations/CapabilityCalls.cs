using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Invocations on slots of the caller's own table.</summary>
internal static class CapabilityCalls
{
    /// <summary>Capabilities that one step of a revocation deletes.</summary>
    private const int StepUnits = 64;

    /// <summary>Virtual instructions per capability deleted or handed up, and per mapping that goes with it.</summary>
    private const ulong UnitCost = 96;

    public static KernelStatus Identify(ref Invocation call)
    {
        if (call.Caller.Capabilities[call[0]] is not { } capability)
        {
            return KernelStatus.InvalidCapability;
        }

        call[1] = (ulong)capability.Object.Kind;
        call[2] = (ulong)capability.Rights;
        call[3] = capability.Badge;
        return KernelStatus.Ok;
    }

    public static KernelStatus Copy(ref Invocation call) =>
        Derive(ref call, call.Caller.Capabilities[call[0]], call.Caller, call[1], call[2], call[3]);

    public static KernelStatus Grant(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        var source = call.Caller.Capabilities[call[2]];
        return source is not null && !source.Rights.HasFlag(CapabilityRights.Grant) && cell != call.Caller
            ? KernelStatus.MissingRights
            : Derive(ref call, source, cell, call[1], call[3], call[4]);
    }

    public static KernelStatus Delete(ref Invocation call)
    {
        if (call.Caller.Capabilities[call[0]] is not { } capability)
        {
            return KernelStatus.InvalidCapability;
        }

        if (capability.FirstChild is not null || capability.Mappings is { Count: > 0 })
        {
            call.ExtraCost = StepUnits * UnitCost;
        }

        return capability.Table.TryRemove(call.Kernel, capability, StepUnits) ? KernelStatus.Ok : Outcome.Again;
    }

    public static KernelStatus Revoke(ref Invocation call)
    {
        if (call.Caller.Capabilities[call[0]] is not { } capability)
        {
            return KernelStatus.InvalidCapability;
        }

        // Leaves first: from each one on with its parent, whose other children come next.
        var at = capability;
        for (int unit = 0; unit < StepUnits; unit++)
        {
            while (at.FirstChild is { } child)
            {
                at = child;
            }

            if (at == capability)
            {
                return KernelStatus.Ok;
            }

            var parent = at.Parent!;
            call.ExtraCost += UnitCost;
            if (!at.Table.TryRemove(call.Kernel, at, 1))
            {
                continue;
            }

            at = parent;
        }

        return capability.FirstChild is null ? KernelStatus.Ok : Outcome.Again;
    }

    private static KernelStatus Derive(ref Invocation call, Capability? source, Cell cell, ulong slot, ulong rights, ulong badge)
    {
        if (source is null || source.Object.Kind == ObjectKind.Reply)
        {
            return KernelStatus.InvalidCapability;
        }

        if (source.Object.IsDead || cell.IsDead)
        {
            return KernelStatus.Dead;
        }

        if (source.Badge != 0 && badge != 0 && badge != source.Badge)
        {
            return KernelStatus.InvalidArgument;
        }

        var status = cell.Capabilities.CheckFree(slot);
        if (status == KernelStatus.Ok && !source.CanDerive)
        {
            status = KernelStatus.ObjectsExhausted;
        }

        if (status == KernelStatus.Ok)
        {
            cell.Capabilities.Put(
                (uint)slot, source.Object, source.Rights & (CapabilityRights)(byte)rights, source.Badge != 0 ? source.Badge : badge, source);
        }

        return status;
    }
}

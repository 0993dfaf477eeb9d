using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Invocations on slots of the caller's own table.</summary>
internal static class CapabilityCalls
{
    /// <summary>Capabilities that one step of a revocation deletes.</summary>
    private const int StepUnits = 64;

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

        call.ExtraCost = MappedPages(capability) * 16;
        capability.Table.Remove(call.Kernel, capability);
        return KernelStatus.Ok;
    }

    public static KernelStatus Revoke(ref Invocation call)
    {
        if (call.Caller.Capabilities[call[0]] is not { } capability)
        {
            return KernelStatus.InvalidCapability;
        }

        for (int unit = 0; unit < StepUnits; unit++)
        {
            if (capability.FirstChild is not { } child)
            {
                return KernelStatus.Ok;
            }

            while (child.FirstChild is { } deeper)
            {
                child = deeper;
            }

            call.ExtraCost += 16 + (MappedPages(child) * 16);
            child.Table.Remove(call.Kernel, child);
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
        if (status == KernelStatus.Ok)
        {
            cell.Capabilities.Put(
                (uint)slot, source.Object, source.Rights & (CapabilityRights)(byte)rights, source.Badge != 0 ? source.Badge : badge, source);
        }

        return status;
    }

    private static ulong MappedPages(Capability capability)
    {
        ulong pages = 0;
        foreach (var mapping in capability.Mappings ?? [])
        {
            pages += mapping.Length >> Pages.Shift;
        }

        // A large sparse mapping costs by its extent only up to a point: taking it away is one range.
        return Math.Min(pages, 64);
    }
}

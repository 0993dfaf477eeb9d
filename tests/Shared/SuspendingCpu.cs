using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Another CPU, but every run ends with <see cref="TrapCause.Suspended"/> after one instruction that is not its last.</summary>
/// <remarks>The contract allows that at every boundary; whoever runs the CPU must not be changed by it.</remarks>
internal sealed class SuspendingCpu(ICpu inner) : CpuDecorator(inner)
{
    public override void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        Inner.Run(context, space, limits with { Instructions = Math.Min(limits.Instructions, 1) }, out trap);
        if (trap.Cause == TrapCause.BudgetEnd && limits.Instructions > 1)
            trap.Cause = TrapCause.Suspended;
    }
}

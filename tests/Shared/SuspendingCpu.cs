using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Another CPU, but every run ends with <see cref="TrapCause.Suspended"/> after one instruction that is not its last.</summary>
/// <remarks>The contract allows that at every boundary; whoever runs the CPU must not be changed by it.</remarks>
internal sealed class SuspendingCpu(ICpu inner) : ICpu
{
    public CpuDescription Description => inner.Description;

    public IGuestMemory Memory => inner.Memory;

    public IMemoryAccount Account => inner.Account;

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => inner.CreateAddressSpace(account);

    public void Attach(ICpuGuest guest) => inner.Attach(guest);

    public void Interrupt() => inner.Interrupt();

    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        inner.Run(context, space, limits with { Instructions = Math.Min(limits.Instructions, 1) }, out trap);
        if (trap.Cause == TrapCause.BudgetEnd && limits.Instructions > 1)
            trap.Cause = TrapCause.Suspended;
    }
}

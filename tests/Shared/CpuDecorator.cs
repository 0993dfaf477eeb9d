using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Another CPU, but for what a test makes different.</summary>
internal abstract class CpuDecorator(ICpu inner) : ICpu
{
    public CpuDescription Description => Inner.Description;

    public virtual IGuestMemory Memory => Inner.Memory;

    public IMemoryAccount Account => Inner.Account;

    protected ICpu Inner => inner;

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => Inner.CreateAddressSpace(account);

    public virtual void Attach(ICpuGuest guest) => Inner.Attach(guest);

    public void Interrupt() => Inner.Interrupt();

    public virtual void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap) => Inner.Run(context, space, limits, out trap);
}

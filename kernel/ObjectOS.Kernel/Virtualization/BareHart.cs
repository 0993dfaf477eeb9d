using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>A guest without a kernel: one hart that sees guest-physical addresses, and whose every trap is for the holder of its CPU.</summary>
internal sealed class BareHart : ICpuGuest
{
    private readonly VCpu _vcpu;
    private readonly IAddressSpace _space;
    private ulong _time;

    public BareHart(VCpu vcpu)
    {
        _vcpu = vcpu;
        _space = vcpu.Cpu.CreateAddressSpace(vcpu.Account);
        _space.Map(default, default, vcpu.Cpu.Description.MemorySize, PageRights.Read | PageRights.Write | PageRights.Execute);
    }

    public HartContext Context { get; } = new();

    public GuestStatistics Statistics => new(Context.Retired, Context.Retired, _time, new Dictionary<TrapCause, ulong>(), 0, []);

    public SliceResult RunSlice(in SliceLimits limits)
    {
        _vcpu.Cpu.Run(Context, _space, new RunLimits(limits.Budget, _time, _time), out var trap);
        _time += trap.Retired;
        switch (trap.Cause)
        {
            case TrapCause.BudgetEnd:
                return new SliceResult(SliceEnd.Budget, trap.Retired);
            case TrapCause.Interrupted:
                return new SliceResult(SliceEnd.Interrupted, trap.Retired);
            case TrapCause.Suspended:
                return new SliceResult(SliceEnd.Suspended, trap.Retired);
            default:
                _vcpu.Virtual.Exit(new VirtualCpuExit(ExitKind.Trap, trap, default, Context));
                return new SliceResult(SliceEnd.Suspended, trap.Retired);
        }
    }

    public void Post(Completion completion)
    {
    }

    public bool TryTakeRequest(out HostRequest request)
    {
        request = null!;
        return false;
    }
}

using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>A guest that is whatever a test makes of it.</summary>
internal sealed class Guest(Func<SliceLimits, SliceResult> slice) : ICpuGuest
{
    public GuestStatistics Statistics => new(0, 0, 0, new Dictionary<TrapCause, ulong>(), 0, []);

    public SliceResult RunSlice(in SliceLimits limits) => slice(limits);

    public void Post(Completion completion)
    {
    }

    public bool TryTakeRequest(out HostRequest request)
    {
        request = null!;
        return false;
    }
}

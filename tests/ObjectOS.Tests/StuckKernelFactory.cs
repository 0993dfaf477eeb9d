using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests;

/// <summary>Makes kernels whose slice does not end before the test lets it.</summary>
internal sealed class StuckKernelFactory(ManualResetEventSlim release) : IKernelFactory
{
    private readonly KernelFactory _real = new();

    public KernelDescription Description => _real.Description;

    public IKernel Create(ICpu cpu, KernelOptions options)
    {
        var held = new HeldCpu(cpu);
        return new StuckKernel(held, _real.Create(held, options), release);
    }

    /// <summary>Has the stuck kernel attached in the real one's place.</summary>
    private sealed class HeldCpu(ICpu inner) : CpuDecorator(inner)
    {
        public override void Attach(ICpuGuest guest)
        {
            if (guest is StuckKernel)
            {
                Inner.Attach(guest);
            }
        }
    }

    private sealed class StuckKernel : IKernel
    {
        private readonly IKernel _inner;
        private readonly ManualResetEventSlim _release;

        public StuckKernel(HeldCpu cpu, IKernel inner, ManualResetEventSlim release)
        {
            _inner = inner;
            _release = release;
            cpu.Attach(this);
        }

        public KernelDescription Description => _inner.Description;

        public ICpu Cpu => _inner.Cpu;

        public IInvocationPort Root => _inner.Root;

        public string? HaltReport => _inner.HaltReport;

        public GuestStatistics Statistics => _inner.Statistics;

        public SliceResult RunSlice(in SliceLimits limits)
        {
            _release.Wait();
            return _inner.RunSlice(limits);
        }

        public void Post(Completion completion) => _inner.Post(completion);

        public bool TryTakeRequest(out HostRequest request) => _inner.TryTakeRequest(out request);

        public bool TryTakeTrace(out TraceRecord record) => _inner.TryTakeTrace(out record);

        public KernelStatus CreateManagedCell(uint parentSlot, uint cellSlot, uint endpointSlot, IManagedProgram program, ulong memoryBytes, int objects) =>
            _inner.CreateManagedCell(parentSlot, cellSlot, endpointSlot, program, memoryBytes, objects);

        public KernelStatus CreateVirtualCpu(uint cellSlot, uint destinationSlot, VirtualCpuOptions options, out IVirtualCpu? cpu) =>
            _inner.CreateVirtualCpu(cellSlot, destinationSlot, options, out cpu);

        public bool TryGetEnd(uint cell, out CellEnd? end) => _inner.TryGetEnd(cell, out end);

        public uint CellNumber(uint slot) => _inner.CellNumber(slot);

        public void Shutdown() => _inner.Shutdown();
    }
}

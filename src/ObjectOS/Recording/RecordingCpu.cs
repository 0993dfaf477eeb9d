using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>A kernel's CPU as the OS object and the embedding program see it: what they do to its memory is logged.</summary>
internal sealed class RecordingCpu : ICpu
{
    private readonly Recorder _recorder;

    /// <param name="recorder">Where to log.</param>
    /// <param name="inner">The CPU.</param>
    /// <param name="kernel">The kernel on it or, for a virtual CPU, the kernel that made it.</param>
    /// <param name="virtualCpu">The number of the virtual CPU in the recording; −1: it is the CPU under the kernel, or the machine's.</param>
    public RecordingCpu(Recorder recorder, ICpu inner, RecordingKernel kernel, int virtualCpu = -1)
    {
        _recorder = recorder;
        Inner = inner;
        Kernel = kernel;
        VirtualCpu = virtualCpu;
        Memory = virtualCpu < 0 ? new RecordingMemory(recorder, inner, kernel.Number) : inner.Memory;
    }

    public ICpu Inner { get; }

    public RecordingKernel Kernel { get; }

    public int VirtualCpu { get; }

    public CpuDescription Description => Inner.Description;

    public IGuestMemory Memory { get; }

    public IMemoryAccount Account => Inner.Account;

    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => throw Unsupported();

    public void Attach(ICpuGuest guest) => throw Unsupported();

    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap) => throw Unsupported();

    public void Interrupt()
    {
        if (VirtualCpu >= 0)
        {
            _recorder.InterruptLater(this);
        }
    }

    private static NotSupportedException Unsupported() => new("Guests that are no kernels cannot be recorded: give the CPU to ObjectOs.CreateChildAsync.");
}

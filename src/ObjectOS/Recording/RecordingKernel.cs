using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>A kernel whose inputs are logged, as the OS object and the embedding program see it.</summary>
internal sealed class RecordingKernel : IKernel
{
    private readonly Recorder _recorder;

    public RecordingKernel(Recorder recorder, IKernel inner, int number, string path)
    {
        _recorder = recorder;
        Inner = inner;
        Number = number;
        Path = path;
        Root = new RecordingPort(recorder, inner.Root, number);
        Cpu = new RecordingCpu(recorder, inner.Cpu, this);
    }

    public IKernel Inner { get; }

    /// <summary>Its number in the recording, by order of birth.</summary>
    public int Number { get; }

    /// <summary>0 for the root, 0.1 for its first child.</summary>
    public string Path { get; }

    /// <summary>Kernels that were made under it.</summary>
    public int Children { get; set; }

    public KernelDescription Description => Inner.Description;

    public ICpu Cpu { get; }

    public IInvocationPort Root { get; }

    public GuestStatistics Statistics => Inner.Statistics;

    public string? HaltReport => Inner.HaltReport;

    public SliceResult RunSlice(in SliceLimits limits)
    {
        _recorder.BeforeSlice(Inner);
        var result = Inner.RunSlice(limits);
        _recorder.AfterSlice(Inner, limits, result);
        return result;
    }

    public void Post(Completion completion)
    {
        _recorder.Completion(this, completion);
        Inner.Post(completion);
    }

    public bool TryTakeRequest(out HostRequest request)
    {
        if (!Inner.TryTakeRequest(out request))
        {
            return false;
        }

        _recorder.Request(this, request);
        return true;
    }

    public KernelStatus CreateManagedCell(uint parentSlot, uint cellSlot, uint endpointSlot, IManagedProgram program, ulong memoryBytes, int objects)
    {
        var form = _recorder.FormOf(program);
        var log = _recorder.Begin(RecordKind.ManagedCell);
        log.Number((ulong)Number);
        log.Number(parentSlot);
        log.Number(cellSlot);
        log.Number(endpointSlot);
        form.Write(log);
        log.Number(memoryBytes);
        log.Signed(objects);
        var status = Inner.CreateManagedCell(parentSlot, cellSlot, endpointSlot, program, memoryBytes, objects);
        log.Signed((int)status);
        return status;
    }

    public KernelStatus CreateVirtualCpu(uint cellSlot, uint destinationSlot, VirtualCpuOptions options, out IVirtualCpu? cpu)
    {
        ArgumentNullException.ThrowIfNull(options);
        var log = _recorder.Begin(RecordKind.VirtualCpu);
        log.Number((ulong)Number);
        log.Number(cellSlot);
        log.Number(destinationSlot);
        log.Number(options.MemorySize);
        log.Number(options.MemoryLimit);
        log.Number(options.MemoryReserved);
        log.Signed(options.Priority);
        var status = Inner.CreateVirtualCpu(cellSlot, destinationSlot, options, out cpu);
        log.Signed((int)status);
        cpu = cpu is null ? null : new RecordingVirtualCpu(_recorder, cpu, this, _recorder.NextVirtualCpu());
        return status;
    }

    public bool TryGetEnd(uint cell, out CellEnd? end) => Inner.TryGetEnd(cell, out end);

    public uint CellNumber(uint slot) => Inner.CellNumber(slot);

    public bool TryTakeTrace(out TraceRecord record) => Inner.TryTakeTrace(out record);

    public bool TryTakeEvent(out EventRecord record) => Inner.TryTakeEvent(out record);

    public void Shutdown()
    {
        _recorder.Begin(RecordKind.Shutdown).Number((ulong)Number);
        Inner.Shutdown();
    }

    /// <summary>Notes that requests name a standard stream (0, 1 or 2) by a number, so that a replay knows what to print.</summary>
    public void NoteStream(ulong number, int descriptor)
    {
        var log = _recorder.Begin(RecordKind.Stream);
        log.Number((ulong)Number);
        log.Number(number);
        log.Number((ulong)descriptor);
    }

    /// <summary>Notes what events call the target of requests that has a number, so that a replay has the same lanes.</summary>
    public void NoteName(ulong number, string name, bool isText)
    {
        var log = _recorder.Begin(RecordKind.Name);
        log.Number((ulong)Number);
        log.Number(number);
        log.Text(name);
        log.Number(isText ? 1UL : 0);
    }

    /// <summary>Notes that devices of the embedding program were offered to a machine.</summary>
    public void NoteDevices(ulong job, IReadOnlyList<IDevice> devices)
    {
        string[] names = [.. devices.Select(device => RecordedProgram.NameOf(device.GetType(), "device"))];
        var log = _recorder.Begin(RecordKind.Devices);
        log.Number((ulong)Number);
        log.Number(job);
        log.Number((ulong)devices.Count);
        foreach (string name in names)
        {
            log.Text(name);
        }
    }
}

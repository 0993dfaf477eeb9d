using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A machine and a kernel with the service for virtual machines; the test is its host.</summary>
internal sealed class MachineHost : IDisposable
{
    private const uint CellSlot = 10;
    private const uint EndpointSlot = 11;

    private readonly Machine.Machine _machine = new();
    private readonly RealCpu _cpu;
    private readonly IKernel _kernel;
    private readonly Invoker _invoker;
    private readonly Dictionary<ulong, MemoryStream> _streams = [];
    private readonly Dictionary<ulong, byte[]> _inputs = [];
    private readonly Dictionary<ulong, GuestEnd> _ends = [];

    /// <param name="isSuspending">Every instruction boundary is suspended.</param>
    /// <param name="isReborn">After every message the service is replaced by another one that has only its saved state.</param>
    /// <param name="isAbsentMinded">Memory is suspended now and then.</param>
    /// <param name="makeDevices">Devices of the embedding program for job 1.</param>
    /// <param name="engine">What executes guests; null: <see cref="TestEngine"/>.</param>
    public MachineHost(
        bool isSuspending = false, bool isReborn = false, bool isAbsentMinded = false,
        Func<IReadOnlyList<IDevice>>? makeDevices = null, Engine? engine = null)
    {
        _cpu = new RealCpu(_machine, new RealCpuOptions { Engine = engine ?? TestEngine.Default });
        ICpu cpu = isSuspending ? new SuspendingCpu(_cpu) : isAbsentMinded ? new AbsentMindedCpu(_cpu, 20250301) : _cpu;
        _kernel = new KernelFactory().Create(cpu, new KernelOptions());
        IManagedProgram service = isReborn ? new RebornProgram(MakeService) : MakeService();
        _kernel.CreateManagedCell(1, CellSlot, EndpointSlot, service, 1UL << 32, 1 << 17).Should().Be(KernelStatus.Ok);
        _invoker = new Invoker(_kernel.Root, 32);
        Service = new CellCapability(_invoker, CellSlot);

        VmmService MakeService()
        {
            var made = new VmmService();
            made.Offer(1, makeDevices?.Invoke() ?? []);
            return made;
        }
    }

    public CellCapability Service { get; }

    public IKernel Kernel => _kernel;

    public ulong LiveFrames => _machine.LiveFrames;

    /// <summary>The files behind disks, by the number of their grant.</summary>
    public Dictionary<ulong, byte[]> Disks { get; } = [];

    /// <summary>Gives a stream of the host something to be read.</summary>
    public void AddInput(ulong stream, string text) => _inputs[stream] = Encoding.UTF8.GetBytes(text);

    /// <summary>What was written to a stream of the host.</summary>
    public string Output(ulong stream) => Encoding.UTF8.GetString(StreamOf(stream).ToArray());

    /// <summary>Runs one machine to its end.</summary>
    public GuestEnd Run(MachineRequest request, string input = "", int slices = 20_000, params (MachineFile File, byte[] Bytes)[] files)
    {
        Start(request with { Job = 1 }, input, files);
        return RunUntilEnd(1, slices);
    }

    public void Start(MachineRequest request, string input, params (MachineFile File, byte[] Bytes)[] files)
    {
        _inputs[request.Job * 10] = Encoding.UTF8.GetBytes(input);
        foreach (var (file, bytes) in files)
        {
            Send(MachineProtocol.File, request.Job, (ulong)file, (ulong)bytes.Length, bytes);
        }

        byte[] record = (request with { Input = new ProgramStream(request.Job * 10, false), Output = new ProgramStream((request.Job * 10) + 1, false) }).ToBytes();
        Send(MachineProtocol.Start, 0, (ulong)record.Length, 0, record);
    }

    public void Stop(ulong job) => Send(MachineProtocol.Stop, job, 0, 0, null);

    public GuestEnd RunUntilEnd(ulong job, int slices)
    {
        for (int slice = 0; slice < slices;)
        {
            var end = _kernel.RunSlice(new SliceLimits(1_000_000)).End;
            slice += end == SliceEnd.Suspended ? 0 : 1;
            _kernel.HaltReport.Should().BeNull();
            while (_kernel.TryTakeRequest(out var request))
            {
                Serve(request);
            }

            if (_ends.Remove(job, out var found))
            {
                return found with { Output = Text(job) };
            }

            end.Should().NotBe(SliceEnd.Idle, $"so far it wrote: {Text(job)}");
        }

        throw new TimeoutException($"Machine {job} does not end; so far it wrote: {Text(job)}");
    }

    /// <summary>Runs for a while, whatever happens.</summary>
    public void RunSlices(int slices)
    {
        for (int slice = 0; slice < slices; slice++)
        {
            _kernel.RunSlice(new SliceLimits(1_000_000));
            while (_kernel.TryTakeRequest(out var request))
            {
                Serve(request);
            }
        }
    }

    public void Dispose()
    {
        for (int i = 0; i < 1000 && (i == 0 || _machine.LiveFrames > 0); i++)
        {
            _kernel.Shutdown();
        }

        _machine.LiveFrames.Should().Be(0);
        _cpu.Dispose();
        _machine.Dispose();
    }

    private void Send(ulong label, ulong word0, ulong word1, ulong word2, byte[]? contents)
    {
        MemoryCapability memory = default;
        if (contents is not null)
        {
            new CellCapability(_invoker, 1).CreateMemory((ulong)Math.Max(contents.Length, 1), out memory).Should().Be(KernelStatus.Ok);
            KernelStatus status;
            while ((status = memory.Write(0, contents)) == KernelStatus.Suspended)
            {
            }

            status.Should().Be(KernelStatus.Ok);
        }

        var frame = new InvocationFrame();
        (frame[0], frame[1], frame[2], frame[3], frame[4], frame[8]) = (EndpointSlot, label, word0, word1, word2, memory.Slot);
        _kernel.Root.Invoke(Call.EndpointSend, ref frame).Should().Be(KernelStatus.Ok);
        if (memory.Slot != 0)
        {
            memory.Delete();
        }
    }

    private void Serve(HostRequest request)
    {
        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite:
                StreamOf(request.Target).Write(request.Data.Span);
                _kernel.Post(new Completion(request.Id, request.Data.Length, default));
                break;
            case HostRequestKind.StreamRead:
                byte[] input = _inputs[request.Target];
                int part = Math.Min(input.Length, (int)Math.Min(request.Argument0, 7));
                _inputs[request.Target] = input[part..];
                _kernel.Post(new Completion(request.Id, part, input.AsMemory(0, part)));
                break;
            case HostRequestKind.File:
                _kernel.Post(OnDisk(Disks[request.Target], request));
                break;
            case HostRequestKind.Ended:
                _ends.Add(request.Target, new GuestEnd((MachineEnd)request.Argument0, request.Argument1, MachineEndRecord.FromBytes(request.Data), ""));
                break;
            default:
                break;
        }
    }

    private static Completion OnDisk(byte[] disk, HostRequest request)
    {
        var part = disk.AsMemory((int)request.Argument2);
        switch ((HostFileOperation)request.Argument0)
        {
            case HostFileOperation.Read:
                part = part[..(int)request.Argument3];
                return new Completion(request.Id, part.Length, part.ToArray());
            case HostFileOperation.Write:
                request.Data.CopyTo(part);
                return new Completion(request.Id, request.Data.Length, default);
            default:
                return new Completion(request.Id, 0, default);
        }
    }

    private MemoryStream StreamOf(ulong number)
    {
        if (!_streams.TryGetValue(number, out var stream))
        {
            _streams.Add(number, stream = new MemoryStream());
        }

        return stream;
    }

    private string Text(ulong job) => Encoding.UTF8.GetString(StreamOf((job * 10) + 1).ToArray());
}

/// <summary>How a machine ended.</summary>
internal sealed record GuestEnd(MachineEnd Reason, ulong Code, MachineEndRecord Record, string Output);

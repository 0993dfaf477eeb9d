using System.Security.Cryptography;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Services.Files.Host;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>How a guest is run.</summary>
internal enum FuzzWay
{
    Plain,

    /// <summary>On a virtual CPU.</summary>
    Nested,

    /// <summary>The service is saved and restored between any two messages.</summary>
    Reborn,

    /// <summary>The machine's memory says Suspended now and then.</summary>
    Suspended,
}

/// <summary>A kernel with the Linux service, on a real CPU or on a virtual one, and the host of its programs, which may see one directory.</summary>
internal sealed class FuzzHost : IDisposable
{
    private const uint CellSlot = 10;
    private const uint EndpointSlot = 11;
    private const int MostSlices = 4000;
    private const int SlicesUntilCut = 2000;

    private readonly Machine.Machine _machine = new(new MachineOptions(512UL << 20));
    private readonly RealCpu _real;
    private readonly IKernel _outer;
    private readonly IKernel _kernel;
    private readonly Invoker _invoker;
    private readonly HostDirectory _directory;
    private readonly FuzzWay _way;
    private LinuxService _service = new();
    private readonly Dictionary<ulong, FuzzEnd> _ended = [];
    private readonly Dictionary<ulong, (MemoryStream Output, IncrementalHash Trace, MemoryCapability Memory)> _jobs = [];
    private readonly Dictionary<ulong, int> _given = [];
    private int _calls;

    public FuzzHost(FuzzWay way, string directory, bool isDeterministic = true)
    {
        _way = way;
        var options = new KernelOptions { DeterministicCompletions = isDeterministic };
        _real = new RealCpu(_machine, new RealCpuOptions { Engine = TestEngine.Default });
        _outer = _kernel = new KernelFactory().Create(way == FuzzWay.Suspended ? new AbsentMindedCpu(_real, 1) : _real, options);
        if (way == FuzzWay.Nested)
        {
            _kernel.CreateVirtualCpu(1, 16, new VirtualCpuOptions(), out var cpu).Should().Be(KernelStatus.Ok);
            _kernel = new KernelFactory().Create(cpu!.Cpu, options);
        }

        _kernel.CreateManagedCell(1, CellSlot, EndpointSlot, way == FuzzWay.Reborn ? new RebornProgram(() => _service = new LinuxService()) : _service, 1UL << 28, 1 << 17).Should().Be(KernelStatus.Ok);
        _invoker = new Invoker(_kernel.Root, 32);
        _directory = new HostDirectory(directory, true);
    }

    /// <summary>Virtual instructions between two looks at what is asked of the host.</summary>
    public ulong Slice { get; init; } = 200_000;

    public bool IsTraced { get; init; } = true;

    /// <summary>True once a program was stopped that has no end and never waits for nothing: at a time that depends on its slices.</summary>
    public bool WasCut { get; private set; }

    public ulong LiveFrames => _machine.LiveFrames;

    /// <summary>Capabilities that the service holds: a guest that could add to them for good would starve its neighbours.</summary>
    public long Slots
    {
        get
        {
            var state = new MemoryStream();
            _service.System.Invoker.Save(new BinaryWriter(state));
            return BitConverter.ToUInt32(state.ToArray(), 0) - BitConverter.ToUInt32(state.ToArray(), 4);
        }
    }

    /// <summary>System calls that were traced.</summary>
    public int Calls => _calls;

    /// <summary>The last calls of all programs, for a report.</summary>
    public Queue<string> Last { get; } = [];

    public void Dispose()
    {
        _directory.Dispose();
        _outer.Shutdown();
        _real.Dispose();
        _machine.Dispose();
    }

    public void Start(ulong job, byte[] program, ulong instructions, string[] arguments)
    {
        byte[] record = new ProgramRequest
        {
            Job = job,
            FileName = "/bin/program",
            Arguments = ["program", .. arguments],
            WorkingDirectory = "/w",
            Grants = [new ProgramGrant(0, "/w", true)],
            MemoryLimit = 16UL << 20,
            TemporaryLimit = 1UL << 20,
            ObjectLimit = 2048,
            Input = new ProgramStream(job * 4, false),
            Output = new ProgramStream((job * 4) + 1, false),
            Error = new ProgramStream((job * 4) + 2, false),
            InstructionLimit = instructions,
            IsTraced = IsTraced,
            ReportsState = _way != FuzzWay.Suspended, // It is computed in one go, which this memory never grants.
        }.ToBytes();
        ulong at = Pages.RoundUp((ulong)program.Length);
        new CellCapability(_invoker, 1).CreateMemory(at + (ulong)record.Length, out var memory).Should().Be(KernelStatus.Ok);
        Complete(() => memory.Write(0, program));
        Complete(() => memory.Write(at, record));
        _jobs[job] = (new MemoryStream(), IncrementalHash.CreateHash(HashAlgorithmName.SHA256), memory);
        Send(ProgramProtocol.Start, at, (ulong)record.Length, (ulong)program.Length, memory.Slot);
    }

    /// <summary>Runs until all have ended; what waits for ever is stopped.</summary>
    public FuzzEnd[] Run(params ulong[] jobs)
    {
        for (int slice = 0; slice < MostSlices; slice++)
        {
            SliceEnd end;
            while ((end = _outer.RunSlice(new SliceLimits(Slice)).End) == SliceEnd.Suspended)
            {
            }

            bool any = false;
            while (_kernel.TryTakeRequest(out var request))
            {
                any = true;
                Answer(request);
            }

            _outer.HaltReport.Should().BeNull();
            _kernel.HaltReport.Should().BeNull("{0}", string.Join('\n', Last));
            if (jobs.All(_ended.ContainsKey))
            {
                return [.. jobs.Select(job => _ended[job])];
            }

            if ((end is SliceEnd.Idle && !any) || slice >= SlicesUntilCut)
            {
                WasCut |= slice >= SlicesUntilCut;
                ulong waiting = jobs.First(job => !_ended.ContainsKey(job));
                Send(ProgramProtocol.Stop, waiting, 9, 0, 0);
            }
        }

        throw new TimeoutException("The programs do not end: " + string.Join('\n', Last));
    }

    /// <summary>Runs until nothing is left to do, freeing of memory included; what is asked of the host meanwhile is counted.</summary>
    public int Settle()
    {
        int asked = 0;
        while (_outer.RunSlice(new SliceLimits(200_000)).End != SliceEnd.Idle)
        {
            while (_kernel.TryTakeRequest(out var request))
            {
                asked++;
                Answer(request);
            }
        }

        return asked;
    }

    private void Answer(HostRequest request)
    {
        ulong job = request.Target / 4;
        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite:
                _jobs[job].Output.Write(request.Data.Span);
                _kernel.Post(new Completion(request.Id, request.Data.Length, default));
                break;
            case HostRequestKind.StreamRead:
                int given = _given[job] = _given.GetValueOrDefault(job) + 1;
                byte[] input = given > 20 ? [] : "some input"u8[..(int)Math.Min(request.Argument0, 10)].ToArray();
                _kernel.Post(new Completion(request.Id, input.Length, input));
                break;
            case HostRequestKind.File:
                _kernel.Post(WithoutHost((HostFileOperation)request.Argument0, _directory.Execute(request)));
                break;
            case HostRequestKind.Log when request.Argument0 == 0:
                _calls++;
                _jobs[request.Target].Trace.AppendData(request.Data.Span);
                Last.Enqueue(Encoding.UTF8.GetString(request.Data.Span));
                if (Last.Count > 40)
                {
                    Last.Dequeue();
                }

                break;
            case HostRequestKind.Ended:
                var record = ProgramEndRecord.Restore(new BinaryReader(new MemoryStream(request.Data.ToArray())));
                var (output, trace, memory) = _jobs[request.Target];
                memory.Delete();
                _ended[request.Target] = new FuzzEnd(
                    (ProgramEnd)request.Argument0, request.Argument1, record with { UnsupportedCalls = [] }, Encoding.Latin1.GetString(output.ToArray()),
                    Convert.ToHexStringLower(trace.GetHashAndReset()));
                break;
            default:
                break;
        }
    }

    /// <summary>The times of files, their numbers, and the room on the host's disk differ between two runs: they are the same for all here.</summary>
    private static Completion WithoutHost(HostFileOperation operation, Completion completion)
    {
        if (operation == HostFileOperation.FileSystemStatus && completion.Result >= 0)
        {
            return completion with { Data = new byte[completion.Data.Length] };
        }

        bool hasStatus = operation is HostFileOperation.Open or HostFileOperation.Status or HostFileOperation.HandleStatus;
        return hasStatus && HostFileStatus.TryRead(completion.Data.Span, out var status)
            ? completion with { Data = (status with { ModifyTime = 0, AccessTime = 0, ChangeTime = 0, Inode = 7 }).ToBytes() }
            : completion;
    }

    private void Send(ulong label, ulong word0, ulong word1, ulong word2, uint capability)
    {
        var frame = new InvocationFrame();
        frame[0] = EndpointSlot;
        frame[1] = label;
        frame[2] = word0;
        frame[3] = word1;
        frame[4] = word2;
        frame[8] = capability;
        _kernel.Root.Invoke(Call.EndpointSend, ref frame).Should().Be(KernelStatus.Ok);
    }

    private static void Complete(Func<KernelStatus> action)
    {
        KernelStatus status;
        while ((status = action()) == KernelStatus.Suspended)
        {
        }

        status.Should().Be(KernelStatus.Ok);
    }
}

/// <summary>How a program ended, and a hash of its calls with their results.</summary>
internal sealed record FuzzEnd(ProgramEnd Reason, ulong Code, ProgramEndRecord Record, string Output, string Trace);

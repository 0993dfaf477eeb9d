using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Native.Tests;

/// <summary>A machine and a kernel with the native program service; the test is its host.</summary>
internal sealed class NativeHost : IDisposable
{
    private const uint CellSlot = 10;
    private const uint EndpointSlot = 11;

    private readonly Machine.Machine _machine = new();
    private readonly RealCpu _cpu;
    private readonly IKernel _kernel;
    private readonly Invoker _invoker;
    private readonly Dictionary<ulong, MemoryStream> _streams = [];
    private readonly Dictionary<ulong, NativeEnd> _ends = [];
    private byte[] _input = [];
    private int _given;

    public NativeHost(bool isSuspending = false, bool isReborn = false, bool isAbsentMinded = false)
    {
        _cpu = new RealCpu(_machine, new RealCpuOptions { Engine = TestEngine.Default });
        ICpu cpu = isSuspending ? new SuspendingCpu(_cpu) : isAbsentMinded ? new AbsentMindedCpu(_cpu, 20250301) : _cpu;
        _kernel = new KernelFactory().Create(cpu, new KernelOptions());
        IManagedProgram service = isReborn ? new RebornProgram(() => new NativeProgramService()) : new NativeProgramService();
        _kernel.CreateManagedCell(1, CellSlot, EndpointSlot, service, 1UL << 31, 1 << 17).Should().Be(KernelStatus.Ok);
        _invoker = new Invoker(_kernel.Root, 32);
        Service = new CellCapability(_invoker, CellSlot);
    }

    public CellCapability Service { get; }

    public IKernel Kernel => _kernel;

    public ulong LiveFrames => _machine.LiveFrames;

    public static string Image(string name) => Path.Combine(AppContext.BaseDirectory, "images", name, $"{name}.elf");

    /// <summary>Runs one program to its end.</summary>
    public NativeEnd Run(string image, string[]? arguments = null, string input = "", ulong budget = 0, ulong memory = 16UL << 20, int objects = 2000)
    {
        Start(1, image, arguments ?? [], budget, memory, objects, input);
        return RunUntilEnd(1);
    }

    public void Start(ulong job, string image, string[] arguments, ulong budget = 0, ulong memory = 16UL << 20, int objects = 2000, string input = "")
    {
        _input = Encoding.UTF8.GetBytes(input);
        _given = 0;
        byte[] file = File.ReadAllBytes(File.Exists(image) ? image : Image(image));
        byte[] record = new ProgramRequest
        {
            Job = job,
            FileName = Path.GetFileName(image),
            Arguments = [Path.GetFileNameWithoutExtension(image), .. arguments],
            Output = new ProgramStream(job * 10, false),
            Error = new ProgramStream((job * 10) + 1, false),
            MemoryLimit = memory,
            ObjectLimit = objects,
            InstructionLimit = budget,
        }.ToBytes();
        ulong at = Pages.RoundUp((ulong)file.Length);
        new CellCapability(_invoker, 1).CreateMemory(at + (ulong)record.Length, out var given).Should().Be(KernelStatus.Ok);
        Write(given, 0, file);
        Write(given, at, record);
        Send(ProgramProtocol.Start, at, (ulong)record.Length, (ulong)file.Length, given.Slot);
        given.Delete();
    }

    public void Stop(ulong job) => Send(ProgramProtocol.Stop, job, 9, 0, 0);

    public NativeEnd RunUntilEnd(ulong job, int slices = 2000)
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
                return found with { Output = Text(job * 10), Error = Text((job * 10) + 1) };
            }

            end.Should().NotBe(SliceEnd.Idle, $"so far it wrote: {Text(job * 10)}");
        }

        throw new TimeoutException($"Job {job} does not end; so far it wrote: {Text(job * 10)}");
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
            // Memory that is suspended now and then is given back in more than one go.
            _kernel.Shutdown();
        }

        _machine.LiveFrames.Should().Be(0);
        _cpu.Dispose();
        _machine.Dispose();
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

    private static void Write(MemoryCapability memory, ulong offset, byte[] bytes)
    {
        KernelStatus status;
        while ((status = memory.Write(offset, bytes)) == KernelStatus.Suspended)
        {
        }

        status.Should().Be(KernelStatus.Ok);
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
                int part = Math.Min(_input.Length - _given, (int)Math.Min(request.Argument0, 5));
                _kernel.Post(new Completion(request.Id, part, _input.AsMemory(_given, part)));
                _given += part;
                break;
            case HostRequestKind.Ended:
                var record = ProgramEndRecord.Restore(new BinaryReader(new MemoryStream(request.Data.ToArray())));
                _ends.Add(request.Target, new NativeEnd((ProgramEnd)request.Argument0, request.Argument1, record, "", ""));
                break;
            default:
                break;
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

    private string Text(ulong stream) => Encoding.UTF8.GetString(StreamOf(stream).ToArray());
}

/// <summary>How a program ended.</summary>
internal sealed record NativeEnd(ProgramEnd Reason, ulong Code, ProgramEndRecord Record, string Output, string Error);

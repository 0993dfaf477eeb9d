using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Host;
using ObjectOS.Machine;
using ObjectOS.Services.Files.Host;
using ObjectOS.Services.Linux;
using ObjectOS.Services.Programs;

namespace ObjectOS;

/// <summary>
/// An operating system as an object: a machine, a kernel on it, the services that programs need, and the loop that runs them.
/// Thread-safe. Two of them share nothing.
/// </summary>
/// <example>
/// <code>
/// await using var os = await ObjectOs.BootAsync(o => o.Memory = 64.MiB());
/// var result = await os.RunAsync("app.elf", ["argument"]);
/// Console.Write(result.EnsureSuccess().Output);
/// </code>
/// </example>
public sealed class ObjectOs : IAsyncDisposable
{
    private const uint RootCell = 1;
    private const uint FirstFreeSlot = 16;
    private const uint LinuxCell = 3;
    private const uint LinuxEndpoint = 4;

    /// <summary>Kernel objects that a child's virtual CPU may take in its parent: pieces of memory, and what is mapped.</summary>
    private const int ChildObjects = 1 << 14;

    private readonly Machine.Machine _machine;
    private readonly ICpu _cpu;
    private readonly ObjectOs? _parent;
    private readonly CellCapability _cellInParent;
    private readonly ObjectOsOptions _options;
    private readonly ILogger _log;
    private readonly KernelPump _pump;
    private readonly TraceWriter? _trace;
    private readonly Invoker _root;
    private readonly ImageStore _images;
    private readonly List<ObjectOs> _children = [];
    private readonly Dictionary<ulong, Job> _jobs = [];
    private readonly Dictionary<ulong, HostStream> _streams = [];
    private readonly Dictionary<ulong, HostDirectory> _directories = [];
    private readonly CancellationTokenSource _stopping = new();
    private ulong _lastNumber = 16;
    private int _lastChild;
    private int _disposed;

    /// <summary>An OS object on a machine of its own.</summary>
    private ObjectOs(ObjectOsOptions options)
    {
        _options = options;
        _log = options.Logger ?? NullLogger.Instance;
        _machine = new Machine.Machine(new MachineOptions(options.Memory));
        _cpu = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = options.Memory });
        Path = "0";
        (Kernel, _root, _images, _trace) = Boot();
        _pump = new KernelPump(Kernel, options.HostClock ? options.TimeProvider : null, options.Trace is not null, AfterSlice);
    }

    /// <summary>An OS object on a virtual CPU. Made on the thread that runs the parent, between slices.</summary>
    private ObjectOs(ObjectOs parent, ObjectOsOptions options)
    {
        _options = options;
        _log = options.Logger ?? parent._log;
        _parent = parent;
        _machine = parent._machine;
        _pump = parent._pump;
        Path = $"{parent.Path}.{++parent._lastChild}";
        uint slot = parent._root.TakeSlot();
        var status = new CellCapability(parent._root, RootCell).CreateCell(options.Memory, ChildObjects, out _cellInParent);
        if (status == KernelStatus.Ok)
        {
            status = parent.Kernel.CreateVirtualCpu(_cellInParent.Slot, slot, new VirtualCpuOptions { MemoryLimit = options.Memory }, out var cpu);
            VirtualCpu = cpu;
        }

        if (status != KernelStatus.Ok)
        {
            throw new InvalidOperationException($"The kernel at {parent.Path} cannot make a child: {status}.");
        }

        _cpu = VirtualCpu!.Cpu;
        (Kernel, _root, _images, _trace) = Boot();
        parent._children.Add(this);
    }

    private (IKernel Kernel, Invoker Root, ImageStore Images, TraceWriter? Trace) Boot()
    {
        var kernel = (_options.KernelFactory ?? new KernelFactory()).Create(_cpu, new KernelOptions
        {
            Seed = _options.Seed,
            Quantum = _options.Quantum,
            DeterministicCompletions = _options.DeterministicInput && !_options.HostClock,
            Trace = _options.Trace is not null,
        });
        kernel.CreateManagedCell(RootCell, LinuxCell, LinuxEndpoint, new LinuxService(), _options.Memory, 1 << 19);
        var root = new Invoker(kernel.Root, FirstFreeSlot);
        return (kernel, root, new ImageStore(root, new CellCapability(root, RootCell)), _options.Trace is { } trace ? new TraceWriter(trace, Path) : null);
    }

    /// <summary>Where it stands among the OS objects of its machine: 0, its children 0.1, 0.2, and so on.</summary>
    public string Path { get; }

    /// <summary>The OS object that it runs under; null for one on a machine of its own.</summary>
    public ObjectOs? Parent => _parent;

    /// <summary>The virtual CPU that a child runs on, as its parent holds it; null for an OS object on a machine of its own.</summary>
    public IVirtualCpu? VirtualCpu { get; }

    /// <summary>
    /// The kernel. Its members are for the host thread that runs it: reach it through <see cref="InvokeAsync"/> while the OS object runs.
    /// </summary>
    public IKernel Kernel { get; }

    /// <summary>Frames of 4 KiB that live in the machine now.</summary>
    public ulong LiveFrames => _machine.LiveFrames;

    /// <summary>Makes a machine, boots a kernel on it and starts its services.</summary>
    /// <param name="configure">Sets options; null: all as they are.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ValueTask<ObjectOs> BootAsync(Action<ObjectOsOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        var options = new ObjectOsOptions();
        configure?.Invoke(options);
        return BootAsync(options, cancellationToken);
    }

    /// <summary>The same with options that are made already.</summary>
    public static ValueTask<ObjectOs> BootAsync(ObjectOsOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var os = new ObjectOs(options);
        os._log.LogInformation("OS object booted: kernel {Version}, {Memory} bytes at most", os.Kernel.Description.Version, options.Memory);
        return ValueTask.FromResult(os);
    }

    /// <summary>
    /// Makes an OS object under this one: a kernel on a trapped, virtual CPU of this one's kernel, with its own cells, services, quotas and time.
    /// Its memory comes out of this one's and comes back whole.
    /// </summary>
    /// <param name="configure">Sets options; those that concern the host's clock are the parent's in any case.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="InvalidOperationException">This one's quotas do not allow it.</exception>
    /// <exception cref="ObjectDisposedException">This one has been disposed of.</exception>
    public async ValueTask<ObjectOs> CreateChildAsync(Action<ObjectOsOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        var options = new ObjectOsOptions { Memory = _options.Memory, Seed = _options.Seed, WallClock = _options.WallClock, Quantum = _options.Quantum, Trace = _options.Trace };
        configure?.Invoke(options);
        (options.HostClock, options.TimeProvider, options.DeterministicInput) = (_options.HostClock, _options.TimeProvider, _options.DeterministicInput);
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(configure));
        }

        cancellationToken.ThrowIfCancellationRequested();
        return await _pump.InvokeAsync(() => new ObjectOs(this, options)).ConfigureAwait(false);
    }

    /// <summary>Starts a program in a cell of its own.</summary>
    /// <param name="spec">What to run, and within which limits.</param>
    /// <param name="cancellationToken">Gives up before the start; a program that has started goes on.</param>
    /// <returns>The cell; what becomes of the program, a file that is no program included, is its <see cref="Cell.Completion"/>.</returns>
    /// <exception cref="ArgumentException">A granted directory is not there, or a path is not absolute.</exception>
    /// <exception cref="IOException">The program's file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    public async ValueTask<Cell> StartAsync(ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        CheckPaths(spec);
        var image = spec.Image ?? await File.ReadAllBytesAsync(spec.Path, cancellationToken).ConfigureAwait(false);
        var job = new Job(Interlocked.Increment(ref _lastNumber), spec);
        await OnKernelAsync(() => Start(job, image)).ConfigureAwait(false);
        if (spec.Limits.Timeout is { } timeout && !job.Completion.IsCompleted)
        {
            job.Deadline = new Timer(_ => _ = StopAsync(job.Number, RunEnd.TimedOut), null, timeout, System.Threading.Timeout.InfiniteTimeSpan);
        }

        return new Cell(this, job.Number, spec, job.Completion);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="spec">What to run, and within which limits.</param>
    /// <param name="cancellationToken">Stops the program; the result then says <see cref="RunEnd.Stopped"/>.</param>
    /// <exception cref="ArgumentException">As for <see cref="StartAsync"/>.</exception>
    public async Task<RunResult> RunAsync(ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        var cell = await StartAsync(spec, cancellationToken).ConfigureAwait(false);
        return await cell.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a program file to its end.</summary>
    /// <param name="path">A static riscv64 Linux program of the host.</param>
    /// <param name="arguments">The arguments behind the program's name.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    public Task<RunResult> RunAsync(
        string path, IReadOnlyList<string>? arguments = null, ProgramLimits? limits = null, CancellationToken cancellationToken = default) =>
        RunAsync(new ProgramSpec { Path = path, Arguments = arguments ?? [], Limits = limits ?? new() }, cancellationToken);

    /// <summary>Stops all guests where they are, at an instruction boundary, until <see cref="Resume"/>.</summary>
    public void Pause() => _pump.IsPaused = true;

    /// <summary>Ends a pause.</summary>
    public void Resume() => _pump.IsPaused = false;

    /// <summary>The figures of the kernel and of every cell, taken between two slices.</summary>
    public Task<GuestStatistics> GetStatisticsAsync() => InvokeAsync(kernel => kernel.Statistics);

    /// <summary>Does something with the kernel between two slices: capabilities and invocations are within reach there.</summary>
    public Task<T> InvokeAsync<T>(Func<IKernel, T> action) => OnKernelAsync(() => action(Kernel));

    /// <summary>Stops every program, destroys the kernel and gives all memory back to the host.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        if (_parent is null)
        {
            await _pump.DisposeAsync().ConfigureAwait(false);
            Close();
            (_cpu as IDisposable)?.Dispose();
            _machine.Dispose();
        }
        else
        {
            await _pump.InvokeAsync(Close).ConfigureAwait(false);
        }

        _stopping.Dispose();
        _log.LogInformation("OS object {Path} gone", Path);
    }

    /// <summary>Ends all programs here and below, destroys the kernels and gives their memory back. Between slices.</summary>
    private bool Close()
    {
        Interlocked.Exchange(ref _disposed, 1);
        foreach (var child in _children.ToArray())
        {
            child.Close();
        }

        foreach (var job in _jobs.Values)
        {
            job.End(new RunResult { End = RunEnd.Stopped, ExitCode = 143, Message = "the OS object was disposed of" });
        }

        _jobs.Clear();
        Kernel.Shutdown();
        if (_parent is not null && _parent._children.Remove(this))
        {
            _cellInParent.Destroy();
        }

        return true;
    }

    internal async Task<RunResult> StopAsync(Cell cell, RunEnd reason)
    {
        await StopAsync(cell.Job, reason).ConfigureAwait(false);
        return await cell.Completion.ConfigureAwait(false);
    }

    private Task<bool> StopAsync(ulong number, RunEnd reason) => OnKernelAsync(() =>
    {
        if (!_jobs.TryGetValue(number, out var job))
        {
            return false;
        }

        job.StopReason ??= reason;
        Send(ProgramProtocol.Stop, number, 9, 0, 0);
        return true;
    });

    /// <summary>Does something with the kernel between slices. A kernel under another may have had nothing to do: it is woken.</summary>
    private Task<T> OnKernelAsync<T>(Func<T> action) => _pump.InvokeAsync(() =>
    {
        var result = action();
        _cpu.Interrupt();
        return result;
    });

    private static void CheckPaths(ProgramSpec spec)
    {
        foreach (string path in spec.Directories.Select(d => d.GuestPath).Append(spec.WorkingDirectory))
        {
            if (!path.StartsWith('/'))
            {
                throw new ArgumentException($"The guest path \"{path}\" is not absolute.", nameof(spec));
            }
        }
    }

    private bool Start(Job job, ReadOnlyMemory<byte> image)
    {
        var spec = job.Spec;
        var grants = new List<ProgramGrant>();
        foreach (var grant in spec.Directories)
        {
            var directory = new HostDirectory(grant.HostPath, grant.Writable);
            job.Directories.Add(directory);
            ulong number = ++_lastNumber;
            _directories.Add(number, directory);
            grants.Add(new ProgramGrant(number, grant.GuestPath, grant.Writable));
        }

        var request = new ProgramRequest
        {
            Job = job.Number,
            FileName = System.IO.Path.GetFileName(spec.Path) is { Length: > 0 } name ? name : "program",
            Arguments = [spec.Name ?? spec.Path, .. spec.Arguments],
            Environment = [.. spec.Environment.Select(v => $"{v.Key}={v.Value}")],
            WorkingDirectory = spec.WorkingDirectory,
            Grants = grants,
            Input = AddStream(spec.StandardInput, spec.IsTerminal),
            Output = AddStream(spec.StandardOutput ?? job.Output, spec.IsTerminal),
            Error = AddStream(spec.StandardError ?? job.Error, spec.IsTerminal),
            MemoryLimit = Math.Min(spec.Limits.Memory, _options.Memory),
            ObjectLimit = spec.Limits.Objects,
            TemporaryLimit = spec.Limits.TemporaryFiles,
            InstructionLimit = spec.Limits.Instructions ?? 0,
            WallClockBase = (ulong)(_options.WallClock - DateTimeOffset.UnixEpoch).Ticks * 100,
            Seed = _options.Seed,
            ReportsState = spec.ReportsState,
        };
        _jobs.Add(job.Number, job);
        var record = request.ToBytes();
        if (Kernel.HaltReport is { } report)
        {
            End(job, new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = $"the kernel at {Path} halted: {report}" });
            return true;
        }

        var status = _images.Load(image.Span, record, out var memory, out ulong recordOffset);
        if (status == KernelStatus.Ok)
        {
            job.Image = memory;
            status = Send(ProgramProtocol.Start, recordOffset, (ulong)record.Length, (ulong)image.Length, memory.Slot);
        }

        if (status != KernelStatus.Ok)
        {
            End(job, new RunResult { End = RunEnd.NotRunnable, ExitCode = 126, Message = $"{spec.Path}: not started: {status}" });
        }

        return true;
    }

    private ProgramStream AddStream(Stream? stream, bool isTerminal)
    {
        ulong number = ++_lastNumber;
        _streams.Add(number, new HostStream(stream, c => _pump.Post(Kernel, c)));
        return new ProgramStream(number, isTerminal);
    }

    private KernelStatus Send(ulong label, ulong word0, ulong word1, ulong word2, uint capability)
    {
        var frame = new InvocationFrame();
        frame[0] = LinuxEndpoint;
        frame[1] = label;
        frame[2] = word0;
        frame[3] = word1;
        frame[4] = word2;
        frame[8] = capability;
        return Kernel.Root.Invoke(Call.EndpointSend, ref frame);
    }

    /// <summary>Looks after this OS object and those below it, between slices.</summary>
    private void AfterSlice()
    {
        _trace?.Drain(Kernel);
        while (Kernel.TryTakeRequest(out var request))
        {
            OnRequest(request);
        }

        if (VirtualCpu?.Exit is { } exit)
        {
            OnExit(VirtualCpu, exit);
        }
        else if (Kernel.HaltReport is { } report)
        {
            EndAll(RunEnd.KernelHalted, 125, $"the kernel at {Path} halted: {report}");
        }

        for (int i = 0; i < _children.Count; i++)
        {
            _children[i].AfterSlice();
        }
    }

    private void OnExit(IVirtualCpu cpu, VirtualCpuExit exit)
    {
        if (_options.ExitHandler is { } handler && exit.Kind != ExitKind.Halted)
        {
            handler(cpu, exit);
        }
        else if (exit.Kind is ExitKind.MemoryExhausted or ExitKind.ObjectsExhausted)
        {
            EndAll(RunEnd.MemoryExhausted, 137, $"the OS object at {Path} has used up its memory of {_options.Memory} bytes");
        }
        else
        {
            EndAll(RunEnd.KernelHalted, 125, $"the OS object at {Path} stopped: {exit.Kind}{(exit.Report is null ? "" : ": " + exit.Report)}");
        }
    }

    private void EndAll(RunEnd end, int code, string message)
    {
        foreach (var job in _jobs.Values.ToArray())
        {
            End(job, new RunResult { End = end, ExitCode = code, Message = message });
        }
    }

    /// <summary>Carries out what the kernel asks of the host. Between slices.</summary>
    private void OnRequest(HostRequest request)
    {
        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite or HostRequestKind.StreamRead when _streams.TryGetValue(request.Target, out var stream):
                stream.Begin(request, _stopping.Token);
                break;
            case HostRequestKind.File when _directories.TryGetValue(request.Target, out var directory):
                _pump.Post(Kernel, directory.Execute(request));
                break;
            case HostRequestKind.Ended:
                OnEnded(request);
                break;
            case HostRequestKind.Log:
                _log.LogInformation("{Text}", System.Text.Encoding.UTF8.GetString(request.Data.Span));
                break;
            default:
                _pump.Post(Kernel, new Completion(request.Id, -(long)HostError.NotPermitted, default));
                break;
        }
    }

    private void OnEnded(HostRequest request)
    {
        if (!_jobs.TryGetValue(request.Target, out var job))
        {
            return;
        }

        using var reader = new BinaryReader(new MemoryStream(request.Data.ToArray()));
        End(job, EndReport.Read((ProgramEnd)request.Argument0, (int)request.Argument1, ProgramEndRecord.Restore(reader), job, Kernel.Cpu.Description.Depth));
    }

    private void End(Job job, RunResult result)
    {
        _jobs.Remove(job.Number);
        if (job.Image is { } image)
        {
            image.Delete();
        }

        _log.LogInformation("Program {Job} ({Path}) ended: {End}, code {Code}", job.Number, job.Spec.Path, result.End, result.ExitCode.ToString(CultureInfo.InvariantCulture));
        job.End(result);
    }
}

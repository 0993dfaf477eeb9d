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

    private readonly Machine.Machine _machine;
    private readonly RealCpu _cpu;
    private readonly ObjectOsOptions _options;
    private readonly ILogger _log;
    private readonly KernelPump _pump;
    private readonly Invoker _root;
    private readonly ImageStore _images;
    private readonly Dictionary<ulong, Job> _jobs = [];
    private readonly Dictionary<ulong, HostStream> _streams = [];
    private readonly Dictionary<ulong, HostDirectory> _directories = [];
    private readonly CancellationTokenSource _stopping = new();
    private ulong _lastNumber = 16;
    private int _disposed;

    private ObjectOs(ObjectOsOptions options)
    {
        _options = options;
        _log = options.Logger ?? NullLogger.Instance;
        _machine = new Machine.Machine(new MachineOptions(options.Memory));
        _cpu = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = options.Memory });
        Kernel = (options.KernelFactory ?? new KernelFactory()).Create(_cpu, new KernelOptions
        {
            Seed = options.Seed,
            Quantum = options.Quantum,
            DeterministicCompletions = options.DeterministicInput && !options.HostClock,
            Trace = options.Trace is not null,
        });
        Kernel.CreateManagedCell(RootCell, LinuxCell, LinuxEndpoint, new LinuxService(), options.Memory, 1 << 19);
        _root = new Invoker(Kernel.Root, FirstFreeSlot);
        _images = new ImageStore(_root, new CellCapability(_root, RootCell));
        _pump = new KernelPump(
            Kernel, options.HostClock ? options.TimeProvider : null, options.Trace is { } trace ? new TraceWriter(trace) : null, OnRequest);
        _ = FailJobsWhenHaltedAsync();
    }

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
        await _pump.InvokeAsync(_ => Start(job, image)).ConfigureAwait(false);
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
    public Task<T> InvokeAsync<T>(Func<IKernel, T> action) => _pump.InvokeAsync(action);

    /// <summary>Stops every program, destroys the kernel and gives all memory back to the host.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _stopping.CancelAsync().ConfigureAwait(false);
        await _pump.DisposeAsync().ConfigureAwait(false);
        foreach (var job in _jobs.Values)
        {
            job.End(new RunResult { End = RunEnd.Stopped, ExitCode = 143, Message = "the OS object was disposed of" });
        }

        _jobs.Clear();
        Kernel.Shutdown();
        _cpu.Dispose();
        _machine.Dispose();
        _stopping.Dispose();
        _log.LogInformation("OS object gone");
    }

    internal async Task<RunResult> StopAsync(Cell cell, RunEnd reason)
    {
        await StopAsync(cell.Job, reason).ConfigureAwait(false);
        return await cell.Completion.ConfigureAwait(false);
    }

    private Task<bool> StopAsync(ulong number, RunEnd reason) => _pump.InvokeAsync(_ =>
    {
        if (!_jobs.TryGetValue(number, out var job))
        {
            return false;
        }

        job.StopReason ??= reason;
        Send(ProgramProtocol.Stop, number, 9, 0, 0);
        return true;
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
            FileName = Path.GetFileName(spec.Path) is { Length: > 0 } name ? name : "program",
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
        _streams.Add(number, new HostStream(stream, c => _pump.Post(c)));
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

    /// <summary>Carries out what the kernel asks of the host. Between slices.</summary>
    private void OnRequest(HostRequest request)
    {
        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite or HostRequestKind.StreamRead when _streams.TryGetValue(request.Target, out var stream):
                stream.Begin(request, _stopping.Token);
                break;
            case HostRequestKind.File when _directories.TryGetValue(request.Target, out var directory):
                _pump.Post(directory.Execute(request));
                break;
            case HostRequestKind.Ended:
                OnEnded(request);
                break;
            case HostRequestKind.Log:
                _log.LogInformation("{Text}", System.Text.Encoding.UTF8.GetString(request.Data.Span));
                break;
            default:
                _pump.Post(new Completion(request.Id, -(long)HostError.NotPermitted, default));
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

    private async Task FailJobsWhenHaltedAsync()
    {
        await _pump.Completion.ConfigureAwait(false);
        if (Kernel.HaltReport is { } report && _disposed == 0)
        {
            await _pump.InvokeAsync(_ =>
            {
                foreach (var job in _jobs.Values.ToArray())
                {
                    End(job, new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = $"the kernel halted: {report}" });
                }

                return true;
            }).ConfigureAwait(false);
        }
    }
}

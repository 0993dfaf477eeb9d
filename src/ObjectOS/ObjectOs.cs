using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Events;
using ObjectOS.Host;
using ObjectOS.Machine;
using ObjectOS.Recording;
using ObjectOS.Services.Linux;
using ObjectOS.Services.Native;

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
public sealed partial class ObjectOs : IAsyncDisposable, IDisposable
{
    private const uint RootCell = 1;
    private const uint FirstFreeSlot = 16;
    private const uint LinuxCell = 3;
    private const uint LinuxEndpoint = 4;
    private const uint NativeCell = 5;
    private const uint NativeEndpoint = 6;

    /// <summary>
    /// Kernel objects in all, and those of the services, out of which programs and machines get theirs (by default 16384 and 1024 each). What is
    /// carved out is a number and costs nothing; what is left is for a thousand children and more.
    /// </summary>
    private const int KernelObjects = 1 << 26;
    private const int LinuxObjects = 1 << 24;
    private const int NativeObjects = 1 << 24;
    private const int VmmObjects = 1 << 20;

    private readonly Machine.Machine _machine;
    private readonly RealCpu _real;
    private readonly ICpu _cpu;
    private readonly ObjectOsOptions _options;
    private readonly ILogger _log;
    private readonly KernelPump _pump;
    private readonly StallWatch? _watchdog;
    private readonly TraceWriter? _trace;
    private readonly LevelEvents? _events;
    private readonly Invoker _root;
    private readonly ProgramJobs _jobs;
    private readonly Recorder? _recorder;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Lazy<Task> _disposal;
    private int _disposed;
    private bool _isClosed;

    /// <summary>An OS object on a machine of its own.</summary>
    private ObjectOs(ObjectOsOptions options)
    {
        _options = options;
        _disposal = new Lazy<Task>(DisposeOnceAsync);
        _log = options.Logger ?? NullLogger.Instance;
        _machine = new Machine.Machine(new MachineOptions(options.Memory));
        var cpu = _real = new RealCpu(_machine, new RealCpuOptions { MemoryLimit = options.Memory, Instructions = options.Instructions, Engine = options.Debugger is null ? options.Engine : Engine.Interpreter });
        (_cpu, _recorder) = Recorded(cpu, options);
        cpu.Observer = options is { Trace: { } trace, TraceGuest: not GuestEvents.None } ? new GuestTraceWriter(trace, options.TraceGuest, DrainTraces) : null;
        Path = "0";
        _events = EventsOf(options);
        (Kernel, _root, _jobs, _trace) = MakeKernel();
        var time = options.HostClock ? PumpTime.Host : options.IdleTime == IdleTime.Paced || options.Inputs == Inputs.Live ? PumpTime.Paced : PumpTime.Virtual;
        _pump = new KernelPump(Kernel, time, options.TimeProvider, options.Trace is not null, _recorder?.Slice, AfterSlice);
        _watchdog = StallWatch.Start(this, options.StallTime);
        options.Debugger?.Begin(this, _cpu);
        _ = EndJobsWithKernelAsync();
    }

    /// <summary>Most bytes of a service and its programs. What a child has is its virtual CPU's matter, whose limit its holder changes as it likes.</summary>
    private ulong ServiceMemory => _parent is null ? _options.Memory : ulong.MaxValue;

    /// <summary>Makes the kernel, starts its services.</summary>
    private (IKernel Kernel, Invoker Root, ProgramJobs Jobs, TraceWriter? Trace) MakeKernel()
    {
        var linux = _options.LinuxFactory ?? new LinuxFactory();
        var factory = _options.KernelFactory ?? new KernelFactory();
        var options = new KernelOptions
        {
            ObjectLimit = KernelObjects,
            Seed = _options.Seed,
            Quantum = _options.Quantum,
            DeterministicCompletions = _options.IsDeterministic,
            PacesIdleTime = _options.IdleTime == IdleTime.Paced,
            CompletionLatency = _options.HostClock ? 0 : new KernelOptions().CompletionLatency,
            Trace = _options.Trace is not null,
            Events = _options.Events?.Detail ?? EventDetail.None,
            EventMemory = _options.Events?.MemoryOf(Path),
        };
        var kernel = _recorder is null ? factory.Create(_cpu, options) : _recorder.CreateKernel(factory, _cpu, options);
        kernel.CreateManagedCell(RootCell, LinuxCell, LinuxEndpoint, Described(linux.Create(), new RecordedProgram(ProgramRole.Linux, linux.Description)), ServiceMemory, LinuxObjects);
        var root = new Invoker(kernel.Root, FirstFreeSlot);
        var images = new ImageStore(root, new CellCapability(root, RootCell), AskHolders);
        var jobs = new ProgramJobs(kernel, root, images, LinuxEndpoint, () => NeedNativeService(kernel), () => NeedVmmService(kernel), _options, _log, completion => _pump!.Post(kernel, completion)) { Events = _events };
        return (kernel, root, jobs, _options.Trace is { } trace ? new TraceWriter(trace, Path, linux) : null);
    }

    /// <summary>Has a recording, if there is one, know what a service is.</summary>
    private IManagedProgram Described(IManagedProgram program, RecordedProgram form)
    {
        _recorder?.Describe(program, form);
        return program;
    }

    private LevelEvents? EventsOf(ObjectOsOptions options) => options.Events is { } stream ? new LevelEvents(stream, Path) : null;

    /// <summary>Most OS objects never run a native program: the service is made for the first.</summary>
    private (KernelStatus Status, uint Endpoint) NeedNativeService(IKernel kernel) =>
        (kernel.CellNumber(NativeCell) != 0 ? KernelStatus.Ok
            : kernel.CreateManagedCell(RootCell, NativeCell, NativeEndpoint, Described(new NativeProgramService(), new RecordedProgram(ProgramRole.Native, "ObjectOS.Services.Native", "")), ServiceMemory, NativeObjects), NativeEndpoint);

    /// <summary>Where it stands among the OS objects of its machine: 0, its children 0.1, 0.2, and so on.</summary>
    public string Path { get; }

    /// <summary>
    /// The kernel. Its members are for the host thread that runs it: reach it through <see cref="InvokeAsync"/> while the OS object runs.
    /// </summary>
    public IKernel Kernel { get; }

    /// <summary>Frames of 4 KiB that live in the machine now.</summary>
    public ulong LiveFrames => _machine.LiveFrames;

    /// <summary>What executes the code of guests: the interpreter or the translator.</summary>
    public Engine Engine => _real.Engine;

    /// <summary>Why all code is interpreted although <see cref="ObjectOsOptions.Engine"/> allows its translation; null if it is translated.</summary>
    public string? EngineProblem => _real.EngineProblem;

    /// <summary>The most bytes of the host that decoded and translated code of the machine took; 0 for a child, whose code is that of its machine.</summary>
    public long PeakCodeBytes => _parent is null ? _real.PeakCodeBytes : 0;

    /// <summary>Makes a machine, boots a kernel on it and starts its services. It takes some tens of microseconds and waits for nothing.</summary>
    /// <param name="options">How it is set up; null: all as it is.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public static ObjectOs Boot(ObjectOsOptions? options = null)
    {
        options ??= new ObjectOsOptions();
        if (options.Problem() is { } problem)
        {
            throw new ArgumentException(problem, nameof(options));
        }

        var os = new ObjectOs(options);
        os._log.LogInformation("OS object booted: kernel {Version}, {Memory} bytes at most", os.Kernel.Description.Version, options.Memory);
        return os;
    }

    /// <summary>The same as <see cref="Boot(ObjectOsOptions?)"/>, with options that are set here.</summary>
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
        cancellationToken.ThrowIfCancellationRequested();
        return ValueTask.FromResult(Boot(options));
    }

    /// <summary>Starts a program in a cell of its own.</summary>
    /// <param name="spec">What to run, and within which limits.</param>
    /// <param name="cancellationToken">Gives up before the start; a program that has started goes on.</param>
    /// <returns>The cell; what becomes of the program, a file that is no program included, is its <see cref="Cell.Completion"/>.</returns>
    /// <exception cref="ArgumentException">A member of the specification is wrong; the message names it.</exception>
    /// <exception cref="IOException">The program's file cannot be read, or a granted directory is not there.</exception>
    /// <exception cref="UnauthorizedAccessException">The program's file may not be read, or is a directory.</exception>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="InvokeAsync"/>.</exception>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    /// <exception cref="ProgramCanceledException">The token was cancelled before the start.</exception>
    public async ValueTask<Cell> StartAsync(ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if ((spec.Problem() ?? MemoryProblem(spec.Limits.Memory, "Limits.Memory")) is { } problem)
        {
            throw new ArgumentException(problem, nameof(spec));
        }

        var file = await BeforeStartAsync(
            async () => spec.StartsInside ? FileToStart.Of(default, reportsHash: false)
                : spec.Image is { } loaded ? new FileToStart(loaded.Contents, loaded.Key, loaded.Sha256)
                : FileToStart.Of(await ProgramFile.ReadAsync(spec.Path, cancellationToken).ConfigureAwait(false), spec.ReportsHash),
            cancellationToken).ConfigureAwait(false);
        return await EnterAsync(() => _jobs.Start(spec, file, _stopping.Token), spec.Limits.FiniteTimeout).ConfigureAwait(false);
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="spec">What to run, and within which limits.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="ArgumentException">As for <see cref="StartAsync"/>.</exception>
    /// <exception cref="ProgramCanceledException">The token was cancelled before the program's end; it has the result so far.</exception>
    public async Task<RunResult> RunAsync(ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        var cell = await StartAsync(spec, cancellationToken).ConfigureAwait(false);
        return await cell.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs a program file to its end.</summary>
    /// <param name="path">A static riscv64 Linux program of the host.</param>
    /// <param name="arguments">The arguments after the program's name.</param>
    /// <param name="limits">What it may use.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    public Task<RunResult> RunAsync(
        string path, IReadOnlyList<string>? arguments = null, ProgramLimits? limits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(path);
        return RunAsync(new ProgramSpec { Path = path, Arguments = arguments ?? [], Limits = limits ?? new() }, cancellationToken);
    }

    /// <summary>Does what comes before a start. Cancellation has one outcome, wherever it comes.</summary>
    private static async Task<T> BeforeStartAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            return await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw new ProgramCanceledException(null, cancellationToken);
        }
    }

    /// <summary>Starts a job between two slices.</summary>
    private async Task<Cell> EnterAsync(Func<Job> start, TimeSpan? timeout)
    {
        var job = await OnKernelAsync(start).ConfigureAwait(false);
        if (_pump.Completion.IsCompleted)
        {
            // The kernel halted before the start: the jobs that it left may have been ended already.
            await EndJobsAsync().ConfigureAwait(false);
        }

        job.StopAfter(timeout, () => _ = StopAsync(job, RunEnd.TimedOut));
        return new Cell(this, job);
    }

    /// <summary>Says that something wants more memory than there is. What a child has can be changed by its holder.</summary>
    private string? MemoryProblem(ulong? wanted, string member) =>
        _parent is null && wanted > _options.Memory ? $"{member} is {wanted} bytes, and the OS object has {_options.Memory}." : null;

    /// <summary>
    /// Stops all guests, here and below, where they are, at an instruction boundary, until <see cref="Resume"/>. Pauses are not counted; after
    /// disposal it does nothing.
    /// </summary>
    public void Pause() => SetPaused(true);

    /// <summary>Ends a pause.</summary>
    public void Resume() => SetPaused(false);

    /// <summary>
    /// Ends when the kernel has nothing left to do, or waits for an answer of the host. Once every program has ended, what they held has come
    /// back then, and figures are the same in every run that is.
    /// </summary>
    public Task SettleAsync() => _pump.SettleAsync();

    /// <summary>The figures of the kernel and of every cell, taken between two slices.</summary>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="InvokeAsync"/>.</exception>
    public Task<GuestStatistics> GetStatisticsAsync() => InvokeAsync(kernel => kernel.Statistics);

    /// <summary>How far the faults of <see cref="ObjectOsOptions.Faults"/> are, in their order, taken between two slices.</summary>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="InvokeAsync"/>.</exception>
    public Task<IReadOnlyList<FaultProgress>> GetFaultsAsync() => InvokeAsync(_ => _jobs.Faults);

    /// <summary>Every cell with its figures and what runs in it, by number, taken between two slices.</summary>
    public Task<IReadOnlyList<CellView>> GetCellsAsync() => InvokeAsync(kernel => CellViews.Of(kernel, LinuxCell, _jobs.Running));

    /// <summary>Does something with the kernel between two slices: capabilities and invocations are within reach there.</summary>
    /// <param name="action">What to do. No cell runs meanwhile, and it must not call the OS object, which would wait for its end.</param>
    /// <exception cref="InvalidOperationException">It is called from inside such an action.</exception>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    public Task<T> InvokeAsync<T>(Func<IKernel, T> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        return OnKernelAsync(() => action(Kernel));
    }

    /// <summary>Stops every program, destroys the kernel and gives all memory back to the host. Whoever disposes of it again waits for the same end.</summary>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="InvokeAsync"/>.</exception>
    public ValueTask DisposeAsync()
    {
        if (_disposed == 0)
        {
            ThrowIfInCommand();
        }

        return new ValueTask(_disposal.Value);
    }

    /// <summary>Begins the disposal and does not wait for its end; prefer <see cref="DisposeAsync"/>.</summary>
    /// <exception cref="InvalidOperationException">It is called from inside <see cref="InvokeAsync"/>.</exception>
    public void Dispose() => _ = DisposeAsync().AsTask();

    /// <summary>True once the kernel, or the one under it, runs no more.</summary>
    internal bool HasHalted => _pump.Completion.IsCompleted;

    private async Task DisposeOnceAsync()
    {
        Interlocked.Exchange(ref _disposed, 1);
        if (_parent is not null)
        {
            try
            {
                await _pump.InvokeAsync(Close).ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                // The root is on its way, with all that is under it.
                await _parent.DisposeAsync().ConfigureAwait(false);
            }

            return;
        }

        _watchdog!.Dispose();
        await _pump.DisposeAsync().ConfigureAwait(false);
        await EndRecordingAsync().ConfigureAwait(false);
        Close();
        (_cpu as IDisposable)?.Dispose();
        _real.Dispose();
        _machine.Dispose();
    }

    /// <summary>Ends all programs here and below, destroys the kernels and gives their memory back. Between slices; once, whoever comes first.</summary>
    private bool Close()
    {
        Interlocked.Exchange(ref _disposed, 1);
        if (_isClosed)
        {
            return false;
        }

        _isClosed = true;
        CloseChildren();
        _stopping.Cancel();
        _jobs.EndAll(new RunResult { End = RunEnd.Stopped, ExitCode = 143, Message = "the OS object was disposed of" });
        Kernel.Shutdown();
        LeaveParent();
        _stopping.Dispose();
        _log.LogInformation("OS object gone: {Path}", Path);
        return true;
    }

    /// <summary>Stops a program; one that has ended stays as it is.</summary>
    internal async Task StopAsync(Job job, RunEnd reason)
    {
        try
        {
            await OnKernelAsync(() => _jobs.Stop(job, reason, CanRun)).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It was stopped with the OS object.
        }
    }

    /// <summary>Sends a signal to the first process of a Linux program; one that has ended gets none.</summary>
    internal Task SendSignalAsync(Job job, int signal) => OnKernelAsync(() => _jobs.SendSignal(job, signal));

    /// <summary>Pauses a program or machine, or ends a pause.</summary>
    internal Task SetPausedAsync(Job job, bool paused) => OnKernelAsync(() => _jobs.SetPaused(job, paused));

    /// <summary>What a program has used so far.</summary>
    internal Task<ProgramStatistics> GetStatisticsAsync(Job job) => OnKernelAsync(() => _jobs.Figures(job));

    /// <inheritdoc cref="KernelPump.ThrowIfInCommand"/>
    internal void ThrowIfInCommand() => _pump.ThrowIfInCommand();

    /// <summary>Streams and directories of the host that guests can name now.</summary>
    internal Task<int> CountTargetsAsync() => InvokeAsync(_ => _jobs.Targets);

    /// <summary>Does something with the kernel between slices. A kernel under another may have had nothing to do: it is woken.</summary>
    private Task<T> OnKernelAsync<T>(Func<T> action) => _pump.InvokeAsync(() =>
    {
        ObjectDisposedException.ThrowIf(_isClosed, this);
        var result = action();
        _cpu.Interrupt();
        return result;
    });

    /// <summary>Writes what the kernels here and below have traced so far.</summary>
    private void DrainTraces()
    {
        _trace?.Write(Kernel);
        foreach (var child in _children)
        {
            child.DrainTraces();
        }
    }

    /// <summary>Looks after this OS object and those below it, between slices.</summary>
    private void AfterSlice()
    {
        _trace?.Drain(Kernel);
        _events?.Drain(Kernel);
        while (Kernel.TryTakeRequest(out var request))
        {
            _jobs.OnRequest(request);
        }

        LookAfterVirtualCpu();
        LookAfterChildren();
    }
}

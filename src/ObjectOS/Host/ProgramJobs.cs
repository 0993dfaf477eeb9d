using System.Globalization;
using Microsoft.Extensions.Logging;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Events;
using ObjectOS.Recording;
using ObjectOS.Services.Files.Host;
using ObjectOS.Services.Programs;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Host;

/// <summary>
/// The programs under way: has the program service start and stop them, and carries out what they ask of the host. Used between
/// slices only.
/// </summary>
/// <param name="kernel">The kernel that they run on.</param>
/// <param name="root">The root cell's invoker.</param>
/// <param name="images">Where their files go.</param>
/// <param name="linux">The slot of the endpoint of the service for Linux programs.</param>
/// <param name="native">Makes the service for native programs, where it is not there yet, and tells the slot of its endpoint.</param>
/// <param name="vmm">Makes the service for virtual machines, where it is not there yet, and tells the slot of its endpoint and it.</param>
/// <param name="options">The OS object's options.</param>
/// <param name="log">Where ends are told.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal sealed partial class ProgramJobs(
    IKernel kernel, Invoker root, ImageStore images, uint linux, Func<(KernelStatus Status, uint Endpoint)> native, Func<(KernelStatus Status, uint Endpoint, IVirtualMachineService? Service)> vmm, ObjectOsOptions options, ILogger log, Action<Completion> post)
{
    private readonly Dictionary<ulong, Job> _jobs = [];
    private readonly Dictionary<ulong, HostStream> _streams = [];
    private readonly Dictionary<ulong, HostFileWork> _files = [];
    private readonly Dictionary<FileLayer, ulong> _layers = [];
    /// <summary>File systems take the time of a clock that ticks some milliseconds late.</summary>
    private static readonly TimeSpan LateStamps = TimeSpan.FromMilliseconds(20);

    private readonly HostFaults _faults = new(options.Faults);
    private ulong _lastNumber = 16;
    private int _started;

    /// <summary>Where the names of streams and directories are noted for events; null: nowhere.</summary>
    public LevelEvents? Events { get; init; }

    /// <summary>Those that have not ended.</summary>
    public IReadOnlyCollection<Job> Running => _jobs.Values;

    /// <summary>Streams, directories, disks and networks that requests can name.</summary>
    public int Targets => _streams.Count + _files.Count + _networks.Count;

    /// <summary>Where their files go.</summary>
    public ImageStore Images => images;

    /// <summary>How far the injected faults are.</summary>
    public IReadOnlyList<FaultProgress> Faults => _faults.Progress;

    /// <summary>Begins a job. What becomes of it, one that cannot be begun included, is its end.</summary>
    /// <exception cref="IOException">A granted directory is not there.</exception>
    public Job Start(ProgramSpec spec, in FileToStart file, CancellationToken stopping)
    {
        var job = new Job(++_lastNumber, spec, stopping) { Ordinal = ++_started };
        try
        {
            foreach (var grant in spec.Directories)
            {
                job.Directories.Add(
                    ++_lastNumber,
                    new HostDirectory(grant.HostPath, grant.Writable, CallsFor(grant), grant.AddedBytes ?? MemoryOf(spec.Limits), grant.AddedFiles));
            }
        }
        catch
        {
            job.Dispose();
            throw;
        }

        var record = Describe(job).ToBytes();
        _jobs.Add(job.Number, job);
        if (!spec.StartsInside && ProgramFile.Problem(file.Bytes) is { } problem)
        {
            EndUnstarted(job, problem);
            return job;
        }

        var image = file.Bytes;
        var status = images.Load(file.Key, image.Span, record, out var memory, out ulong recordOffset);
        (job.Sha256, job.ImageKey, job.ImageLength) = (file.Sha256, file.Key, image.Length);
        if (status == KernelStatus.Ok)
        {
            job.Image = memory;
            job.TakesSignals = spec.StartsInside || !(ElfImage.TryParse(image.Span, out var program, out _) && program.IsNative);
            (status, job.Endpoint) = job.TakesSignals ? (KernelStatus.Ok, linux) : native();
            status = status == KernelStatus.Ok ? Send(job, ProgramProtocol.Start, recordOffset, (ulong)record.Length, (ulong)image.Length, memory.Slot) : status;
        }

        if (status != KernelStatus.Ok)
        {
            EndUnstarted(job, NotStarted(status));
        }

        return job;
    }

    /// <summary>Ends a job where it is. One that has ended waits no longer for its output to be taken.</summary>
    /// <param name="job">The job.</param>
    /// <param name="reason">Why.</param>
    /// <param name="kernelRuns">False: the kernel is paused, or waits for its holder, and cannot report the end; it carries it out when it runs again.</param>
    /// <returns>False if it had ended already.</returns>
    public bool Stop(Job job, RunEnd reason, bool kernelRuns)
    {
        if (job.Completion.IsCompleted)
        {
            return false;
        }

        job.StopReason ??= reason;
        if (_jobs.ContainsKey(job.Number))
        {
            Send(job, job.Machine is null ? ProgramProtocol.Stop : MachineProtocol.Stop, job.Number, 9, 0, 0);
        }

        // After the message: a deterministic kernel stands still until what the program asked of the host is answered.
        job.Abandon();
        if (!kernelRuns && _jobs.ContainsKey(job.Number))
        {
            var figures = Figures(job);
            End(job, new RunResult
            {
                End = reason,
                ExitCode = 143,
                Cell = job.Cell,
                Instructions = figures.Instructions,
                Charged = figures.Charged,
                Traps = figures.Traps,
                PeakMemory = figures.PeakMemory,
            });
        }

        return true;
    }

    /// <summary>Pauses a job and its children, or ends a pause; false if the job has ended.</summary>
    public bool SetPaused(Job job, bool paused) =>
        _jobs.ContainsKey(job.Number) && Send(job, job.Machine is null ? ProgramProtocol.Pause : MachineProtocol.Pause, job.Number, paused ? 1UL : 0, 0, 0) == KernelStatus.Ok;

    /// <summary>Sends a signal to a Linux job; false if the job has ended.</summary>
    public bool SendSignal(Job job, int signal) =>
        _jobs.ContainsKey(job.Number) && Send(job, ProgramProtocol.Signal, job.Number, (ulong)signal, 0, 0) == KernelStatus.Ok;

    /// <summary>What a job's cells have used so far.</summary>
    public ProgramStatistics Figures(Job job)
    {
        var cells = kernel.Statistics.Cells;
        var members = new HashSet<uint> { job.Cell };
        ulong instructions = 0, charged = 0, traps = 0, memory = 0, peak = 0;
        foreach (var cell in cells.OrderBy(cell => cell.Number))
        {
            // A child's number is larger than its parent's.
            if (cell.Number == job.Cell || (members.Contains(cell.Parent) && members.Add(cell.Number)))
            {
                (instructions, charged, traps) = (instructions + cell.Instructions, charged + cell.Charged, traps + cell.Traps);
                (memory, peak) = cell.Number == job.Cell ? (cell.Pages << Pages.Shift, cell.PeakPages << Pages.Shift) : (memory, peak);
            }
        }

        return new ProgramStatistics(instructions, charged, traps, memory, peak);
    }

    /// <summary>The inputs that programs wait for, in words; null: none does.</summary>
    public string? AwaitedInput => _jobs.Values.Select(job => job.AwaitedInput).FirstOrDefault(awaited => awaited is not null);

    /// <summary>Ends every job without the kernel's help.</summary>
    public void EndAll(RunResult result)
    {
        foreach (var job in _jobs.Values.ToArray())
        {
            job.Abandon();
            Forget(job);
            _ = job.EndAsync(result);
        }
    }

    private void Post(Completion completion) => post(_faults.Delayed(completion));

    /// <summary>Carries out what the kernel asks of the host.</summary>
    public void OnRequest(HostRequest request)
    {
        if (_faults.TryFail(request, out var failure))
        {
            Post(failure);
            return;
        }

        switch (request.Kind)
        {
            case HostRequestKind.StreamWrite or HostRequestKind.StreamRead when _streams.TryGetValue(request.Target, out var stream):
                CopyToConsole(request);
                stream.Begin(request);
                break;
            case HostRequestKind.File when _files.TryGetValue(request.Target, out var files):
                files.Begin(request);
                break;
            case >= HostRequestKind.SocketListen and <= HostRequestKind.DatagramSend when _networks.TryGetValue(request.Target, out var network):
                network.Begin(request);
                break;
            case HostRequestKind.Started:
                if (_jobs.TryGetValue(request.Target, out var started))
                {
                    started.Cell = (uint)request.Argument0;
                }

                break;
            case HostRequestKind.Ended:
                if (_jobs.TryGetValue(request.Target, out var ended) && ended.Machine is not null)
                {
                    EndMachine(ended, request);
                }
                else if (ended is not null)
                {
                    using var reader = new BinaryReader(new MemoryStream(request.Data.ToArray()));
                    var record = ProgramEndRecord.Restore(reader);
                    _faults.NoteCalls(record.SystemCalls);
                    ended.Fault = (ProgramEnd)request.Argument0 == ProgramEnd.Fault ? record : null;
                    End(ended, EndReport.Read((ProgramEnd)request.Argument0, (int)request.Argument1, record, ended, kernel.Cpu.Description.Depth));
                }

                break;
            case HostRequestKind.Notice:
                if (_jobs.TryGetValue(request.Target, out var noted))
                {
                    Note(noted, request);
                }

                break;
            case HostRequestKind.Log:
                log.LogInformation("{Text}", System.Text.Encoding.UTF8.GetString(request.Data.Span));
                break;
            default:
                Post(new Completion(request.Id, -(long)HostError.NotPermitted, default));
                break;
        }
    }

    private void CopyToConsole(HostRequest request)
    {
        if (options.ConsoleCopy is not { } console || request.Kind != HostRequestKind.StreamWrite)
        {
            return;
        }

        try
        {
            console.Write(request.Data.Span);
            console.Flush();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A stream of the embedding program may throw anything.
            LogFailure(e, "what a guest wrote was not copied");
        }
    }

    private IFileCalls CallsFor(DirectoryGrant grant)
    {
        var calls = LinuxFileCalls.OfThisHost() ?? new PortableFileCalls();
        return grant.Reproducible
            ? new ReproducibleFileCalls(calls, (options.TimeProvider.GetUtcNow() - LateStamps - DateTimeOffset.UnixEpoch).Ticks * 100, (options.WallClock - DateTimeOffset.UnixEpoch).Ticks * 100)
            : calls;
    }

    private ProgramRequest Describe(Job job)
    {
        var spec = job.Spec;
        foreach (var (number, directory) in job.Directories)
        {
            AddFiles(job, number, directory.Execute);
        }

        return new ProgramRequest
        {
            Job = job.Number,
            FileName = spec.StartsInside ? spec.Path : NameInGuest(job) ?? (Path.GetFileName(spec.Called) is { Length: > 0 } name ? name : "program"),
            Arguments = [spec.Name ?? spec.Called, .. spec.Arguments],
            Environment = [.. spec.Environment.Select(v => $"{v.Key}={v.Value}")],
            WorkingDirectory = spec.WorkingDirectory,
            Layers = [.. spec.Root.Select(layer => new ProgramLayer(NumberOf(layer), layer.DigestBytes))],
            StartsInside = spec.StartsInside,
            User = spec.UserId,
            Group = spec.Group ?? spec.UserId,
            Grants = [.. job.Directories.Keys.Zip(spec.Directories, (number, grant) => new ProgramGrant(number, grant.GuestPath, grant.Writable))],
            Input = AddStream(job, 0),
            Output = AddStream(job, 1),
            Error = AddStream(job, 2),
            MemoryLimit = MemoryOf(spec.Limits),
            ObjectLimit = spec.Limits.Objects,
            TemporaryLimit = spec.Limits.TemporaryFiles ?? (spec.Root.Count > 0 ? MemoryOf(spec.Limits) : ProgramLimits.UsualTemporaryFiles),
            InstructionLimit = spec.Limits.Instructions ?? 0,
            WallClockBase = (ulong)(options.WallClock - DateTimeOffset.UnixEpoch).Ticks * 100,
            Seed = options.Seed,
            ReportsState = spec.ReportsState,
            FailedCall = options.Faults.FirstOrDefault(fault => fault.Call != 0)?.Call ?? 0,
            FailedCallError = options.Faults.FirstOrDefault(fault => fault.Call != 0)?.Error ?? 0,
            Priority = spec.Limits.Priority ?? -1,
            Share = spec.Limits.CpuShare is { } share ? (ulong)(share * ProgramRequest.SharePeriod) : 0,
        };
    }

    /// <summary>The number of a layer, which it keeps as long as the OS object lives: later programs find what earlier ones have read.</summary>
    private ulong NumberOf(FileLayer layer)
    {
        if (_layers.TryGetValue(layer, out ulong number))
        {
            return number;
        }

        number = ++_lastNumber;
        _layers.Add(layer, number);
        _files.Add(number, new HostFileWork(layer.Execute, Post));
        Name(number, string.Create(CultureInfo.InvariantCulture, $"layer{_layers.Count}"));
        return number;
    }

    /// <summary>Where the program itself sees its file: in the granted directory that leads to it the shortest way; null if none does.</summary>
    private static string? NameInGuest(Job job) =>
        job.Spec.Image is not null || job.Spec.StartsInside || job.Spec.Path.Length == 0 ? null
        : job.Directories.Values.Zip(job.Spec.Directories, (directory, grant) => (Inside: directory.NameInside(job.Spec.Path), grant.GuestPath))
            .Where(place => place.Inside is not null)
            .OrderBy(place => place.Inside!.Length)
            .Select(place => place.GuestPath.TrimEnd('/') + "/" + place.Inside)
            .FirstOrDefault();

    /// <summary>A child's own limit is its virtual CPU's, which can change.</summary>
    private ulong MemoryOf(ProgramLimits limits) => limits.Memory ?? (kernel.Cpu.Description.Depth > 0 ? ProgramLimits.UsualMemory : Math.Min(ProgramLimits.UsualMemory, options.Memory));

    private void AddFiles(Job job, ulong number, Func<HostRequest, Completion> execute)
    {
        var work = new HostFileWork(execute, Post);
        job.FileWork.Add(number, work);
        Name(number, string.Create(CultureInfo.InvariantCulture, $"{job.Ordinal}.{(job.Machine is null ? "files" : "disk")}{job.FileWork.Count}"));
        _files.Add(number, work);
    }

    private ProgramStream AddStream(Job job, int descriptor)
    {
        var stream = AddStream(job, job.MakeStream(descriptor, Post, LogFailure));
        (kernel as RecordingKernel)?.NoteStream(stream.Number, descriptor);
        return stream;
    }


    private void LogFailure(Exception e, string sentence) => log.LogWarning(e, "{Sentence}", sentence);

    private ProgramStream AddStream(Job job, HostStream stream)
    {
        ulong number = ++_lastNumber;
        Name(number, string.Create(CultureInfo.InvariantCulture, $"{job.Ordinal}.{StreamName(job)}"), isText: true);
        job.Streams.Add(number, stream);
        _streams.Add(number, stream);
        return new ProgramStream(number, job.Spec.IsTerminal);
    }

    /// <summary>Names a target of requests, as events and faults do.</summary>
    private void Name(ulong number, string name, bool isText = false)
    {
        Events?.Name(number, name, isText);
        (kernel as RecordingKernel)?.NoteName(number, name, isText);
        _faults.Name(number, name);
    }

    private static string StreamName(Job job) => (job.Streams.Count, job.Machine is null) switch
    {
        (0, true) => "stdin",
        (1, true) => "stdout",
        (2, true) => "stderr",
        var (count, _) => string.Create(CultureInfo.InvariantCulture, $"console{count / 2}.{(count % 2 == 0 ? "in" : "out")}"),
    };

    private KernelStatus Send(Job job, ulong label, ulong word0, ulong word1, ulong word2, uint capability)
    {
        var frame = new InvocationFrame();
        frame[0] = job.Endpoint;
        frame[1] = label;
        frame[2] = word0;
        frame[3] = word1;
        frame[4] = word2;
        frame[8] = capability;
        return root.Port.Invoke(Call.EndpointSend, ref frame);
    }

    private void EndUnstarted(Job job, string problem) =>
        EndUnlessEnded(job, new RunResult { End = RunEnd.NotRunnable, ExitCode = 126, Message = $"{job.Spec.Called}: {problem}" });

    private static string NotStarted(KernelStatus status) =>
        status == KernelStatus.Suspended ? "not started: the virtual CPU under it waits for its holder, or one above does" : $"not started: {status}";

    /// <summary>Where a virtual CPU stopped the start, its programs may have been ended with a report, this one among them.</summary>
    private void EndUnlessEnded(Job job, RunResult result)
    {
        if (_jobs.ContainsKey(job.Number))
        {
            End(job, kernel.HaltReport is { } halt ? new RunResult { End = RunEnd.KernelHalted, ExitCode = 125, Message = $"the kernel halted: {halt}" } : result);
        }
    }

    private void End(Job job, RunResult result)
    {
        if (job.Image is { } image)
        {
            image.Delete();
        }

        Forget(job);
        log.LogInformation(
            "Program {Job} ({Path}) ended: {End}, code {Code}", job.Number, job.Spec.Called, result.End, result.ExitCode.ToString(CultureInfo.InvariantCulture));
        _ = job.EndAsync(result);
    }

    private void Forget(Job job)
    {
        _jobs.Remove(job.Number);
        foreach (ulong number in job.Streams.Keys)
        {
            _streams.Remove(number);
        }

        foreach (ulong number in job.FileWork.Keys)
        {
            _files.Remove(number);
        }

        if (job.Network is { } network)
        {
            _networks.Remove(network.Number);
        }
    }
}

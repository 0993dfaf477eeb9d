using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Files.Host;

namespace ObjectOS.Host;

/// <summary>A program under way, as its OS object keeps it.</summary>
internal sealed class Job : IDisposable
{
    private const long CaptureLimit = 64 << 20;

    /// <summary>Host time that the other sides of its connections have to take what it said last.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<RunResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel;
    private readonly BoundedCapture? _output;
    private readonly BoundedCapture? _error;
    private readonly HashSet<HostStream> _inputs = [];
    private Timer? _deadline;

    public Job(ulong number, ProgramSpec spec, CancellationToken stopping)
    {
        Number = number;
        Spec = spec;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _output = spec.StandardOutput is null ? new BoundedCapture(CaptureLimit) : null;
        _error = spec.StandardError is null ? new BoundedCapture(CaptureLimit) : null;
    }

    public ulong Number { get; }

    public ProgramSpec Spec { get; }

    public Task<RunResult> Completion => _completion.Task;

    /// <summary>Why it was stopped, where the host did.</summary>
    public RunEnd? StopReason { get; set; }

    /// <summary>The root's slot of the endpoint of the service that runs it.</summary>
    public uint Endpoint { get; set; }

    /// <summary>The memory object that its file was handed over in.</summary>
    public MemoryCapability? Image { get; set; }

    /// <summary>SHA-256 of its file, once that was read.</summary>
    public string? Sha256 { get; set; }

    /// <summary>The virtual machine that it is; null: it is a program.</summary>
    public MachineSpec? Machine { get; init; }

    /// <summary>Its disks, by number.</summary>
    public Dictionary<ulong, HostDisk> Disks { get; } = [];

    /// <summary>Its network grant, and the number that requests name; null: none.</summary>
    public (ulong Number, HostNetwork Host)? Network { get; set; }

    /// <summary>The kernel's number of the cell that holds it and its children; 0 until it has one.</summary>
    public uint Cell { get; set; }

    /// <summary>Its streams, by the numbers that guests' requests name.</summary>
    public Dictionary<ulong, HostStream> Streams { get; } = [];

    /// <summary>Its granted directories, by number.</summary>
    public Dictionary<ulong, HostDirectory> Directories { get; } = [];

    /// <summary>Makes the stream that the program's standard output (1), error (2) or input (0) is.</summary>
    public HostStream MakeStream(int descriptor, Action<Completion> post)
    {
        var stream = descriptor switch
        {
            0 => Spec.StandardInput,
            1 => Spec.StandardOutput ?? _output,
            _ => Spec.StandardError ?? _error,
        };
        return MakeStream(stream, descriptor == 0, post);
    }

    /// <summary>Makes any other stream of it; null: one that is at its end, or whose output is dropped.</summary>
    public HostStream MakeStream(Stream? stream, bool isInput, Action<Completion> post)
    {
        var made = new HostStream(stream, post, _cancel.Token);
        if (isInput)
        {
            _inputs.Add(made);
        }

        return made;
    }

    /// <summary>Has it stopped after so much host time.</summary>
    public void StopAfter(TimeSpan? timeout, Action stop)
    {
        if (timeout is { } time)
        {
            _deadline = new Timer(_ => stop(), null, time, Timeout.InfiniteTimeSpan);
            if (Completion.IsCompleted)
            {
                _deadline.Dispose();
            }
        }
    }

    /// <summary>Nothing that it asked of its streams is waited for any longer.</summary>
    public void Abandon()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
        catch (AggregateException)
        {
            // A stream of the embedding program threw when it was told; it is not waited for either way.
        }
    }

    /// <summary>Ends it, as soon as all that it wrote has been taken.</summary>
    public async Task EndAsync(RunResult result)
    {
        if (StopReason is not null)
        {
            Abandon();
        }

        // Input that is asked for and not read yet is nobody's any more; output is the program's until its last byte.
        await Task.WhenAll(Streams.Values.Where(s => !_inputs.Contains(s)).Select(s => s.Drained)).ConfigureAwait(false);
        if (Network is { } network && StopReason is null)
        {
            await network.Host.FlushAsync(Farewell).ConfigureAwait(false);
        }

        Dispose();
        _completion.TrySetResult((StopReason is { } reason ? EndReport.Stopped(result, this, reason) : result) with
        {
            OutputBytes = _output?.ToArray() ?? default,
            ErrorBytes = _error?.ToArray() ?? default,
            ProgramSha256 = Sha256,
        });
    }

    public void Dispose()
    {
        _deadline?.Dispose();
        Abandon();
        _cancel.Dispose();
        foreach (var directory in Directories.Values)
        {
            directory.Dispose();
        }

        foreach (var disk in Disks.Values)
        {
            disk.Dispose();
        }

        Network?.Host.Dispose();
    }
}

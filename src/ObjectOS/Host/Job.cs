using System.Diagnostics;
using System.IO.Pipelines;
using Nito.AsyncEx;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Host.Symbols;
using ObjectOS.Services.Files.Host;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host;

/// <summary>A program under way, as its OS object keeps it.</summary>
internal sealed class Job : IDisposable
{
    /// <summary>Host time that the other sides of its connections have to take what it said last.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly TaskCompletionSource<RunResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel;
    private readonly BoundedCapture? _output;
    private readonly BoundedCapture? _error;
    private readonly HashSet<HostStream> _inputs = [];
    private readonly Dictionary<int, AsyncLock> _orders = [];
    private readonly Pipe? _input;
    private readonly long _began = Stopwatch.GetTimestamp();
    private Exception? _streamFailure;
    private Timer? _deadline;

    public Job(ulong number, ProgramSpec spec, CancellationToken stopping)
    {
        Number = number;
        Spec = spec;
        _cancel = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        _output = spec.StandardOutput is null ? new BoundedCapture((long)spec.Limits.CapturedOutput) : null;
        _error = spec.StandardError is null ? new BoundedCapture((long)spec.Limits.CapturedOutput) : null;
        _input = spec.PipesInput ? new Pipe() : null;
    }

    public ulong Number { get; }

    /// <summary>Its place among the programs and machines that were started, from 1.</summary>
    public int Ordinal { get; init; }

    public ProgramSpec Spec { get; }

    public Task<RunResult> Completion => _completion.Task;

    /// <summary>Where the embedding program writes what the program reads; null unless that was asked for.</summary>
    public PipeWriter? Input => _input?.Writer;

    /// <summary>What is kept of its standard output; null if that goes elsewhere.</summary>
    public BoundedCapture? Output => _output;

    /// <summary>Why it was stopped, where the host did.</summary>
    public RunEnd? StopReason { get; set; }

    /// <summary>True for a Linux program.</summary>
    public bool TakesSignals { get; set; }

    /// <summary>The root's slot of the endpoint of the service that runs it.</summary>
    public uint Endpoint { get; set; }

    /// <summary>The memory object that its file was handed over in.</summary>
    public MemoryCapability? Image { get; set; }

    /// <summary>SHA-256 of its file, once that was read and if it is wanted.</summary>
    public string? Sha256 { get; set; }

    /// <summary>What its file is recognised by, once that was read.</summary>
    public FileKey? ImageKey { get; set; }

    /// <summary>Bytes of its file.</summary>
    public long ImageLength { get; set; }

    /// <summary>What its service said of the fault that ended it; null if none did.</summary>
    public ProgramEndRecord? Fault { get; set; }

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

    /// <summary>File operations under way, by the number of the directory or disk.</summary>
    public Dictionary<ulong, HostFileWork> FileWork { get; } = [];

    /// <summary>Standard streams that are read and have not answered, in words; null: none.</summary>
    public string? AwaitedInput => _inputs.Any(input => input.IsReading) ? $"the input of {Spec.Called}" : null;

    /// <summary>Makes the stream that the program's standard input (0), output (1) or error (2) is.</summary>
    /// <param name="descriptor">Which.</param>
    /// <param name="post">Answers the kernel; any thread.</param>
    /// <param name="log">Is given what a stream has thrown, and a sentence that names it.</param>
    public HostStream MakeStream(int descriptor, Action<Completion> post, Action<Exception, string> log)
    {
        var (stream, name) = descriptor switch
        {
            0 => (_input?.Reader.AsStream() ?? Spec.StandardInput, "standard input"),
            1 => (Spec.StandardOutput ?? _output, "standard output"),
            _ => (Spec.StandardError ?? _error, "standard error"),
        };
        bool isShared = descriptor == 2 && (Spec.SharesOutput || (Spec.StandardError is { } error && ReferenceEquals(error, Spec.StandardOutput)));

        // An input that is polled depends on what was written before.
        bool isOrdered = isShared || (descriptor == 0 && stream is IPolledInput);
        return MakeStream(stream, name, isInput: descriptor == 0, isOrdered ? 1 : descriptor, post, log);
    }

    /// <summary>Makes a stream besides the standard ones; null: one that is at its end, or whose output is dropped.</summary>
    public HostStream MakeStream(Stream? stream, bool isInput, Action<Completion> post, Action<Exception, string> log) =>
        MakeStream(stream, isInput ? "a console's input" : "a console's output", isInput, -Streams.Count - 1, post, log);

    private HostStream MakeStream(Stream? stream, string name, bool isInput, int order, Action<Completion> post, Action<Exception, string> log)
    {
        if (!_orders.TryGetValue(order, out var held))
        {
            _orders.Add(order, held = new AsyncLock());
        }

        var made = new HostStream(stream, held, post, Fail, _cancel.Token);
        if (isInput)
        {
            _inputs.Add(made);
        }

        return made;

        void Fail(Exception e)
        {
            string sentence = $"{name} of {Spec.Called} failed: {e.GetType().Name}: {e.Message}";
            if (Interlocked.CompareExchange(ref _streamFailure, new StreamFailureException(sentence, e), null) is null)
            {
                log(e, sentence);
            }
        }
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

        // Input that is asked for and not read yet belongs to the embedding program; output is awaited to its last byte.
        await Task.WhenAll(Streams.Values.Where(s => !_inputs.Contains(s)).Select(s => s.DrainAsync())).ConfigureAwait(false);
        await Task.WhenAll(FileWork.Values.Select(work => work.DrainAsync())).ConfigureAwait(false);
        if (Network is { } network && StopReason is null)
        {
            await network.Host.FlushAsync(Farewell).ConfigureAwait(false);
        }

        if (Fault is { } fault && StopReason is null)
        {
            result = await FaultSymbols.AddAsync(result, fault, this).ConfigureAwait(false);
        }

        Dispose();
        _output?.End();
        _error?.End();
        _completion.TrySetResult((StopReason is { } reason ? EndReport.Stopped(result, this, reason) : result) with
        {
            Program = Spec.Called,
            OutputBytes = _output?.ToArray() ?? default,
            ErrorBytes = _error?.ToArray() ?? default,
            OutputTruncated = _output is { IsTruncated: true } || _error is { IsTruncated: true },
            StreamFailure = _streamFailure,
            ProgramSha256 = Sha256,
            Duration = Stopwatch.GetElapsedTime(_began),
        });
    }

    public void Dispose()
    {
        _deadline?.Dispose();
        Abandon();
        _cancel.Dispose();
        _input?.Reader.Complete();
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

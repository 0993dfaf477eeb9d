using System.Collections.Concurrent;
using System.Diagnostics;
using System.IO.Hashing;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Recording;

/// <summary>
/// Logs all that reaches the kernels of one machine from outside, with its position: between which two slices of the root kernel it came. Nothing
/// reaches a kernel during a slice while it is recorded. Used on the thread that runs the kernels, but for <see cref="InterruptLater"/>.
/// </summary>
internal sealed class Recorder
{
    /// <summary>Virtual instructions of a slice. Live input waits for its end, so it is then shorter than without a recording.</summary>
    private const ulong DeterministicSlice = 1_000_000;
    private const ulong LiveSlice = 200_000;

    /// <summary>Virtual instructions between two digests of the state, at least.</summary>
    private const ulong DigestInterval = 50_000_000;

    /// <summary>Digests with all pages may cost one part in so many of the process's processor time.</summary>
    private const int DigestShare = 100;

    private const int ChunkBytes = 64 << 10;
    private static readonly TimeSpan FlushTime = TimeSpan.FromSeconds(1);

    /// <summary>Buffers of at least so many bytes are written once, however often they come.</summary>
    private const int LeastBlob = 256;

    private readonly RecordingWriter _writer;
    private readonly RecordBuffer _log = new();
    private readonly XxHash64 _inputs = new();
    private readonly ConcurrentQueue<RecordingCpu> _interrupted = new();
    private readonly List<RecordingKernel> _kernels = [];
    private readonly Dictionary<IManagedProgram, RecordedProgram> _programs = new(ReferenceEqualityComparer.Instance);
    private readonly QuietCpu _cpu;
    private long _flushed = Stopwatch.GetTimestamp();
    private TimeSpan _digestedAt = Environment.CpuUsage.TotalTime;
    private TimeSpan _digestPause = TimeSpan.FromSeconds(5);
    private ulong _nextDigest = DigestInterval;
    private ulong _lastHostTime;
    private bool _isOutsideWork = true;
    private int _virtualCpus;

    // Bytes of the log that the digest of all inputs has.
    private int _digested;

    /// <param name="stream">Where the recording goes; it is not closed.</param>
    /// <param name="cpu">The machine's CPU.</param>
    /// <param name="header">What the recording says of itself.</param>
    /// <param name="builds">The kernel and the services.</param>
    public Recorder(Stream stream, QuietCpu cpu, RecordingHeader header, RecordedBuilds builds)
    {
        Builds = builds;
        _writer = new RecordingWriter(stream);
        _cpu = cpu;
        Slice = header.Slice;
        _writer.Begin(header);
    }

    /// <summary>The kernel and the services, of which a replay makes its own.</summary>
    public RecordedBuilds Builds { get; }

    /// <summary>Notes how a replay makes a program that is about to get its cell.</summary>
    public void Describe(IManagedProgram program, RecordedProgram form) => _programs[program] = form;

    /// <summary>How a replay makes a program; unless described, it asks the embedding program for it by the name of its class.</summary>
    /// <exception cref="NotSupportedException">The class has no such name.</exception>
    public RecordedProgram FormOf(IManagedProgram program) => _programs.Remove(program, out var form) ? form : RecordedProgram.Of(program);

    /// <summary>Why the recording ended before the run did; null while it goes on.</summary>
    public Exception? Failure => _writer.Failure;

    /// <summary>Virtual instructions of a slice of the root kernel.</summary>
    public ulong Slice { get; }

    /// <summary>Virtual instructions that the root kernel has charged.</summary>
    public ulong Position { get; private set; }

    /// <summary>True once the end was written.</summary>
    public bool IsFinished { get; private set; }

    /// <summary>Virtual instructions of a slice of an OS object with these options.</summary>
    public static ulong SliceOf(ObjectOsOptions options) => options is { IsDeterministic: true, Trace: null } ? DeterministicSlice : LiveSlice;

    /// <summary>Makes a kernel that is recorded.</summary>
    public RecordingKernel CreateKernel(IKernelFactory factory, ICpu cpu, KernelOptions options)
    {
        var at = cpu as RecordingCpu;
        var made = factory.Create(at?.Inner ?? cpu, options);
        var log = Begin(RecordKind.Kernel);
        log.Number(at is null ? 0 : (ulong)at.VirtualCpu + 1);
        log.Text(factory.Description.Name);
        log.Text(factory.Description.Version);
        log.Number((ulong)options.ObjectLimit);
        log.Number(options.Quantum);
        log.Number(options.Seed);
        log.Number((options.DeterministicCompletions ? 1UL : 0) | (options.PacesIdleTime ? 2UL : 0));
        log.Number(options.CompletionLatency);
        string path = at is null ? "0" : $"{at.Kernel.Path}.{++at.Kernel.Children}";
        var kernel = new RecordingKernel(this, made, _kernels.Count, path);
        _kernels.Add(kernel);
        return kernel;
    }

    /// <summary>Begins a record.</summary>
    public RecordBuffer Begin(RecordKind kind)
    {
        _isOutsideWork |= kind is not (RecordKind.Slice or RecordKind.Request or RecordKind.Completion or RecordKind.Digest);
        _log.Byte((byte)kind);
        return _log;
    }

    /// <summary>Where the log is, and a return to there: a call that was to be recorded has thrown and changed nothing.</summary>
    public int Mark => _log.Length;

    /// <inheritdoc cref="Mark"/>
    public void TakeBack(int mark) => _log.Truncate(mark);

    /// <summary>Writes a buffer to the record, or its number if it is large.</summary>
    public void Source(ReadOnlySpan<byte> source)
    {
        if (source.Length >= LeastBlob && !IsFinished)
        {
            _log.Byte(1);
            _log.Number((ulong)_writer.Blob(source));
        }
        else
        {
            _log.Byte(0);
            _log.Blob(source);
        }
    }

    public int NextVirtualCpu() => _virtualCpus++;

    /// <summary>Interrupts a child's CPU before the next slice. Any thread.</summary>
    public void InterruptLater(RecordingCpu cpu) => _interrupted.Enqueue(cpu);

    public void Completion(RecordingKernel kernel, Completion completion)
    {
        var log = Begin(RecordKind.Completion);
        log.Number((ulong)kernel.Number);
        log.Number(completion.RequestId);
        log.Signed(completion.Result);
        log.Blob(completion.Data.Span);
        log.Number(completion.Delay);
    }

    public void Request(RecordingKernel kernel, HostRequest request)
    {
        var log = Begin(RecordKind.Request);
        log.Number((ulong)kernel.Number);
        RequestRecord.Of(request).Write(log);
    }

    /// <summary>Before a slice of the root kernel.</summary>
    public void BeforeSlice(IKernel root)
    {
        while (_interrupted.TryDequeue(out var cpu))
        {
            Begin(RecordKind.Interrupt).Number((ulong)cpu.VirtualCpu);
            cpu.Inner.Interrupt();
        }

        if (_isOutsideWork)
        {
            Position = root.Statistics.Charged;
            _isOutsideWork = false;
        }
    }

    /// <summary>After a slice of the root kernel.</summary>
    public void AfterSlice(IKernel root, in SliceLimits limits, in SliceResult result)
    {
        if (IsFinished)
        {
            return;
        }

        Position += result.Used;
        var log = Begin(RecordKind.Slice);
        log.Byte((byte)((byte)result.End | (limits.HostTime is null ? 0 : 0x20) | (limits.IdleTime is null ? 0 : 0x40)));
        if (limits.HostTime is { } time)
        {
            log.Number(time - _lastHostTime);
            _lastHostTime = time;
        }
        else if (limits.IdleTime is { } idle)
        {
            log.Number(idle);
        }

        log.Number(result.Used);
        if (Position >= _nextDigest)
        {
            Digest(root, withMemory: Environment.CpuUsage.TotalTime - _digestedAt >= _digestPause);
        }

        if (_log.Length >= ChunkBytes || Stopwatch.GetElapsedTime(_flushed) >= FlushTime)
        {
            FlushLog();
        }
    }

    /// <summary>Writes the end. Nothing is recorded afterwards.</summary>
    public void Finish()
    {
        if (IsFinished || _kernels.Count == 0)
        {
            return;
        }

        if (_isOutsideWork)
        {
            Position = _kernels[0].Inner.Statistics.Charged;
        }

        Digest(_kernels[0].Inner, withMemory: true);
        FlushLog();
        var end = new RecordBuffer();
        end.Number(Position);
        _writer.Chunk(RecordingWriter.EndTag, end.Bytes);
        IsFinished = true;
        _log.Clear();
    }

    private void Digest(IKernel root, bool withMemory)
    {
        var start = Environment.CpuUsage.TotalTime;
        var digest = StateDigest.Of(root, _cpu.Last, InputsSoFar(), withMemory);
        var log = Begin(RecordKind.Digest);
        log.Number(withMemory ? 1UL : 0);
        log.Fixed((ulong)digest);
        log.Fixed((ulong)(digest >> 64));
        _nextDigest = Position + DigestInterval;
        if (withMemory)
        {
            _digestedAt = Environment.CpuUsage.TotalTime;
            _digestPause = (_digestedAt - start) * DigestShare;
        }
    }

    private ulong InputsSoFar()
    {
        _inputs.Append(_log.Bytes[_digested..]);
        _digested = _log.Length;
        return _inputs.GetCurrentHashAsUInt64();
    }

    private void FlushLog()
    {
        if (_log.Length > 0)
        {
            InputsSoFar();
            _writer.Chunk(RecordingWriter.LogTag, _log.Bytes);
            _log.Clear();
            _digested = 0;
            _flushed = Stopwatch.GetTimestamp();
        }
    }
}

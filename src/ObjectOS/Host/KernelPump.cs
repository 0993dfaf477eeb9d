using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Host;

/// <summary>
/// Runs one kernel, slice after slice, on one host thread at a time; everything that touches the kernel is done between slices.
/// </summary>
internal sealed class KernelPump : IAsyncDisposable
{
    /// <summary>Virtual instructions between two looks at what the host wants: some ten milliseconds.</summary>
    private const ulong Slice = 4_000_000;

    /// <summary>The same where every record of a slice is kept until its end.</summary>
    private const ulong TracedSlice = 200_000;

    private readonly IKernel _kernel;
    private readonly TimeProvider? _clock;
    private readonly long _born;
    private readonly Action _afterSlice;
    private readonly ulong _slice;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Lock _commandsRun = new();
    private readonly List<TaskCompletionSource> _settling = [];
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _loop;
    private long _sliceStart;
    private volatile bool _stopping;
    private bool _closed;
    private bool _paused;

    /// <param name="kernel">What to run.</param>
    /// <param name="clock">The clock that guest time follows; null: time is virtual.</param>
    /// <param name="isTraced">True: slices are short, for what they leave behind is kept until their end.</param>
    /// <param name="afterSlice">What to do between slices: take requests, write traces.</param>
    public KernelPump(IKernel kernel, TimeProvider? clock, bool isTraced, Action afterSlice)
    {
        _kernel = kernel;
        _clock = clock;
        _born = clock?.GetTimestamp() ?? 0;
        _slice = isTraced ? TracedSlice : Slice;
        _afterSlice = afterSlice;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends when the kernel has halted, the pump was disposed of, or something failed. Never faults.</summary>
    public Task Completion => _loop;

    /// <summary>Why nothing runs any more where neither a halt nor a disposal ended it; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>How long the slice under way has taken; null between slices. Any thread.</summary>
    public TimeSpan? InSlice => Volatile.Read(ref _sliceStart) is var start and not 0 ? Stopwatch.GetElapsedTime(start) : null;

    /// <summary>True while the kernel does not run.</summary>
    public bool IsPaused
    {
        get => Volatile.Read(ref _paused);
        set
        {
            Volatile.Write(ref _paused, value);
            Wake();
        }
    }

    /// <summary>Does something with the kernel between two slices. After the pump's end the task fails with <see cref="ObjectDisposedException"/>.</summary>
    public Task<T> InvokeAsync<T>(Func<T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue(() =>
        {
            try
            {
                ObjectDisposedException.ThrowIf(_closed, typeof(ObjectOs));
                done.SetResult(action());
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        });
        Wake();
        if (_loop.IsCompleted)
        {
            // The loop has gone, and nothing else will take the command.
            RunCommands();
        }

        return done.Task;
    }

    /// <summary>Ends when the kernel has had nothing left to do, or the pump has ended.</summary>
    public async Task SettleAsync()
    {
        var idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await InvokeAsync(() =>
        {
            _settling.Add(idle);
            return true;
        }).ConfigureAwait(false);
        await Task.WhenAny(idle.Task, _loop).ConfigureAwait(false);
    }

    /// <summary>Tells the kernel, or one under it, the end of a request. Any thread; nothing is told once the pump stops.</summary>
    public void Post(IKernel kernel, Completion completion)
    {
        if (!_stopping)
        {
            kernel.Post(completion);
            _wake.Writer.TryWrite(true);
        }
    }

    /// <summary>Has one more slice run, though the last one may have left nothing to do.</summary>
    public void RunAgain() => _wake.Writer.TryWrite(true);

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        Wake();
        await _loop.ConfigureAwait(false);
        RunCommands();
        lock (_commandsRun)
        {
            _closed = true;
        }
    }

    private void Wake()
    {
        _wake.Writer.TryWrite(true);
        _kernel.Cpu.Interrupt();
    }

    private void RunCommands()
    {
        lock (_commandsRun)
        {
            while (_commands.TryDequeue(out var command))
            {
                command();
            }
        }
    }

    private async Task RunAsync()
    {
        try
        {
            await PumpAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Failure = e;
        }
    }

    private async Task PumpAsync()
    {
        while (!_stopping)
        {
            RunCommands();
            if (IsPaused)
            {
                await _wake.Reader.ReadAsync().ConfigureAwait(false);
                continue;
            }

            ulong? now = _clock is null ? null : (ulong)_clock.GetElapsedTime(_born).Ticks * 100;
            Volatile.Write(ref _sliceStart, Stopwatch.GetTimestamp());
            var result = _kernel.RunSlice(new SliceLimits(_slice, now));
            _afterSlice();
            Volatile.Write(ref _sliceStart, 0);
            if (result.End is SliceEnd.Idle or SliceEnd.AwaitingHost)
            {
                _settling.ForEach(idle => idle.TrySetResult());
                _settling.Clear();
            }

            switch (result.End)
            {
                case SliceEnd.Halted:
                    return;
                case SliceEnd.Idle when result.NextEvent is { } next && now is not null:
                    await WaitAsync(next - now.Value).ConfigureAwait(false);
                    break;
                case SliceEnd.Idle or SliceEnd.AwaitingHost:
                    await _wake.Reader.ReadAsync().ConfigureAwait(false);
                    break;
                default:
                    // Many OS objects share the host's threads.
                    await Task.Yield();
                    break;
            }
        }
    }

    /// <summary>Waits for so many nanoseconds, or until there is something to do.</summary>
    private async ValueTask WaitAsync(ulong nanoseconds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromTicks((long)Math.Min(nanoseconds / 100, 1UL << 40) + 1), _clock!);
        try
        {
            await _wake.Reader.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time has come.
        }
    }
}

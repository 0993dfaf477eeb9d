using System.Collections.Concurrent;
using System.Diagnostics;
using Nito.AsyncEx;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Host;

/// <summary>
/// Runs one kernel, slice after slice, on one host thread at a time; everything that touches the kernel is done between slices.
/// </summary>
internal sealed class KernelPump : IAsyncDisposable
{
    /// <summary>Virtual instructions between two looks at what the host and the kernel want of each other: some two milliseconds.</summary>
    private const ulong Slice = 1_000_000;

    /// <summary>The same where every record of a slice is kept until its end.</summary>
    private const ulong TracedSlice = 200_000;

    private readonly IKernel _kernel;
    private readonly PumpTime _time;
    private readonly TimeProvider _clock;
    private readonly long _born;
    private readonly Action _afterSlice;
    private readonly ulong _slice;
    private readonly bool _isRecorded;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Lock _commandsRun = new();
    private readonly AsyncLocal<CommandScope?> _command = new();
    private readonly List<TaskCompletionSource> _settling = [];
    private readonly AsyncAutoResetEvent _wake = new();
    private readonly Task _loop;
    private long _sliceStart;
    private long _awaitingSince;
    private volatile bool _stopping;
    private bool _closed;
    private bool _paused;

    /// <param name="kernel">What to run.</param>
    /// <param name="time">How guest time goes with the host's.</param>
    /// <param name="clock">The host's clock.</param>
    /// <param name="isTraced">True: slices are short, for what they leave behind is kept until their end.</param>
    /// <param name="recordedSlice">Virtual instructions of a slice where the kernel is recorded: it is then reached between slices only, completions included. Null: it is not recorded.</param>
    /// <param name="afterSlice">What to do between slices: take requests, write traces.</param>
    public KernelPump(IKernel kernel, PumpTime time, TimeProvider clock, bool isTraced, ulong? recordedSlice, Action afterSlice)
    {
        _kernel = kernel;
        _time = time;
        _clock = clock;
        _born = clock.GetTimestamp();
        _slice = recordedSlice ?? (isTraced ? TracedSlice : Slice);
        _isRecorded = recordedSlice is not null;
        _afterSlice = afterSlice;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends when the kernel has halted, the pump was disposed of, or something failed. Never faults.</summary>
    public Task Completion => _loop;

    /// <summary>Why nothing runs any more where neither a halt nor a disposal ended it; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    /// <summary>How long the slice under way has taken; null between slices. Any thread.</summary>
    public TimeSpan? InSlice => Volatile.Read(ref _sliceStart) is var start and not 0 ? Stopwatch.GetElapsedTime(start) : null;

    /// <summary>How long the kernel has waited for an answer of the host that it needs first; null while it does not. Any thread.</summary>
    public TimeSpan? AwaitsHostFor => Volatile.Read(ref _awaitingSince) is var start and not 0 ? Stopwatch.GetElapsedTime(start) : null;

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
    /// <exception cref="InvalidOperationException">It is called from inside such an action, for whose end it would wait.</exception>
    public Task<T> InvokeAsync<T>(Func<T> action)
    {
        ThrowIfInCommand();
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

    /// <summary>Refuses a call that would wait for the end of the action that makes it.</summary>
    /// <exception cref="InvalidOperationException">An action of <see cref="InvokeAsync"/> is under way here.</exception>
    public void ThrowIfInCommand()
    {
        if (_command.Value is { IsOpen: true })
        {
            throw new InvalidOperationException("The OS object is called from inside InvokeAsync, whose end the call would wait for; return from the action first.");
        }
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
        if (_stopping)
        {
            return;
        }

        if (_isRecorded)
        {
            _commands.Enqueue(() => kernel.Post(completion));
        }
        else
        {
            kernel.Post(completion);
        }

        _wake.Set();
    }

    /// <summary>Has one more slice run, though the last one may have left nothing to do.</summary>
    public void RunAgain() => _wake.Set();

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
        _wake.Set();
        _kernel.Cpu.Interrupt();
    }

    private void RunCommands()
    {
        lock (_commandsRun)
        {
            while (_commands.TryDequeue(out var command))
            {
                var scope = new CommandScope();
                _command.Value = scope;
                command();
                scope.IsOpen = false;
                _command.Value = null;
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
        long idleSince = 0;
        while (!_stopping)
        {
            RunCommands();
            if (IsPaused)
            {
                await _wake.WaitAsync().ConfigureAwait(false);
                idleSince = 0;
                continue;
            }

            Volatile.Write(ref _sliceStart, Stopwatch.GetTimestamp());
            Volatile.Write(ref _awaitingSince, 0);
            var result = _kernel.RunSlice(Limits(idleSince));
            _afterSlice();
            Volatile.Write(ref _sliceStart, 0);
            if (result.End is SliceEnd.Idle or SliceEnd.AwaitingHost)
            {
                _settling.ForEach(idle => idle.TrySetResult());
                _settling.Clear();
            }

            idleSince = result.End == SliceEnd.Idle ? _clock.GetTimestamp() : 0;
            switch (result.End)
            {
                case SliceEnd.Halted:
                    return;
                case SliceEnd.Idle when result.IdleFor is { } time:
                    await WaitAsync(time).ConfigureAwait(false);
                    break;
                case SliceEnd.AwaitingHost:
                    Volatile.Write(ref _awaitingSince, Stopwatch.GetTimestamp());
                    await _wake.WaitAsync().ConfigureAwait(false);
                    break;
                case SliceEnd.Idle:
                    await _wake.WaitAsync().ConfigureAwait(false);
                    break;
                default:
                    // Many OS objects share the host's threads.
                    await Task.Yield();
                    break;
            }
        }
    }

    private SliceLimits Limits(long idleSince) => _time switch
    {
        PumpTime.Host => new SliceLimits(_slice, HostTime: Nanoseconds(_clock.GetElapsedTime(_born))),
        PumpTime.Paced => new SliceLimits(_slice, IdleTime: idleSince == 0 ? 0 : Nanoseconds(_clock.GetElapsedTime(idleSince))),
        _ => new SliceLimits(_slice),
    };

    private static ulong Nanoseconds(TimeSpan time) => (ulong)time.Ticks * 100;

    /// <summary>Waits for so many nanoseconds, or until there is something to do.</summary>
    private async ValueTask WaitAsync(ulong nanoseconds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromTicks((long)Math.Min(nanoseconds / 100, 1UL << 40) + 1), _clock);
        try
        {
            await _wake.WaitAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The time has come.
        }
    }

    /// <summary>One action between slices, as the code sees it that the action calls.</summary>
    private sealed class CommandScope
    {
        public volatile bool IsOpen = true;
    }
}

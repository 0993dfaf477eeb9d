using System.Collections.Concurrent;
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

    private readonly IKernel _kernel;
    private readonly Action<HostRequest> _onRequest;
    private readonly ConcurrentQueue<Action> _commands = new();
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task _loop;
    private volatile bool _stopping;
    private bool _paused;

    public KernelPump(IKernel kernel, Action<HostRequest> onRequest)
    {
        _kernel = kernel;
        _onRequest = onRequest;
        _loop = Task.Run(RunAsync);
    }

    /// <summary>Ends when the kernel has halted or the pump was disposed of.</summary>
    public Task Completion => _loop;

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

    /// <summary>Does something with the kernel between two slices.</summary>
    /// <exception cref="ObjectDisposedException">The pump has stopped.</exception>
    public Task<T> InvokeAsync<T>(Func<IKernel, T> action)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _commands.Enqueue(() =>
        {
            try
            {
                done.SetResult(action(_kernel));
            }
            catch (Exception e) when (e is not OutOfMemoryException)
            {
                done.SetException(e);
            }
        });
        Wake();
        if (_loop.IsCompleted)
        {
            // The loop has gone: nothing runs beside this any more, and nothing else will take the command.
            RunCommands();
        }

        return done.Task;
    }

    public void Post(Completion completion)
    {
        _kernel.Post(completion);
        _wake.Writer.TryWrite(true);
    }

    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        Wake();
        await _loop.ConfigureAwait(false);
        RunCommands();
    }

    private void Wake()
    {
        _wake.Writer.TryWrite(true);
        _kernel.Cpu.Interrupt();
    }

    private void RunCommands()
    {
        while (_commands.TryDequeue(out var command))
        {
            command();
        }
    }

    private async Task RunAsync()
    {
        while (!_stopping)
        {
            RunCommands();
            if (IsPaused)
            {
                await _wake.Reader.ReadAsync().ConfigureAwait(false);
                continue;
            }

            var result = _kernel.RunSlice(new SliceLimits(Slice));
            while (_kernel.TryTakeRequest(out var request))
            {
                _onRequest(request);
            }

            switch (result.End)
            {
                case SliceEnd.Halted:
                    return;
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
}

using Nito.AsyncEx;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// A stream of the host for guests: requests are carried out one after the other and answered to the kernel. Once its job is
/// cancelled, nothing waits for the stream any more: the request under way is answered as failed, whether the stream ever answers or not.
/// </summary>
/// <param name="stream">The stream; null: one that is at its end, or whose output is dropped.</param>
/// <param name="order">Held while a request is carried out. Streams that share it keep the order of their requests.</param>
/// <param name="post">Answers the kernel; any thread.</param>
/// <param name="fail">Called with what the stream has thrown.</param>
/// <param name="cancelled">Cancelled when the job has ended or was abandoned.</param>
internal sealed class HostStream(Stream? stream, AsyncLock order, Action<Completion> post, Action<Exception> fail, CancellationToken cancelled)
{
    private volatile bool _isReading;

    /// <summary>True while the stream is read and has not answered.</summary>
    public bool IsReading => _isReading;

    /// <summary>Ends when all requests so far have been carried out. Never faults.</summary>
    public async Task DrainAsync()
    {
        using (await order.LockAsync().ConfigureAwait(false))
        {
        }
    }

    /// <summary>Begins a request after those under way. Called on the pump's thread only.</summary>
    public void Begin(HostRequest request) => _ = FollowAsync(request);

    private async Task FollowAsync(HostRequest request)
    {
        using var turn = await order.LockAsync().ConfigureAwait(false);
        bool isWrite = request.Kind == HostRequestKind.StreamWrite;
        Completion completion;
        try
        {
            _isReading = !isWrite;
            completion = await (isWrite ? WriteAsync(request) : ReadAsync(request)).WaitAsync(cancelled).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the stream throws, the guest's call ends: a stream of the embedding program may throw anything.
            completion = new Completion(request.Id, -(long)ErrorOf(e, isWrite), default);
            if (!cancelled.IsCancellationRequested)
            {
                fail(e);
            }
        }

        _isReading = false;
        post(completion);
    }

    private static HostError ErrorOf(Exception e, bool isWrite) => !isWrite ? HostError.InputOutput
        : e is IOException { HResult: (int)HostError.NoSpace } ? HostError.NoSpace
        : HostError.BrokenPipe;

    private async Task<Completion> WriteAsync(HostRequest request)
    {
        if (stream is not null)
        {
            await LeaveThePumpAsync().ConfigureAwait(false);
            await stream.WriteAsync(request.Data, cancelled).ConfigureAwait(false);
            await stream.FlushAsync(cancelled).ConfigureAwait(false);
        }

        return new Completion(request.Id, request.Data.Length, default);
    }

    private async Task<Completion> ReadAsync(HostRequest request)
    {
        if (stream is null)
        {
            return new Completion(request.Id, 0, default);
        }

        if (stream is IPolledInput polled)
        {
            return Poll(polled, request);
        }

        await LeaveThePumpAsync().ConfigureAwait(false);
        var buffer = new byte[Math.Clamp(request.Argument0, 1, 1 << 16)];
        int read = await stream.ReadAsync(buffer, cancelled).ConfigureAwait(false);
        return new Completion(request.Id, read, buffer.AsMemory(0, read));
    }

    private static Completion Poll(IPolledInput input, HostRequest request)
    {
        var bytes = new byte[Math.Clamp(request.Argument0, 1, 1 << 16)];
        int? read = input.Poll(bytes);
        return read is { } count ? new Completion(request.Id, count, bytes.AsMemory(0, count)) : new Completion(request.Id, -(long)HostError.TryAgain, default);
    }

    /// <summary>A stream that blocks its caller must not hold up the other cells.</summary>
    private async ValueTask LeaveThePumpAsync()
    {
        if (stream is not BoundedCapture)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }
    }
}

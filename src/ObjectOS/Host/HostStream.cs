using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// A stream of the host for guests: requests are carried out one after the other, their ends told to the kernel. Once its job is
/// cancelled nothing waits for the stream any more: what is under way is told to have failed, whether the stream ever answers or not.
/// </summary>
internal sealed class HostStream(Stream? stream, Action<Completion> post, CancellationToken cancelled)
{
    /// <summary>Ends when all that was asked for so far has been done. Never faults.</summary>
    public Task Drained { get; private set; } = Task.CompletedTask;

    /// <summary>Begins a request behind those under way. Called on the pump's thread only.</summary>
    public void Begin(HostRequest request) => Drained = FollowAsync(Drained, request);

    private async Task FollowAsync(Task previous, HostRequest request)
    {
        await previous.ConfigureAwait(false);
        bool isWrite = request.Kind == HostRequestKind.StreamWrite;
        Completion completion;
        try
        {
            completion = await (isWrite ? WriteAsync(request) : ReadAsync(request)).WaitAsync(cancelled).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever the stream throws, the guest's call ends: a stream of the embedding program may throw anything.
            completion = new Completion(request.Id, -(long)ErrorOf(e, isWrite), default);
        }

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

        await LeaveThePumpAsync().ConfigureAwait(false);
        var buffer = new byte[Math.Clamp(request.Argument0, 1, 1 << 16)];
        int read = await stream.ReadAsync(buffer, cancelled).ConfigureAwait(false);
        return new Completion(request.Id, read, buffer.AsMemory(0, read));
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

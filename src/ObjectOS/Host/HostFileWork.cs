using Nito.AsyncEx;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>File operations of one grant, carried out in order on the host's threads: a slow disk delays only the cells that asked.</summary>
/// <param name="execute">Carries out a request, blocking.</param>
/// <param name="post">Answers the kernel; any thread.</param>
internal sealed class HostFileWork(Func<HostRequest, Completion> execute, Action<Completion> post)
{
    private readonly AsyncLock _order = new();

    /// <summary>Begins a request after those under way. Called on the pump's thread only.</summary>
    public void Begin(HostRequest request) => _ = FollowAsync(request);

    /// <summary>Ends when all requests so far have been carried out. Never faults.</summary>
    public async Task DrainAsync()
    {
        using (await _order.LockAsync().ConfigureAwait(false))
        {
        }
    }

    private async Task FollowAsync(HostRequest request)
    {
        using var turn = await _order.LockAsync().ConfigureAwait(false);
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        Completion completion;
        try
        {
            completion = execute(request);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            completion = new Completion(request.Id, -(long)HostError.InputOutput, default);
        }

        post(completion);
    }
}

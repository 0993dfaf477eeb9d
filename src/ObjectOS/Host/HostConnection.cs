using System.Net.Sockets;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// A connection of the host for guests. What is sent is taken over and written in the background, so that a request that ends for lack of time has sent
/// all or nothing. Used under its owner's lock, but for receiving and sending.
/// </summary>
internal sealed class HostConnection(Socket socket) : IDisposable
{
    private const int MostOutstanding = 1 << 18;

    private readonly Lock _lock = new();
    private Task _written = Task.CompletedTask;
    private long _outstanding;
    private volatile bool _hasFailed;

    /// <summary>Reads come from here.</summary>
    public Socket Socket => socket;

    /// <summary>True once nothing of it is left.</summary>
    public bool IsClosed => socket.SafeHandle.IsClosed;

    /// <summary>Takes bytes over; waits for those before where there are many.</summary>
    /// <exception cref="OperationCanceledException">The time is up, and none was taken.</exception>
    /// <exception cref="SocketException">The other side is gone.</exception>
    public async Task SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellationToken)
    {
        if (Interlocked.Read(ref _outstanding) > MostOutstanding)
        {
            await Last().WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        if (_hasFailed)
        {
            throw new SocketException((int)SocketError.ConnectionReset);
        }

        Interlocked.Add(ref _outstanding, data.Length);
        Follow(async () =>
        {
            await socket.SendAsync(data).ConfigureAwait(false);
            Interlocked.Add(ref _outstanding, -data.Length);
        });
    }

    /// <summary>Closes it; what was taken over is written first, unless it is reset.</summary>
    public void Close(SocketCloseMode mode)
    {
        switch (mode)
        {
            case SocketCloseMode.EndSending:
                Follow(() => ShutDown(SocketShutdown.Send));
                break;
            case SocketCloseMode.Reset:
                Reset();
                break;
            default:
                Follow(() =>
                {
                    socket.Dispose();
                    return Task.CompletedTask;
                });
                break;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();

    private Task ShutDown(SocketShutdown how)
    {
        socket.Shutdown(how);
        return Task.CompletedTask;
    }

    private void Reset()
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The other side was faster.
        }

        socket.Dispose();
    }

    /// <summary>Ends, without a failure, when all that was taken over so far is written.</summary>
    public Task Last()
    {
        lock (_lock)
        {
            return _written;
        }
    }

    private void Follow(Func<Task> work)
    {
        lock (_lock)
        {
            _written = FollowAsync(_written, work);
        }
    }

    private async Task FollowAsync(Task previous, Func<Task> work)
    {
        await previous.ConfigureAwait(false);
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            _hasFailed = true;
        }
    }
}

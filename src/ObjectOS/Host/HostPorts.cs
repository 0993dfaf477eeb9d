using System.Net.Sockets;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>
/// The ports of a network grant of one protocol: carries out requests of <see cref="HostRequestKind"/> for the ports that it names, on the loopback address only. Requests may be
/// begun on one thread at a time; their ends are told from any. Nothing stays open after it is disposed of.
/// </summary>
/// <typeparam name="T">What stands open at a port.</typeparam>
/// <param name="ports">The ports.</param>
/// <param name="post">Tells the kernel the end of a request; any thread.</param>
internal abstract class HostPorts<T>(IReadOnlySet<ushort> ports, Action<Completion> post) : IDisposable
    where T : class, IDisposable
{
    private readonly Dictionary<ulong, T> _open = [];
    private readonly Dictionary<ushort, ulong> _byPort = [];
    private readonly CancellationTokenSource _stopping = new();
    private ulong _lastNumber;

    /// <summary>What is open changes under it.</summary>
    protected Lock Changes { get; } = new();

    protected bool IsDisposed { get; private set; }

    /// <summary>Opens every port, so that one that is taken is known before a machine starts.</summary>
    /// <exception cref="IOException">A port cannot be opened.</exception>
    public void OpenAll()
    {
        foreach (ushort port in ports.Order())
        {
            try
            {
                Open(port);
            }
            catch (SocketException e)
            {
                throw new IOException($"{NameOf(port)}: {e.Message}.", e);
            }
        }
    }

    /// <summary>Begins a request; its end is posted, whatever happens.</summary>
    public void Begin(HostRequest request) => _ = FollowAsync(request);

    /// <summary>Closes everything; what is under way ends with <see cref="HostError.Interrupted"/>.</summary>
    public void Dispose()
    {
        lock (Changes)
        {
            if (IsDisposed)
            {
                return;
            }

            IsDisposed = true;
        }

        _stopping.Cancel();
        lock (Changes)
        {
            foreach (var open in _open.Values)
            {
                open.Dispose();
            }

            _open.Clear();
            CloseRest();
        }

        _stopping.Dispose();
    }

    /// <summary>Of a port that cannot be opened.</summary>
    protected abstract string NameOf(ushort port);

    /// <exception cref="SocketException">The port cannot be had.</exception>
    protected abstract T OpenPort(ushort port);

    /// <summary>Carries out a request; what it throws is an error of the host, or that time is up.</summary>
    protected abstract Task<Completion> PerformAsync(HostRequest request);

    /// <summary>What a socket's error is that is none of permission.</summary>
    protected abstract HostError OtherError { get; }

    /// <summary>Closes what is open besides the ports; under <see cref="Changes"/>.</summary>
    protected virtual void CloseRest()
    {
    }

    /// <summary>A request that opens a port.</summary>
    protected Completion Open(HostRequest request) => new(request.Id, Open(request.Argument0), default);

    /// <summary>What stands open under a number; null: nothing.</summary>
    protected T? Find(ulong number)
    {
        lock (Changes)
        {
            return _open.GetValueOrDefault(number);
        }
    }

    /// <summary>A number that nothing else here has; under <see cref="Changes"/>.</summary>
    protected ulong NextNumber() => ++_lastNumber;

    /// <summary>Cancels after so many milliseconds, and when this is disposed of.</summary>
    protected CancellationTokenSource Limit(ulong milliseconds)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        if (milliseconds <= int.MaxValue)
        {
            limit.CancelAfter((int)Math.Max(milliseconds, 1));
        }

        return limit;
    }

    protected static Completion Failed(HostRequest request, HostError error) => new(request.Id, -(long)error, default);

    private async Task FollowAsync(HostRequest request)
    {
        Completion completion;
        try
        {
            completion = await PerformAsync(request).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            completion = Failed(request, IsDisposed ? HostError.Interrupted : HostError.TryAgain);
        }
        catch (ObjectDisposedException)
        {
            completion = Failed(request, HostError.Interrupted);
        }
        catch (SocketException e)
        {
            completion = Failed(request, e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied ? HostError.AccessDenied : OtherError);
        }

        post(completion);
    }

    private long Open(ulong port)
    {
        if (port > ushort.MaxValue || !ports.Contains((ushort)port))
        {
            return -(long)HostError.AccessDenied;
        }

        lock (Changes)
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            if (!_byPort.TryGetValue((ushort)port, out ulong number))
            {
                var open = OpenPort((ushort)port);
                number = NextNumber();
                _open.Add(number, open);
                _byPort.Add((ushort)port, number);
            }

            return (long)number;
        }
    }
}

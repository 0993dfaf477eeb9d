using System.Net;
using System.Net.Sockets;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Recording;

namespace ObjectOS.Debugging;

/// <summary>
/// Waits for gdb on a port of the host's loopback address (<c>target remote :PORT</c>), one at a time, and lets it stop, step and look at guests at any depth.
/// Guests stand still from their first instruction until a gdb lets them go on. They cannot tell: counts, states and outputs are those of a run without it.
/// </summary>
public sealed class GdbServer : IAsyncDisposable
{
    private readonly TcpListener _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly DebugStops _stops = new();
    private LiveTarget? _live;
    private Task _serving = Task.CompletedTask;

    private GdbServer(TcpListener listener) => _listener = listener;

    /// <summary>Listens.</summary>
    /// <param name="port">A TCP port; 0: one that is free, see <see cref="Port"/>.</param>
    /// <exception cref="IOException">The port cannot be listened on.</exception>
    public static GdbServer Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        try
        {
            listener.Start(1);
        }
        catch (SocketException e)
        {
            listener.Dispose();
            throw new IOException($"port {port} for gdb: {e.Message}", e);
        }

        return new GdbServer(listener);
    }

    /// <summary>Called when gdb wants the guest killed; null: it goes on without gdb. From any thread.</summary>
    public Action? Killed { get; set; }

    /// <summary>The port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Serves a recording until a gdb that was there has left.</summary>
    /// <exception cref="DesyncException">The run differs from the recording.</exception>
    public async Task ServeAsync(Replay replay, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(replay);
        replay.BeginDebugging(_stops);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await ServeOneAsync(new ReplayTarget(replay, _stops), either.Token).ConfigureAwait(false);
    }

    /// <summary>Tells gdb that the guest has ended; it is then left.</summary>
    /// <param name="exitCode">The guest's code.</param>
    public void ReportExit(int exitCode) => _live?.Exit(exitCode);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _live?.Exit(0);
        await Task.WhenAny(_serving, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        await _stopping.CancelAsync().ConfigureAwait(false);
        _listener.Dispose();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stopping.Dispose();
    }

    /// <summary>The CPU that the kernels of an OS object get.</summary>
    internal DebugCpu Attach(RealCpu cpu)
    {
        cpu.Stops = _stops;
        return new DebugCpu(cpu, _stops);
    }

    /// <summary>Serves an OS object whose machine has such a CPU.</summary>
    internal void Begin(ObjectOs os, ICpu cpu)
    {
        if (_live is not null)
        {
            throw new InvalidOperationException("The gdb server has an OS object already; listen on another port for another one.");
        }

        _live = new LiveTarget(os, (DebugCpu)cpu, _stops, () => Killed?.Invoke());
        _live.Begin();
        _serving = ServeAllAsync(_live);
    }

    private async Task ServeAllAsync(LiveTarget target)
    {
        while (!_stopping.IsCancellationRequested)
        {
            await ServeOneAsync(target, _stopping.Token).ConfigureAwait(false);
        }
    }

    private async Task ServeOneAsync(IDebugTarget target, CancellationToken cancellationToken)
    {
        using var client = await _listener.AcceptTcpClientAsync(cancellationToken).ConfigureAwait(false);
        client.NoDelay = true;
        var connection = new GdbConnection(client.GetStream());
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = connection.ReceiveAsync(leaving.Token);
        try
        {
            await new GdbSession(connection, target).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // gdb or the OS object has gone.
            target.Release();
        }

        await leaving.CancelAsync().ConfigureAwait(false);
        client.Close();
        await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}

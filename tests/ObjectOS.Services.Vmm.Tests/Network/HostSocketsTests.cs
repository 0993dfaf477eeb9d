using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ObjectOS.Abi;
using ObjectOS.Host;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>The whole way: a real connection of the host, the host's sockets, the gateway, a guest.</summary>
public sealed class HostSocketsTests
{
    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL)]
    public async Task Publish_LeadsFromARealSocketToAGuest(ulong wait)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(30));
        ushort hostPort = FreePort();
        var completions = Channel.CreateUnbounded<Completion>();
        using var sockets = new HostSockets(new HashSet<ushort> { hostPort }, c => completions.Writer.TryWrite(c));
        sockets.OpenAll();
        var host = new FakeNetworkHost();
        var network = new VirtualSwitch(host);
        var port = network.AddPort()!;
        network.Gateway.Publish(port, new PortGrant(9, hostPort, 80, wait)).Should().BeTrue();
        byte[] fromGuest = [.. Enumerable.Range(0, 70_000).Select(i => (byte)(i * 3))];
        byte[] fromHost = [.. Enumerable.Range(0, 40_000).Select(i => (byte)(i * 5))];
        var peer = new FakePeer(network, port, new Random(1), 0, fromGuest);

        var client = Task.Run(() => TalkAsync(hostPort, fromHost, limit.Token), limit.Token);
        while (!client.IsCompleted || !peer.IsDone)
        {
            limit.IsCancellationRequested.Should().BeFalse($"it comes to its end: {peer}, client {client.Status}, requests {host.Requests.Count}");
            while (host.Requests.TryDequeue(out var request))
            {
                sockets.Begin(request);
            }

            while (completions.Reader.TryRead(out var completion))
            {
                network.OnCompletion(completion.RequestId, completion.Result, completion.Data.Span);
            }

            peer.Run(host.Now);
            host.Now += 100_000;
            if (host.Deadline <= host.Now)
            {
                network.OnDeadline();
            }

            await Task.Delay(1);
        }

        (await client).Should().Equal(fromGuest);
        peer.Received.Should().Equal(fromHost);
    }

    [Fact]
    public async Task Port_ThatWasNotGranted_IsDenied()
    {
        var completions = Channel.CreateUnbounded<Completion>();
        using var sockets = new HostSockets(new HashSet<ushort> { 1 }, c => completions.Writer.TryWrite(c));
        sockets.Begin(new HostRequest(1, HostRequestKind.SocketListen, 0, 8080, 0, 0, 0, default));
        (await completions.Reader.ReadAsync()).Result.Should().Be(-(long)HostError.AccessDenied);
        sockets.Begin(new HostRequest(2, HostRequestKind.SocketReceive, 0, 77, 10, 0, 0, default));
        (await completions.Reader.ReadAsync()).Result.Should().Be(-(long)HostError.InvalidArgument);
    }

    [Fact]
    public async Task Dispose_EndsWhatIsUnderWay()
    {
        ushort port = FreePort();
        var completions = Channel.CreateUnbounded<Completion>();
        var sockets = new HostSockets(new HashSet<ushort> { port }, c => completions.Writer.TryWrite(c));
        sockets.Begin(new HostRequest(1, HostRequestKind.SocketListen, 0, port, 0, 0, 0, default));
        long listener = (await completions.Reader.ReadAsync()).Result;
        sockets.Begin(new HostRequest(2, HostRequestKind.SocketAccept, 0, (ulong)listener, 20, 0, 0, default));
        (await completions.Reader.ReadAsync()).Result.Should().Be(-(long)HostError.TryAgain);
        sockets.Begin(new HostRequest(3, HostRequestKind.SocketAccept, 0, (ulong)listener, ulong.MaxValue, 0, 0, default));
        sockets.Dispose();
        (await completions.Reader.ReadAsync()).Result.Should().Be(-(long)HostError.Interrupted);
        using var client = new TcpClient();
        await FluentActions.Awaiting(() => client.ConnectAsync(IPAddress.Loopback, port)).Should().ThrowAsync<SocketException>();
    }

    private static async Task<byte[]> TalkAsync(int port, byte[] bytes, CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
        var stream = client.GetStream();
        await stream.WriteAsync(bytes, cancellationToken);
        client.Client.Shutdown(SocketShutdown.Send);
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, cancellationToken);
        return received.ToArray();
    }

    private static ushort FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return (ushort)((IPEndPoint)probe.LocalEndpoint).Port;
    }
}

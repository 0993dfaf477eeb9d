using System.Net;
using System.Net.Sockets;
using System.Text;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests;

/// <summary>Published UDP ports, with a guest that sends datagrams back.</summary>
public sealed class MachineDatagramTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TestTime.Seconds(60));

    private static MachineSpec EchoAt(int hostPort) => new()
    {
        Image = Path.Combine(Repository.Root, "images", "netcheck", "netcheck.elf"),
        Arguments = "udp-echo 7",
        Memory = 4.MiB(),
        Network = NetworkMode.User,
        Publish = [new PublishSpec(hostPort, 7, PublishProtocol.Udp)],
        Timeout = TimeSpan.FromMinutes(1),
    };

    public void Dispose() => _limit.Dispose();

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 2)]
    [InlineData(false, 2)]
    public async Task PublishedPort_LeadsDatagramsToTheGuest_AndItsAnswersBack(bool isDeterministic, int depth)
    {
        await using var root = await ObjectOs.BootAsync(o => o.Inputs = isDeterministic ? Inputs.Deterministic : Inputs.Live);
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        int port = FreePort();
        var cell = await os.StartMachineAsync(EchoAt(port));
        using var client = NewClient(port);
        await client.SendAsync(new byte[1473], _limit.Token); // too large: dropped, and nothing else becomes of it
        foreach (int length in (int[])[1, 2, 100, 1471, 1472])
        {
            byte[] sent = [.. Enumerable.Range(length, length).Select(i => (byte)(i * 7))];
            (await ExchangeAsync(client, sent)).Should().Equal(sent);
        }

        (await ExchangeAsync(client, [])).Should().BeEmpty();
        (await cell.Completion).EnsureSuccess().Output.Should().MatchRegex("^address 10\\.0\\.2\\.15\nlistening on 7\nechoed [0-9]+ datagrams\n$");
        (await os.CountTargetsAsync()).Should().Be(0);
        AssertFree(port);
    }

    [Fact]
    public async Task Clients_GetEachTheirOwnAnswers()
    {
        await using var os = await ObjectOs.BootAsync();
        int port = FreePort();
        var cell = await os.StartMachineAsync(EchoAt(port));
        using var alice = NewClient(port);
        using var bob = NewClient(port);
        await ExchangeAsync(alice, "alice, the first"u8.ToArray());
        await ExchangeAsync(bob, "bob, the first"u8.ToArray());
        for (int i = 0; i < 20; i++)
        {
            await Task.WhenAll(ExchangeAsync(alice, Encoding.ASCII.GetBytes($"alice {i}")), ExchangeAsync(bob, Encoding.ASCII.GetBytes($"bob {i}")));
        }

        await ExchangeAsync(bob, []);
        (await cell.Completion).EnsureSuccess();
        foreach (var (client, name) in ((Socket, string)[])[(alice, "alice"), (bob, "bob")])
        {
            while (client.Available > 0)
            {
                var buffer = new byte[2000];
                Encoding.ASCII.GetString(buffer, 0, client.Receive(buffer)).Should().StartWith(name);
            }
        }
    }

    [Fact]
    public async Task MachineThatIsStopped_FreesThePort()
    {
        await using var os = await ObjectOs.BootAsync();
        int port = FreePort();
        for (int i = 0; i < 2; i++)
        {
            var cell = await os.StartMachineAsync(EchoAt(port));
            using var client = NewClient(port);
            (await ExchangeAsync(client, [1, 2, 3])).Should().Equal(1, 2, 3);
            (await cell.StopAsync()).End.Should().Be(RunEnd.Stopped);
            AssertFree(port);
        }

        (await os.CountTargetsAsync()).Should().Be(0);
    }

    [Fact]
    public async Task PortThatIsTaken_FailsBeforeTheStart()
    {
        using var other = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        other.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)other.LocalEndPoint!).Port;
        await using var os = await ObjectOs.BootAsync();
        var spec = EchoAt(port);
        spec = spec with { Publish = [new PublishSpec(FreePort(), 7), .. spec.Publish] };
        await FluentActions.Awaiting(() => os.BootMachineAsync(spec))
            .Should().ThrowAsync<IOException>().WithMessage($"UDP port {port} of the host's loopback address cannot be opened: *");
        (await os.CountTargetsAsync()).Should().Be(0);
        using var listener = new TcpListener(IPAddress.Loopback, spec.Publish[0].HostPort);
        listener.Start();
    }

    [Fact]
    public void Specification_KeepsTheProtocolsApart()
    {
        var spec = EchoAt(8080);
        spec.Problem().Should().BeNull();
        (spec with { Publish = [.. spec.Publish, new PublishSpec(8080, 7)] }).Problem().Should().BeNull("each protocol has its own ports");
        (spec with { Publish = [.. spec.Publish, .. spec.Publish] }).Problem().Should().Be("The host's UDP port 8080 is published twice.");
        (spec with { Publish = [new PublishSpec(8080, 7, (PublishProtocol)2)] }).Problem().Should().Be("The protocol of the ports 8080:7 is 2; Tcp or Udp is wanted.");
    }

    /// <summary>Sends until it comes back: datagrams get lost, and before the guest listens they do.</summary>
    private async Task<byte[]> ExchangeAsync(Socket client, byte[] sent)
    {
        var buffer = new byte[2000];
        while (true)
        {
            await client.SendAsync(sent, _limit.Token);
            using var again = CancellationTokenSource.CreateLinkedTokenSource(_limit.Token);
            again.CancelAfter(1000);
            try
            {
                // What came back late of those before is passed over.
                int received;
                do
                {
                    received = await client.ReceiveAsync(buffer, again.Token);
                }
                while (!buffer.AsSpan(0, received).SequenceEqual(sent));
                return buffer[..received];
            }
            catch (OperationCanceledException) when (!_limit.IsCancellationRequested)
            {
                // Once more.
            }
        }
    }

    private static Socket NewClient(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static void AssertFree(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

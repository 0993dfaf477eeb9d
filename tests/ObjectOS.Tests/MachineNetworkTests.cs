using System.Net;
using System.Net.Sockets;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests;

/// <summary>Operating systems that reach each other, and are reached from the host.</summary>
public sealed class MachineNetworkTests
{
    private static MachineSpec NetCheck(string arguments) => new()
    {
        Image = Path.Combine(Repository.Root, "images", "netcheck", "netcheck.elf"),
        Arguments = arguments,
        Memory = 4.MiB(),
        Network = NetworkMode.User,
        Timeout = TimeSpan.FromMinutes(1),
    };

    [Fact]
    public async Task Guest_TakesAnAddressAndPingsTheGateway()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.BootMachineAsync(NetCheck("ping 10.0.2.2"));
        result.Output.Should().Be("address 10.0.2.15\nreply from 10.0.2.2\n", result.Message);
        result.EnsureSuccess().End.Should().Be(RunEnd.PoweredOff);
        (await os.BootMachineAsync(NetCheck("ping 10.0.2.2"))).Output.Should().Be(result.Output, "the port, and with it the address, is free again");
        (await os.BootMachineAsync(NetCheck("ping 10.0.2.2") with { Network = NetworkMode.None })).Output.Should().Be("netcheck: there is no network card\n");
        (await os.CountTargetsAsync()).Should().Be(0);
    }

    [Fact]
    public async Task Guest_WithALegacyCard_PingsTheGateway()
    {
        await using var os = await ObjectOs.BootAsync();
        var result = await os.BootMachineAsync(NetCheck("ping 10.0.2.2") with { Platform = PlatformDescription.Virt.WithLegacyVirtio() });
        result.EnsureSuccess().Output.Should().Be("address 10.0.2.15\nreply from 10.0.2.2\n");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Guests_OfOneKernel_PingEachOther_TwiceTheSame(int depth)
    {
        var (output, instructions) = await PingAsync(depth);
        output.Should().Be("address 10.0.2.15\nanswered 1\naddress 10.0.2.16\nreply from 10.0.2.15\n");
        (await PingAsync(depth)).Should().Be((output, instructions));
    }

    [Fact]
    public async Task Guests_OfDifferentKernels_DoNotReachEachOther()
    {
        await using var root = await ObjectOs.BootAsync();
        var child = await root.CreateChildAsync();
        await using var other = await ObjectOs.BootAsync();
        root.Pause();
        Cell[] servers = [await root.StartMachineAsync(NetCheck("serve 1")), await root.StartMachineAsync(NetCheck("serve 1"))];
        var stranger = await child.StartMachineAsync(NetCheck("ping 10.0.2.16"));
        root.Resume();
        foreach (var result in (RunResult[])[await stranger.Completion, await other.BootMachineAsync(NetCheck("ping 10.0.2.16"))])
        {
            (result.ExitCode, result.Output).Should().Be((1, "address 10.0.2.15\nnetcheck: nobody has 10.0.2.16\n"), result.Message);
        }

        (await root.BootMachineAsync(NetCheck("ping 10.0.2.16"))).EnsureSuccess();
        (await servers[1].Completion).EnsureSuccess().Output.Should().Be("address 10.0.2.16\nanswered 1\n");
        (await servers[0].Completion).End.Should().Be(RunEnd.Idle, "nobody else is on its network any more");
    }

    [Theory]
    [InlineData(true, 0)]
    [InlineData(false, 0)]
    [InlineData(true, 1)]
    public async Task PublishedPort_LeadsFromTheHostToTheGuest_UntilItsEnd(bool isDeterministic, int depth)
    {
        await using var root = await ObjectOs.BootAsync(o => o.Inputs = isDeterministic ? Inputs.Deterministic : Inputs.Live);
        var os = depth == 0 ? root : await root.CreateChildAsync();
        int port = FreePort();
        var cell = await os.StartMachineAsync(NetCheck("tcp-echo 7") with { Publish = [new PublishSpec(port, 7)] });
        byte[] sent = [.. Enumerable.Range(0, 100_000).Select(i => (byte)(i * 7))];
        (await EchoAsync(port, sent)).Should().Equal(sent);
        (await cell.Completion).EnsureSuccess().Output.Should().Be("address 10.0.2.15\nlistening on 7\nechoed 100000\n");
        (await os.CountTargetsAsync()).Should().Be(0);
        using var client = new TcpClient();
        await FluentActions.Awaiting(() => client.ConnectAsync(IPAddress.Loopback, port)).Should().ThrowAsync<SocketException>("the machine has ended");
    }

    [Fact]
    public async Task PublishedPort_ThatIsTaken_FailsBeforeTheStart()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using var os = await ObjectOs.BootAsync();
        await FluentActions.Awaiting(() => os.BootMachineAsync(NetCheck("tcp-echo 7") with { Publish = [new PublishSpec(port, 7)] }))
            .Should().ThrowAsync<IOException>().WithMessage($"Port {port} of the host's loopback address cannot be listened on: *");
        (await os.CountTargetsAsync()).Should().Be(0);
        listener.Stop();
    }

    [Fact]
    public async Task PublishedPort_ClosesWithAMachineThatIsStopped()
    {
        await using var os = await ObjectOs.BootAsync();
        int port = FreePort();
        var cell = await os.StartMachineAsync(NetCheck("tcp-echo 7") with { Publish = [new PublishSpec(port, 7)] });
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port);
        (await cell.StopAsync()).End.Should().Be(RunEnd.Stopped);
        var read = async () => await client.GetStream().ReadAsync(new byte[1]);
        (await read.Should().ThrowAsync<IOException>()).WithInnerException<SocketException>();
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        listener.Stop();
    }

    [Fact]
    public void Specification_OfAWrongNetwork_IsToldInASentence()
    {
        var spec = NetCheck("");
        (spec with { Publish = [new PublishSpec(8080, 80)], Network = NetworkMode.None }).Problem().Should().Be("Ports are published, and the machine has no network; the network User is wanted.");
        (spec with { Publish = [new PublishSpec(0, 80)] }).Problem().Should().Be("The ports 0:80 cannot be published; 1 to 65535 are wanted.");
        (spec with { Publish = [new PublishSpec(8080, 65536)] }).Problem().Should().Be("The ports 8080:65536 cannot be published; 1 to 65535 are wanted.");
        (spec with { Publish = [new PublishSpec(8080, 80), new PublishSpec(8080, 81)] }).Problem().Should().Be("The host's port 8080 is published twice.");
        (spec with { Publish = [.. Enumerable.Range(1, 17).Select(i => new PublishSpec(i, 80))] }).Problem().Should().Be("17 ports are published; at most 16 are wanted.");
        (spec with { Network = (NetworkMode)7 }).Problem().Should().Be("Network is 7; None or User is wanted.");
        (spec with { Publish = [new PublishSpec(8080, 80)] }).Problem().Should().BeNull();
    }

    /// <summary>Two machines that start at the same guest time; what they print, and what they execute.</summary>
    private static async Task<(string Output, ulong Instructions)> PingAsync(int depth)
    {
        await using var root = await ObjectOs.BootAsync(o => o.Seed = 5);
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        root.Pause();
        Cell[] cells = [await os.StartMachineAsync(NetCheck("serve 1")), await os.StartMachineAsync(NetCheck("ping 10.0.2.15"))];
        root.Resume();
        RunResult[] results = [(await cells[0].Completion).EnsureSuccess(), (await cells[1].Completion).EnsureSuccess()];
        return (results[0].Output + results[1].Output, results[0].Instructions + results[1].Instructions);
    }

    private static async Task<byte[]> EchoAsync(int port, byte[] sent)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(60));
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
        var stream = client.GetStream();
        var writing = Task.Run(async () =>
        {
            await stream.WriteAsync(sent, limit.Token);
            client.Client.Shutdown(SocketShutdown.Send);
        });
        using var received = new MemoryStream();
        await stream.CopyToAsync(received, limit.Token);
        await writing;
        return received.ToArray();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}

using System.Net.Sockets;
using System.Net;
using ObjectOS.Services.Vmm;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary><c>--publish</c>: what it takes, and that it leads to the machine.</summary>
public sealed class PublishTests
{
    private static string NetCheck => ObjectOS.Tests.Repository.PathOf("images", "netcheck", "netcheck.elf");

    [Theory]
    [InlineData("8080:80", 8080, 80, PublishProtocol.Tcp)]
    [InlineData("8080:80/tcp", 8080, 80, PublishProtocol.Tcp)]
    [InlineData("1:65535/udp", 1, 65535, PublishProtocol.Udp)]
    public void Value_ThatIsRight_IsTaken(string text, int host, int guest, PublishProtocol protocol) =>
        PublishOption.Parse(text).Should().Be(new PublishSpec(host, guest, protocol));

    [Theory]
    [InlineData("80")]
    [InlineData("80/udp")]
    [InlineData(":80/udp")]
    [InlineData("80:/udp")]
    [InlineData("80:80/")]
    [InlineData("80:80/UDP")]
    [InlineData("80:80/sctp")]
    [InlineData("80:80/udp/tcp")]
    [InlineData("80:80/udp/")]
    [InlineData("80/udp:80")]
    [InlineData("80:80:80/udp")]
    [InlineData("0:80/udp")]
    [InlineData("80:0")]
    [InlineData("65536:80/udp")]
    [InlineData("80:65536")]
    [InlineData("-1:80/udp")]
    [InlineData("+80:80")]
    [InlineData("80 :80")]
    [InlineData("0x50:80/udp")]
    public async Task Value_ThatIsWrong_IsToldInASentence(string text)
    {
        var run = await Tool.RunAsync("boot", "--net", "user", "--publish", text);
        (run.ExitCode, run.Text).Should().Be((2, ""));
        run.Error.Should().Be($"objectos: --publish is \"{text}\"; HOSTPORT:GUESTPORT, each from 1 to 65535, with /udp or /tcp or nothing behind it, is wanted\n");
    }

    [Fact]
    public async Task Values_ThatAreTooMany_AreToldInASentence()
    {
        string[] ports = [.. Enumerable.Range(1, 17).SelectMany(i => (string[])["--publish", $"{i}:80/udp"])];
        var run = await Tool.RunAsync(["boot", "--net", "user", .. ports]);
        (run.ExitCode, run.Text, run.Error).Should().Be((2, "", "objectos: --publish is given 17 times; at most 16 ports can lead to a machine\n"));
    }

    [Fact]
    public async Task UdpPort_LeadsToTheMachine()
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(60));
        int port = FreePort();
        var boot = Tool.RunAsync("boot", "--net", "user", "--publish", $"{port}:7/udp", "--memory", "4M", "--timeout", "60", "--append", "udp-echo 7", NetCheck);
        using var client = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        while (!boot.IsCompleted)
        {
            await client.SendAsync(ReadOnlyMemory<byte>.Empty, new IPEndPoint(IPAddress.Loopback, port), limit.Token);
            await Task.WhenAny(boot, Task.Delay(200, limit.Token));
        }

        var run = await boot;
        (run.ExitCode, run.Text, run.Error).Should().Be((0, "address 10.0.2.15\nlistening on 7\nechoed 0 datagrams\n", ""));
        (await client.ReceiveAsync(limit.Token)).Buffer.Should().BeEmpty();
    }

    [Fact]
    public async Task UdpPort_ThatIsTaken_IsToldInASentence()
    {
        using var other = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        int port = ((IPEndPoint)other.Client.LocalEndPoint!).Port;
        var run = await Tool.RunAsync("boot", "--net", "user", "--publish", $"{port}:7/udp", NetCheck);
        (run.ExitCode, run.Text).Should().Be((125, ""));
        run.Error.Should().StartWith($"objectos: UDP port {port} of the host's loopback address cannot be opened: ");
        run.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    private static int FreePort()
    {
        using var probe = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)probe.Client.LocalEndPoint!).Port;
    }
}

using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ObjectOS.Abi;
using ObjectOS.Host;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>The host's side of published UDP ports, with real sockets.</summary>
public sealed class HostDatagramsTests : IDisposable
{
    private readonly Channel<Completion> _completions = Channel.CreateUnbounded<Completion>();
    private readonly ushort _port;
    private readonly HostDatagrams _datagrams;
    private readonly Socket _client = NewClient();
    private ulong _lastId;

    public HostDatagramsTests()
    {
        using (var probe = NewClient())
        {
            _port = (ushort)((IPEndPoint)probe.LocalEndPoint!).Port;
        }

        _datagrams = new HostDatagrams(new HashSet<ushort> { _port }, c => _completions.Writer.TryWrite(c));
    }

    public void Dispose()
    {
        _datagrams.Dispose();
        _client.Dispose();
    }

    [Fact]
    public async Task Datagrams_GoBothWays_WithTheirBounds()
    {
        ulong socket = await OpenAsync();
        Send(new byte[1473]);
        Send([]);
        Send(new byte[1472]);
        var first = await AskAsync(HostRequestKind.DatagramReceive, [], socket, 1472, ulong.MaxValue);
        first.Data.Length.Should().Be(0, "the one before it was too large");
        ulong client = (ulong)first.Result;
        client.Should().Be((0x7f00_0001UL << 16) | (uint)((IPEndPoint)_client.LocalEndPoint!).Port);
        (await AskAsync(HostRequestKind.DatagramReceive, [], socket, 1472, ulong.MaxValue)).Data.Length.Should().Be(1472);
        (await AskAsync(HostRequestKind.DatagramReceive, [], socket, 1472, 20)).Result.Should().Be(-(long)HostError.TryAgain);

        (await AskAsync(HostRequestKind.DatagramSend, [7, 8], socket, client, ulong.MaxValue)).Result.Should().Be(0);
        var buffer = new byte[10];
        _client.Receive(buffer).Should().Be(2);
        buffer[..2].Should().Equal(7, 8);
    }

    [Fact]
    public async Task Datagram_ForSomebodyWhoSentNone_IsDenied()
    {
        ulong socket = await OpenAsync();
        ulong stranger = (0x7f00_0001UL << 16) | (uint)((IPEndPoint)_client.LocalEndPoint!).Port;
        foreach (ulong to in (ulong[])[stranger, 0, ulong.MaxValue, (0x0808_0808UL << 16) | 53])
        {
            (await AskAsync(HostRequestKind.DatagramSend, [1], socket, to, ulong.MaxValue)).Result.Should().Be(-(long)HostError.AccessDenied);
        }

        _client.Available.Should().Be(0);
        (await AskAsync(HostRequestKind.DatagramOpen, [], (ulong)(_port ^ 1))).Result.Should().Be(-(long)HostError.AccessDenied, "that port was not granted");
        (await AskAsync(HostRequestKind.DatagramReceive, [], socket + 1, 10, 1)).Result.Should().Be(-(long)HostError.InvalidArgument);
        (await AskAsync(HostRequestKind.DatagramSend, [], socket + 1, 10, 1)).Result.Should().Be(-(long)HostError.InvalidArgument);
    }

    [Fact]
    public async Task Port_ThatIsTaken_IsToldInASentence()
    {
        using var other = NewClient();
        ushort taken = (ushort)((IPEndPoint)other.LocalEndPoint!).Port;
        using var datagrams = new HostDatagrams(new HashSet<ushort> { taken }, c => _completions.Writer.TryWrite(c));
        FluentActions.Invoking(datagrams.OpenAll).Should().Throw<IOException>().WithMessage($"UDP port {taken} of the host's loopback address cannot be opened: *.");
        datagrams.Begin(new HostRequest(1, HostRequestKind.DatagramOpen, 0, taken, 0, 0, 0, default));
        (await _completions.Reader.ReadAsync()).Result.Should().Be(-(long)HostError.AccessDenied);
    }

    [Fact]
    public async Task Dispose_EndsWhatIsUnderWay_AndFreesThePort()
    {
        ulong socket = await OpenAsync();
        (await OpenAsync()).Should().Be(socket, "it is the grant's, however often it is asked for");
        _datagrams.Begin(new HostRequest(99, HostRequestKind.DatagramReceive, 0, socket, 10, ulong.MaxValue, 0, default));
        _datagrams.Dispose();
        (await _completions.Reader.ReadAsync()).Should().BeEquivalentTo(new { RequestId = 99UL, Result = -(long)HostError.Interrupted });
        (await AskAsync(HostRequestKind.DatagramOpen, [], _port)).Result.Should().Be(-(long)HostError.Interrupted);
        using var again = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        again.Bind(new IPEndPoint(IPAddress.Loopback, _port));
    }

    private static Socket NewClient()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 30_000 };
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private void Send(byte[] data) => _client.SendTo(data, new IPEndPoint(IPAddress.Loopback, _port));

    private async Task<ulong> OpenAsync() => (ulong)(await AskAsync(HostRequestKind.DatagramOpen, [], _port)).Result;

    private async Task<Completion> AskAsync(HostRequestKind kind, byte[] data, ulong argument0, ulong argument1 = 0, ulong argument2 = 0)
    {
        using var limit = new CancellationTokenSource(TestTime.Seconds(30));
        _datagrams.Begin(new HostRequest(++_lastId, kind, 0, argument0, argument1, argument2, 0, data));
        var completion = await _completions.Reader.ReadAsync(limit.Token);
        completion.RequestId.Should().Be(_lastId);
        return completion;
    }
}

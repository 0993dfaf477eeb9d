using ObjectOS.Abi;
using ObjectOS.Services.Vmm;
using Xunit.Abstractions;

namespace ObjectOS.Tests.Vmm.Network;

public sealed class PublishTests(ITestOutputHelper output)
{
    private readonly FakeNetworkHost _host = new();
    private readonly List<byte> _atHost = [];
    private readonly List<SocketCloseMode> _closes = [];
    private byte[] _fromHost = [];
    private int _sent;
    private bool _wantsConnection = true;
    private bool _hostIsSlow;
    private VirtualSwitch _network = null!;

    [Theory]
    [InlineData(0, 1)]
    [InlineData(10, 2)]
    [InlineData(25, 3)]
    [InlineData(25, 4)]
    public void Connection_OverAWireThatLosesAndReorders_CarriesEveryByteBothWays(int loss, int seed)
    {
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        _fromHost = Bytes(random, 100_000);
        byte[] fromGuest = Bytes(random, 50_000);
        var peer = NewPeer(random, loss, fromGuest);
        Run(peer, () => peer.IsDone && _host.Deadline is null);
        peer.Received.Should().Equal(_fromHost);
        _atHost.Should().Equal(fromGuest);
        _closes.Should().Equal(SocketCloseMode.EndSending, SocketCloseMode.Orderly);
        output.WriteLine($"{peer.Segments} segments, {_host.Now / 1_000_000} ms");
    }

    [Fact]
    public void Guest_WithASmallWindow_GetsNoMoreThanItTakes()
    {
        _fromHost = Bytes(new Random(1), 20_000);
        var peer = NewPeer(new Random(1), 0, []);
        peer.Window = 0;
        Run(peer, () => _host.Now > 30_000_000_000);
        peer.Received.Count.Should().BeInRange(1, 61, "a window of nothing is asked about, a byte at a time");
        peer.WasReset.Should().BeFalse();
        peer.Window = 700;
        Run(peer, () => peer.RemoteHasEnded);
        peer.Received.Should().Equal(_fromHost);
    }

    [Fact]
    public void Host_ThatDoesNotRead_ClosesTheGuestsWindow()
    {
        byte[] fromGuest = Bytes(new Random(1), 150_000);
        var peer = NewPeer(new Random(1), 0, fromGuest);
        _hostIsSlow = true;
        Run(peer, () => _host.Now > 20_000_000_000);
        _atHost.Should().BeEmpty();
        _hostIsSlow = false;
        Run(peer, () => peer.IsDone && _host.Deadline is null);
        _atHost.Should().Equal(fromGuest);
    }

    [Fact]
    public void Guest_ThatDoesNotAnswer_CostsTheConnection()
    {
        var peer = NewPeer(new Random(1), 0, []);
        peer.IsSilent = true;
        Run(peer, () => _closes.Count > 0);
        _closes.Should().Equal(SocketCloseMode.Reset);
        _host.Deadline.Should().BeNull();
    }

    [Fact]
    public void Guest_ThatResets_ResetsTheHostsConnection()
    {
        _fromHost = new byte[10_000];
        var peer = NewPeer(new Random(1), 0, new byte[100_000]);
        Run(peer, () => peer.Received.Count > 0);
        for (uint i = 0; i < 20_000; i++)
        {
            // RFC 5961, 3.2: only the very number that is expected counts; the wire is quiet until then.
            peer.Send(4, 0xffff_ff00 + i, []);
        }

        peer.Run(_host.Now);
        _host.Requests.Where(r => r.Kind == HostRequestKind.SocketClose).Should().ContainSingle().Which.Argument1.Should().Be((ulong)SocketCloseMode.Reset);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Connection_SavedAndRestoredAtEachStep_LosesNothing(int seed)
    {
        var random = new Random(seed);
        _fromHost = Bytes(random, 20_000);
        byte[] fromGuest = Bytes(random, 30_000);
        var peer = NewPeer(random, 10, fromGuest);
        Run(peer, () =>
        {
            byte[] state = SwitchTests.Save(_network);
            int requests = _host.Requests.Count;
            var deadline = _host.Deadline;
            _network.Restore(new BinaryReader(new MemoryStream(state)));
            (_host.Requests.Count, _host.Deadline).Should().Be((requests, deadline), "a restore asks the host for nothing");
            SwitchTests.Save(_network).Should().Equal(state);
            return peer.IsDone && _host.Deadline is null;
        });
        peer.Received.Should().Equal(_fromHost);
        _atHost.Should().Equal(fromGuest);
    }

    [Fact]
    public void Restored_Connections_AreResetOnBothSides_IfTheHostHasThemNoMore()
    {
        _fromHost = new byte[10_000];
        var peer = NewPeer(new Random(1), 0, new byte[100_000]);
        Run(peer, () => peer.Received.Count > 0);
        byte[] state = SwitchTests.Save(_network);
        _network.Restore(new BinaryReader(new MemoryStream(state)));
        _host.Requests.Clear();
        _network.LoseHost();
        peer.Run(_host.Now);
        peer.WasReset.Should().BeTrue();
        _host.Requests.Should().Contain(r => r.Kind == HostRequestKind.SocketClose && r.Argument1 == (ulong)SocketCloseMode.Reset);
    }

    [Fact]
    public void Restored_Gateway_WhoseHostIsAnother_ListensAnew_AndTakesConnections()
    {
        _fromHost = Bytes(new Random(2), 5_000);
        _wantsConnection = false;
        var peer = NewPeer(new Random(1), 0, Bytes(new Random(3), 3_000));
        Serve();
        byte[] state = SwitchTests.Save(_network);
        var restored = new VirtualSwitch(new FakeNetworkHost());
        restored.Restore(new BinaryReader(new MemoryStream(state)));
        SwitchTests.Save(restored).Should().Equal(state);
        _host.Requests.Clear();
        _network.Restore(new BinaryReader(new MemoryStream(state)));
        _host.Requests.Should().BeEmpty();
        _network.LoseHost();
        _host.Requests.Should().ContainSingle().Which.Kind.Should().Be(HostRequestKind.SocketListen, "listeners are of the host that was");
        _wantsConnection = true;
        Run(peer, () => peer.IsDone && _host.Deadline is null);
        peer.Received.Should().Equal(_fromHost);
        _atHost.Should().Equal(Bytes(new Random(3), 3_000));
    }

    [Fact]
    public void Host_ThatRefusesRequests_IsAskedAgain()
    {
        _host.RefusesRequests = true;
        _fromHost = [1, 2, 3];
        var peer = NewPeer(new Random(1), 0, [4, 5]);
        _host.RefusesRequests = false;
        Run(peer, () => peer.IsDone);
        peer.Received.Should().Equal(1, 2, 3);
        _atHost.Should().Equal(4, 5);
    }

    private static byte[] Bytes(Random random, int length)
    {
        var bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private FakePeer NewPeer(Random random, int loss, byte[] fromGuest)
    {
        _network = new VirtualSwitch(_host);
        _network.AddPort();
        var port = _network.AddPort()!;
        _network.Gateway.Publish(port, new PortGrant(9, 8080, 80)).Should().BeTrue();
        return new FakePeer(_network, port, random, loss, fromGuest);
    }

    /// <summary>Lets guest time pass, a millisecond at a time.</summary>
    private void Run(FakePeer peer, Func<bool> until)
    {
        for (int i = 0; i < 400_000 && !until(); i++)
        {
            Serve();
            peer.Run(_host.Now);
            _host.Now += 1_000_000;
            if (_host.Deadline <= _host.Now)
            {
                _network.OnDeadline();
            }
        }

        until().Should().BeTrue($"it comes to its end: {peer}, deadline {_host.Deadline}, now {_host.Now}, at host {_atHost.Count}, {string.Join(' ', _closes)}");
    }

    /// <summary>The host: one listener, 1, and one connection, 2.</summary>
    private void Serve()
    {
        for (int count = _host.Requests.Count; count > 0; count--)
        {
            var request = _host.Requests.Dequeue();
            request.Target.Should().Be(9);
            switch (request.Kind)
            {
                case HostRequestKind.SocketListen:
                    request.Argument0.Should().Be(8080);
                    _network.OnCompletion(request.Id, 1, []).Should().BeTrue();
                    break;
                case HostRequestKind.SocketAccept when _wantsConnection:
                    _wantsConnection = false;
                    _network.OnCompletion(request.Id, 2, []).Should().BeTrue();
                    break;
                case HostRequestKind.SocketReceive:
                    int length = (int)Math.Min(request.Argument1, (ulong)(_fromHost.Length - _sent));
                    _sent += length;
                    _network.OnCompletion(request.Id, length, _fromHost.AsSpan(_sent - length, length)).Should().BeTrue();
                    break;
                case HostRequestKind.SocketSend when _hostIsSlow:
                    _network.OnCompletion(request.Id, -(long)HostError.TryAgain, []).Should().BeTrue();
                    break;
                case HostRequestKind.SocketSend:
                    int taken = Math.Min(request.Data.Length, 9000);
                    _atHost.AddRange(request.Data.Span[..taken]);
                    _network.OnCompletion(request.Id, taken, []).Should().BeTrue();
                    break;
                case HostRequestKind.SocketClose:
                    _closes.Add((SocketCloseMode)request.Argument1);
                    _network.OnCompletion(request.Id, 0, []).Should().BeFalse();
                    break;
            }
        }
    }
}

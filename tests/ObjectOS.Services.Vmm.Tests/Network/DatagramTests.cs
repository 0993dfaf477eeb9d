using ObjectOS.Abi;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>Published UDP ports, frame by frame: what the host is asked for, and what guests get.</summary>
public sealed class DatagramTests
{
    private const ulong Target = 9;
    private const ulong Socket = 3;
    private const int GuestPort = 53;
    private static readonly ulong Alice = Client(127, 40_001);
    private static readonly ulong Bob = Client(127, 40_002);

    private readonly FakeNetworkHost _host = new();
    private readonly VirtualSwitch _network;
    private readonly SwitchPort _other;
    private readonly SwitchPort _port;

    public DatagramTests()
    {
        _network = new VirtualSwitch(_host);
        _other = _network.AddPort()!;
        _port = _network.AddPort()!;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(1472)]
    public void Datagram_GoesToTheGuest_AndItsAnswerToTheClient(int length)
    {
        Publish();
        byte[] data = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
        Deliver(Alice, data);
        byte[] frame = Take(_port)!;
        int local = Wire.Read16(frame, 34);
        local.Should().BeGreaterThanOrEqualTo(49152);
        frame.Should().Equal(ToGuest(local, data));
        frame.Length.Should().BeLessThanOrEqualTo(VirtualSwitch.MostInFrame);
        Take(_other).Should().BeNull();

        byte[] answer = [.. data.Reverse()];
        _network.Send(_port, FromGuest(GuestPort, local, answer));
        var sent = _host.Requests.Should().ContainSingle(r => r.Kind == HostRequestKind.DatagramSend).Subject;
        (sent.Target, sent.Argument0, sent.Argument1).Should().Be((Target, Socket, Alice));
        sent.Data.ToArray().Should().Equal(answer);
        Take(_port).Should().BeNull();
    }

    [Fact]
    public void Clients_HaveAPortEach_AndKeepIt()
    {
        Publish();
        int alice = DeliverAndTake(Alice);
        int bob = DeliverAndTake(Bob);
        bob.Should().NotBe(alice);
        DeliverAndTake(Alice).Should().Be(alice);
        SendAndSee(bob).Should().Be(Bob);
        SendAndSee(alice).Should().Be(Alice);
    }

    [Fact]
    public void Datagram_OfAGuest_ToAnybodyElse_IsDropped()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        byte[] udp = Wire.Udp(Wire.Address(1), Wire.GatewayAddress, GuestPort, local, [1]);
        byte[][] frames =
        [
            FromGuest(GuestPort, local + 1, [1]),
            FromGuest(GuestPort, 40_001, [1]),
            FromGuest(GuestPort, 8080, [1]),
            FromGuest(GuestPort + 1, local, [1]),
            Wire.Ip(Wire.Everybody, Wire.Mac(1), 17, Wire.Address(1), Wire.GatewayAddress, udp),
            Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(1), [10, 0, 2, 255], Wire.Udp(Wire.Address(1), [10, 0, 2, 255], GuestPort, local, [1])),
            Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(0), Wire.GatewayAddress, Wire.Udp(Wire.Address(0), Wire.GatewayAddress, GuestPort, local, [1])),
        ];
        foreach (byte[] frame in frames)
        {
            _network.Send(_port, frame);
        }

        _network.Send(_other, Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 17, Wire.Address(0), Wire.GatewayAddress, Wire.Udp(Wire.Address(0), Wire.GatewayAddress, GuestPort, local, [1])));
        _host.Requests.Should().NotContain(r => r.Kind == HostRequestKind.DatagramSend);
        _network.Gateway.Malformed.Should().Be(0);
        Take(_port).Should().BeNull();
    }

    [Fact]
    public void Datagram_WithoutASum_OrWithPaddingBehindIt_IsTaken()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        byte[] udp = Wire.Udp(Wire.Address(1), Wire.GatewayAddress, GuestPort, local, [5, 6]);
        udp[6] = udp[7] = 0;
        _network.Send(_port, [.. Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(1), Wire.GatewayAddress, [.. udp, 7, 7, 7]), 0, 0]);
        _host.Requests.Should().ContainSingle(r => r.Kind == HostRequestKind.DatagramSend).Which.Data.ToArray().Should().Equal(5, 6);
    }

    [Fact]
    public void Datagram_WithAWrongLengthOrSum_IsMalformed()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        byte[] good = Wire.Udp(Wire.Address(1), Wire.GatewayAddress, GuestPort, local, [5, 6]);
        ulong count = 0;
        for (int length = 0; length < good.Length; length++)
        {
            SendPayload(good[..length]);
            _network.Gateway.Malformed.Should().Be(++count, "{0} bytes of it", length);
        }

        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x40;
            SendPayload(bad);
            _network.Gateway.Malformed.Should().Be(++count, "byte {0}", i);
        }

        foreach (int length in (int[])[0, 7, 11, 0xffff])
        {
            byte[] bad = [.. good];
            Wire.Big(length).CopyTo(bad, 4);
            bad[6] = bad[7] = 0;
            SendPayload(bad);
            _network.Gateway.Malformed.Should().Be(++count, "a length of {0}", length);
        }

        _network.Send(_port, Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(1), Wire.GatewayAddress, good, 0x2000));
        _network.Gateway.Malformed.Should().Be(++count, "a fragment");
        _host.Requests.Should().NotContain(r => r.Kind == HostRequestKind.DatagramSend);
    }

    [Fact]
    public void Datagrams_OfAnything_ThrowNothing()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        var random = new Random(12);
        byte[] good = Wire.Udp(Wire.Address(1), Wire.GatewayAddress, GuestPort, local, [5, 6, 7, 8]);
        for (int i = 0; i < TestScale.Of(5000); i++)
        {
            byte[] bytes = [.. good];
            bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            bytes[6] = bytes[7] = 0; // no sum, so that what is behind it is reached
            SendPayload(bytes[..random.Next(bytes.Length + 1)]);
            _port.Clear();
        }

        _host.Requests.Where(r => r.Kind == HostRequestKind.DatagramSend).Should().NotBeEmpty().And.OnlyContain(r => r.Argument1 == Alice && r.Data.Length <= 4);
    }

    [Fact]
    public void Datagram_OfTheHost_ThatIsTooLarge_IsDropped()
    {
        Publish();
        Deliver(Alice, new byte[1473]);
        Take(_port).Should().BeNull();
        DeliverAndTake(Alice).Should().Be(49152, "no client was made of it");
    }

    [Fact]
    public void Clients_ThatAreTooMany_LoseTheLeastRecentlyUsed()
    {
        Publish();
        int[] ports = [.. Enumerable.Range(0, 128).Select(i => DeliverAndTake(Client(127, 1000 + i)))];
        ports.Should().OnlyHaveUniqueItems();
        SendAndSee(ports[0]).Should().Be(Client(127, 1000), "an answer is a use, too");
        DeliverAndTake(Client(127, 1001)).Should().Be(ports[1]);
        int late = DeliverAndTake(Alice);
        ports.Should().NotContain(late);
        SendAndSee(ports[2]).Should().BeNull("it was the least recently used");
        SendAndSee(ports[0]).Should().Be(Client(127, 1000));
        SendAndSee(ports[1]).Should().Be(Client(127, 1001));
        SendAndSee(late).Should().Be(Alice);
        DeliverAndTake(Client(127, 1002)).Should().NotBe(ports[2], "what the guest still answers the old one is nobody's");
    }

    [Fact]
    public void Ports_ThatComeRoundAgain_AreNotThoseInUse()
    {
        Publish();
        int alice = DeliverAndTake(Alice);
        for (int i = 0; i < 17_000; i++)
        {
            DeliverAndTake(Client(126, i)).Should().NotBe(alice);
            if (i % 100 == 0)
            {
                DeliverAndTake(Alice).Should().Be(alice);
            }
        }
    }

    [Fact]
    public void Datagrams_OfAGuest_ThatTheHostDoesNotTake_AreDroppedBeyondTheBound()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        for (int i = 0; i < Gateway.MostSending + 8; i++)
        {
            _network.Send(_port, FromGuest(GuestPort, local, [(byte)i]));
        }

        var sends = _host.Requests.Where(r => r.Kind == HostRequestKind.DatagramSend).ToArray();
        sends.Select(r => (int)r.Data.Span[0]).Should().Equal(Enumerable.Range(0, Gateway.MostSending));
        _network.Gateway.Dropped.Should().Be(8);
        _network.OnCompletion(sends[0].Id, 0, []).Should().BeTrue();
        _network.OnCompletion(sends[1].Id, -(long)HostError.AccessDenied, []).Should().BeTrue("lost is as good as sent");
        for (int i = 0; i < 3; i++)
        {
            _network.Send(_port, FromGuest(GuestPort, local, [99]));
        }

        _network.Gateway.Dropped.Should().Be(9);
        _host.RefusesRequests = true;
        _network.OnCompletion(sends[2].Id, 0, []);
        _network.Send(_port, FromGuest(GuestPort, local, [99]));
        _network.Gateway.Dropped.Should().Be(10, "the kernel's queue is full");
    }

    [Fact]
    public void Datagrams_OfAGuest_WhereManyPortsArePublished_HaveTheirShare()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        for (ushort port = 1; port < 64; port++)
        {
            _network.Gateway.Publish(_other, new PortGrant(Target, port, 80, 1, PublishProtocol.Udp)).Should().BeTrue();
        }

        for (int i = 0; i < 40; i++)
        {
            _network.Send(_port, FromGuest(GuestPort, local, [1]));
        }

        _host.Requests.Count(r => r.Kind == HostRequestKind.DatagramSend).Should().Be(32, "2048 are the switch's, and it has 64 ports");
    }

    [Fact]
    public void Host_ThatHasNothing_IsAskedAgainLater_AndOneThatDenies_NotAgain()
    {
        Publish(wait: 1);
        var asked = Requested(HostRequestKind.DatagramReceive);
        (asked.Argument0, asked.Argument1, asked.Argument2).Should().Be((Socket, 1472UL, 1UL));
        foreach (var error in (HostError[])[HostError.TryAgain, HostError.Interrupted, HostError.InputOutput])
        {
            _network.OnCompletion(asked.Id, -(long)error, []);
            _host.Requests.Should().BeEmpty();
            _host.Deadline.Should().BeGreaterThan(_host.Now);
            _host.Now = _host.Deadline!.Value;
            _network.OnDeadline();
            asked = Requested(HostRequestKind.DatagramReceive);
        }

        _network.OnCompletion(asked.Id, -(long)HostError.AccessDenied, []);
        _host.Requests.Should().BeEmpty();
        _host.Deadline.Should().BeNull();
        _network.Gateway.AwaitsHost.Should().BeFalse();
    }

    [Fact]
    public void Ports_OfTheTwoProtocols_AreTheirOwn()
    {
        Publish();
        _network.Gateway.Publish(_port, new PortGrant(Target, 8080, 80)).Should().BeTrue();
        _network.Gateway.Publish(_other, new PortGrant(Target, 8080, 80, 1, PublishProtocol.Udp)).Should().BeFalse();
        _host.Requests.Should().ContainSingle(r => r.Kind == HostRequestKind.SocketListen);
    }

    [Fact]
    public void Restored_Gateway_WhoseHostIsAnother_OpensAnew_AndKnowsItsClients()
    {
        Publish();
        int alice = DeliverAndTake(Alice);
        int bob = DeliverAndTake(Bob);
        byte[] state = SwitchTests.Save(_network);
        var twin = new VirtualSwitch(new FakeNetworkHost());
        twin.Restore(new BinaryReader(new MemoryStream(state)));
        SwitchTests.Save(twin).Should().Equal(state);

        ulong before = Requested(HostRequestKind.DatagramReceive).Id;
        _host.Requests.Clear();
        _network.Restore(new BinaryReader(new MemoryStream(state)));
        _network.LoseHost();
        _network.OnCompletion(before, (long)Alice, [1]).Should().BeFalse("it was asked for before");
        _network.Send(_port, FromGuest(GuestPort, alice, [1]));
        _network.Gateway.Dropped.Should().Be(1, "there is no socket yet");
        _network.OnCompletion(Requested(HostRequestKind.DatagramOpen).Id, (long)Socket, []);
        SendAndSee(bob).Should().Be(Bob);
        SendAndSee(alice).Should().Be(Alice);
        DeliverAndTake(Client(127, 7)).Should().NotBe(alice).And.NotBe(bob);
    }

    [Fact]
    public void Grant_OfAnUnknownProtocol_IsRefused()
    {
        using var stream = new MemoryStream();
        new PortGrant(1, 2, 3, 4, (PublishProtocol)2).Save(new BinaryWriter(stream));
        stream.Position = 0;
        FluentActions.Invoking(() => PortGrant.Restore(new BinaryReader(stream))).Should().Throw<InvalidDataException>().WithMessage("A published port has the protocol 2; *");
    }

    [Fact]
    public void Machine_ThatHasGone_GetsAndGivesNothing()
    {
        Publish();
        int local = DeliverAndTake(Alice);
        ulong asked = Requested(HostRequestKind.DatagramReceive).Id;
        _network.RemovePort(_port);
        _network.OnCompletion(asked, (long)Alice, [1]).Should().BeFalse();
        var next = _network.AddPort()!;
        next.Index.Should().Be(_port.Index);
        _network.Send(next, FromGuest(GuestPort, local, [1]));
        Take(next).Should().BeNull();
        _host.Requests.Should().BeEmpty();
    }

    private static ulong Client(int firstOfAddress, int port) => ((ulong)firstOfAddress << 40) | (1UL << 16) | (uint)port;

    private static byte[] ToGuest(int local, byte[] data) =>
        Wire.Ip(Wire.Mac(1), Wire.GatewayMac, 17, Wire.GatewayAddress, Wire.Address(1), Wire.Udp(Wire.GatewayAddress, Wire.Address(1), local, GuestPort, data));

    private static byte[] FromGuest(int guestPort, int local, byte[] data) =>
        Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(1), Wire.GatewayAddress, Wire.Udp(Wire.Address(1), Wire.GatewayAddress, guestPort, local, data));

    private static byte[]? Take(SwitchPort port)
    {
        byte[]? frame = port.Next;
        if (frame is not null)
        {
            port.Take();
        }

        return frame;
    }

    private void SendPayload(byte[] payload) => _network.Send(_port, Wire.Ip(Wire.GatewayMac, Wire.Mac(1), 17, Wire.Address(1), Wire.GatewayAddress, payload));

    private void Publish(ulong wait = ulong.MaxValue)
    {
        _network.Gateway.Publish(_port, new PortGrant(Target, 8080, GuestPort, wait, PublishProtocol.Udp)).Should().BeTrue();
        var open = Requested(HostRequestKind.DatagramOpen);
        (open.Target, open.Argument0).Should().Be((Target, 8080UL));
        _network.OnCompletion(open.Id, (long)Socket, []).Should().BeTrue();
        _network.Gateway.AwaitsHost.Should().BeTrue();
    }

    private HostRequest Requested(HostRequestKind kind)
    {
        var request = _host.Requests.Dequeue();
        request.Kind.Should().Be(kind);
        return request;
    }

    private void Deliver(ulong client, byte[] data) => _network.OnCompletion(Requested(HostRequestKind.DatagramReceive).Id, (long)client, data).Should().BeTrue();

    /// <summary>A client sends; the gateway's port that the guest sees.</summary>
    private int DeliverAndTake(ulong client)
    {
        Deliver(client, [1, 2, 3]);
        return Wire.Read16(Take(_port)!, 34);
    }

    /// <summary>The guest sends to a port of the gateway's; the client that the host is to send it to, null: none. What else was asked of the host is kept.</summary>
    private ulong? SendAndSee(int local)
    {
        _network.Send(_port, FromGuest(GuestPort, local, [4]));
        var others = _host.Requests.Where(r => r.Kind != HostRequestKind.DatagramSend).ToArray();
        var sent = _host.Requests.SingleOrDefault(r => r.Kind == HostRequestKind.DatagramSend);
        _host.Requests.Clear();
        Array.ForEach(others, _host.Requests.Enqueue);
        if (sent is not null)
        {
            _network.OnCompletion(sent.Id, 0, []).Should().BeTrue();
        }

        return sent?.Argument1;
    }
}

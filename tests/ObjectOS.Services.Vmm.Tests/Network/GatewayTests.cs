using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Network;

public sealed class GatewayTests
{
    private readonly VirtualSwitch _network = new(new FakeNetworkHost());
    private readonly SwitchPort _first;
    private readonly SwitchPort _second;

    public GatewayTests()
    {
        _first = _network.AddPort()!;
        _second = _network.AddPort()!;
    }

    [Fact]
    public void Arp_ForTheGateway_IsAnswered()
    {
        _network.Send(_first, Convert.FromHexString("ffffffffffff525400123456" + "0806" + "0001080006040001" + "5254001234560a00020f" + "0000000000000a000202"));
        Take(_first).Should().Equal(Convert.FromHexString("52540012345652550a000202" + "0806" + "0001080006040002" + "52550a0002020a000202" + "5254001234560a00020f"));
        Take(_second)![..6].Should().Equal(Wire.Everybody, "a broadcast reaches the neighbour, too");
        _network.Send(_first, Convert.FromHexString("ffffffffffff525400123456" + "0806" + "0001080006040001" + "5254001234560a00020f" + "0000000000000a000203"));
        Take(_first).Should().BeNull();
    }

    [Fact]
    public void Echo_IsAnswered()
    {
        byte[] data = [.. "abcdefghijklmnopqrstuvwabcdefghi"u8];
        _network.Send(_first, Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 1, Wire.Address(0), Wire.GatewayAddress, Wire.Icmp(8, 0, [0, 1, 0, 7], data)));
        Take(_first).Should().Equal(Wire.Ip(Wire.Mac(0), Wire.GatewayMac, 1, Wire.GatewayAddress, Wire.Address(0), Wire.Icmp(0, 0, [0, 1, 0, 7], data)));
        Take(_second).Should().BeNull();
    }

    [Theory]
    [InlineData(1, 15)]
    [InlineData(0, 15)]
    public void Dhcp_GivesEveryPortItsAddress(int flag, int last)
    {
        byte[] flags = [(byte)(flag << 7), 0];
        _network.Send(_first, Dhcp(Wire.Mac(0), flags, [53, 1, 1]));
        Take(_first).Should().Equal(DhcpAnswer(Wire.Mac(0), flags, 2, last));
        _network.Send(_first, Dhcp(Wire.Mac(0), flags, [53, 1, 3, 54, 4, 10, 0, 2, 2, 50, 4, 10, 0, 2, (byte)last]));
        Take(_first).Should().Equal(DhcpAnswer(Wire.Mac(0), flags, 5, last));
        _second.Clear();
        _network.Send(_second, Dhcp(Wire.Mac(1), flags, [53, 1, 1]));
        Take(_second)!.AsSpan(14 + 20 + 8 + 16, 4).ToArray().Should().Equal(10, 0, 2, 16);
    }

    [Fact]
    public void Dhcp_ForAnotherAddress_IsRefused_AndOtherCardsGetOthers()
    {
        _network.Send(_first, Dhcp(Wire.Mac(0), [0, 0], [53, 1, 3, 50, 4, 10, 0, 2, 99]));
        byte[] refusal = Take(_first)!;
        refusal[..6].Should().Equal(Wire.Everybody);
        refusal[14 + 28 + 242].Should().Be(6);
        byte[] odd = [2, 0, 0, 0, 0, 9];
        _network.Send(_first, Dhcp(odd, [0, 0], [0, 53, 1, 1]));
        Take(_first)!.AsSpan(14 + 28 + 16, 4).ToArray().Should().Equal(10, 0, 2, 128);
        _network.Send(_first, Dhcp(Wire.Mac(0), [0, 0], [53, 1, 3, 54, 4, 10, 0, 2, 9, 50, 4, 10, 0, 2, 15]));
        Take(_first).Should().BeNull("it asks another server");
    }

    [Fact]
    public void Dhcp_OtherCardsOfOneMachine_AreBounded_AndEndWithIt()
    {
        for (byte i = 0; i < 200; i++)
        {
            _network.Send(_first, Dhcp([2, 0, 0, 0, 1, i], [0, 0], [53, 1, 1]));
            (Take(_first) is not null).Should().Be(i < 16, "card {0}", i);
        }

        while (Take(_second) is not null)
        {
            // The broadcasts of the other.
        }

        _network.Send(_second, Dhcp([2, 0, 0, 0, 2, 0], [0, 0], [53, 1, 1]));
        Take(_second)!.AsSpan(14 + 28 + 16, 4).ToArray().Should().Equal(10, 0, 2, 128 + 16);
        _network.RemovePort(_first);
        _network.Send(_second, Dhcp([2, 0, 0, 0, 2, 1], [0, 0], [53, 1, 1]));
        Take(_second)!.AsSpan(14 + 28 + 16, 4).ToArray().Should().Equal(10, 0, 2, 128);
    }

    [Fact]
    public void Packet_BeyondTheNetwork_IsRefused()
    {
        byte[] udp = Wire.Udp(Wire.Address(0), [8, 8, 8, 8], 5000, 53, [1, 2, 3]);
        byte[] frame = Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 17, Wire.Address(0), [8, 8, 8, 8], udp);
        _network.Send(_first, frame);
        Take(_first).Should().Equal(Wire.Ip(
            Wire.Mac(0), Wire.GatewayMac, 1, Wire.GatewayAddress, Wire.Address(0), Wire.Icmp(3, 13, [0, 0, 0, 0], frame[14..(14 + 28)])));
        _network.Gateway.Refused.Should().Be(1);
    }

    [Fact]
    public void Tcp_ToTheGateway_IsReset()
    {
        byte[] syn = Wire.Tcp(Wire.Address(0), Wire.GatewayAddress, 40000, 80, 1000, 0, 2, 64240, []);
        _network.Send(_first, Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 6, Wire.Address(0), Wire.GatewayAddress, syn));
        byte[] reset = Wire.Tcp(Wire.GatewayAddress, Wire.Address(0), 80, 40000, 0, 1001, 0x14, 0, []);
        Take(_first).Should().Equal(Wire.Ip(Wire.Mac(0), Wire.GatewayMac, 6, Wire.GatewayAddress, Wire.Address(0), reset));
    }

    [Fact]
    public void Frame_ThatIsMalformed_IsCountedAndNothingElse()
    {
        byte[] good = Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 1, Wire.Address(0), Wire.GatewayAddress, Wire.Icmp(8, 0, [0, 1, 0, 7], [1, 2]));
        ulong count = 0;
        for (int length = 14; length < good.Length; length++)
        {
            _network.Send(_first, good.AsSpan(0, length));
            _network.Gateway.Malformed.Should().Be(++count, "length {0}", length);
        }

        for (int i = 14; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= 0x10;
            _network.Send(_first, bad);
            _network.Gateway.Malformed.Should().Be(++count, "byte {0}", i);
        }

        _network.Send(_first, Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 1, Wire.Address(0), Wire.GatewayAddress, Wire.Icmp(8, 0, [0, 1, 0, 7], [1, 2]), 0x2000));
        _network.Gateway.Malformed.Should().Be(++count, "a fragment");
        _network.Send(_first, new byte[13]);
        _network.Send(_first, new byte[1515]);
        _network.Malformed.Should().Be(2);
        Take(_first).Should().BeNull();
    }

    [Fact]
    public void Frames_OfAnything_ThrowNothing()
    {
        var random = new Random(11);
        byte[][] seeds =
        [
            Dhcp(Wire.Mac(0), [0, 0], [53, 1, 1, 50, 4, 1, 2, 3, 4]),
            Wire.Ip(Wire.GatewayMac, Wire.Mac(0), 6, Wire.Address(0), Wire.GatewayAddress, Wire.Tcp(Wire.Address(0), Wire.GatewayAddress, 1, 2, 3, 4, 18, 5, [1], [2, 4, 5, 180])),
        ];
        for (int i = 0; i < TestScale.Of(5000); i++)
        {
            byte[] frame = [.. seeds[i % seeds.Length]];
            for (int flips = random.Next(6); flips > 0; flips--)
            {
                frame[14 + random.Next(frame.Length - 14)] = (byte)random.Next(256);
            }

            // Right sums, so that what is behind them is reached.
            if (frame.Length >= 34 && (frame[14] & 15) == 5)
            {
                frame[24] = frame[25] = 0;
                Wire.Big(Wire.Checksum(frame[14..34])).CopyTo(frame, 24);
            }

            _network.Send(_first, frame.AsSpan(0, random.Next(8) == 0 ? random.Next(frame.Length) : frame.Length));
            _first.Clear();
            _second.Clear();
        }
    }

    internal static byte[] Dhcp(byte[] mac, byte[] flags, byte[] options)
    {
        byte[] message = [1, 1, 6, 0, 1, 2, 3, 4, 0, 0, .. flags, .. new byte[16], .. mac, .. new byte[10 + 64 + 128], 99, 130, 83, 99, .. options, 255];
        return Wire.Ip(Wire.Everybody, mac, 17, [0, 0, 0, 0], [255, 255, 255, 255], Wire.Udp([0, 0, 0, 0], [255, 255, 255, 255], 68, 67, message));
    }

    private static byte[] DhcpAnswer(byte[] mac, byte[] flags, byte kind, int last)
    {
        byte[] options = [53, 1, kind, 54, 4, 10, 0, 2, 2, 51, 4, 0, 1, 0x51, 0x80, 1, 4, 255, 255, 255, 0, 3, 4, 10, 0, 2, 2, 255];
        byte[] message = [2, 1, 6, 0, 1, 2, 3, 4, 0, 0, .. flags, 0, 0, 0, 0, 10, 0, 2, (byte)last, .. new byte[8], .. mac, .. new byte[10 + 64 + 128], 99, 130, 83, 99, .. options];
        byte[] padded = [.. message, .. new byte[300 - message.Length]];
        bool isBroadcast = flags[0] != 0;
        byte[] to = isBroadcast ? [255, 255, 255, 255] : [10, 0, 2, (byte)last];
        return Wire.Ip(isBroadcast ? Wire.Everybody : mac, Wire.GatewayMac, 17, Wire.GatewayAddress, to, Wire.Udp(Wire.GatewayAddress, to, 67, 68, padded));
    }

    private static byte[]? Take(SwitchPort port)
    {
        byte[]? frame = port.Next;
        if (frame is not null)
        {
            port.Take();
        }

        return frame;
    }
}

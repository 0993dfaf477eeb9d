using ObjectOS.Services.Vmm;
using ObjectOS.Tests.Vmm.Virtio;

namespace ObjectOS.Tests.Vmm.Network;

public sealed class SwitchTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Guests_PingEachOther(bool suspends)
    {
        var network = new VirtualSwitch(new FakeNetworkHost());
        var first = NewGuest(network, suspends);
        var second = NewGuest(network, suspends);
        var third = NewGuest(network, suspends);
        byte[] question = Wire.Ip(Wire.Mac(1), Wire.Mac(0), 1, Wire.Address(0), Wire.Address(1), Wire.Icmp(8, 0, [0, 1, 0, 1], [9, 9]));
        byte[] answer = Wire.Ip(Wire.Mac(0), Wire.Mac(1), 1, Wire.Address(1), Wire.Address(0), Wire.Icmp(0, 0, [0, 1, 0, 1], [9, 9]));

        Send(first, question);
        Receive(second).Should().Equal(question);
        Send(second, answer);
        Receive(first).Should().Equal(answer);
        third.Collect(0).Should().BeNull();
        Load64(first).Should().Be(0x563412005452UL | (1UL << 48), "5.1.4: mac, status");
    }

    [Fact]
    public void Frames_WithoutBuffers_WaitUpToTheBound()
    {
        var network = new VirtualSwitch(new FakeNetworkHost());
        var sender = network.AddPort()!;
        var port = network.AddPort()!;
        var driver = new FakeDriver(new VirtioTransport("net", new NetworkFunction(network, port)), new FakeDeviceHost());
        driver.Start(2, 256);
        for (int i = 0; i < 300; i++)
        {
            network.Send(sender, [.. Wire.Mac(1), .. Wire.Mac(0), 8, 1, (byte)i, 0]);
        }

        port.Dropped.Should().Be(44);
        driver.RunDeadline();
        driver.Add(0, [], [12, 1514]);
        driver.Notify(0);
        driver.Collect(0)!.Value.Length.Should().Be(12 + 16);
        driver.Add(0, [], [20]);
        driver.Add(0, [], [100]);
        driver.Notify(0);
        driver.Collect(0).Should().BeNull("255 frames did not fit into the first buffer");
    }

    [Fact]
    public void Address_OfAPort_CannotBeTaken()
    {
        var network = new VirtualSwitch(new FakeNetworkHost());
        SwitchPort[] ports = [network.AddPort()!, network.AddPort()!, network.AddPort()!];
        network.Send(ports[2], [.. Wire.GatewayMac, .. Wire.Mac(1), 8, 1, 0, 0]);
        network.Send(ports[0], [.. Wire.Mac(1), .. Wire.Mac(0), 8, 1, 0, 0]);
        ports[1].Next.Should().NotBeNull();
        ports[2].Next.Should().BeNull();

        // One's own choice is learned; what nobody knows goes to all.
        byte[] odd = [2, 0, 0, 0, 0, 7];
        network.Send(ports[0], [.. odd, .. Wire.Mac(0), 8, 1, 0, 0]);
        ports[2].Next.Should().NotBeNull();
        ports[2].Clear();
        ports[1].Clear();
        network.Send(ports[2], [.. Wire.GatewayMac, .. odd, 8, 1, 0, 0]);
        network.Send(ports[0], [.. odd, .. Wire.Mac(0), 8, 1, 0, 0]);
        ports[1].Next.Should().BeNull();
        ports[2].Next.Should().NotBeNull();
        network.RemovePort(ports[2]);
        network.AddPort()!.Index.Should().Be(2);
    }

    [Fact]
    public void State_SavedAndRestored_IsTheSame()
    {
        var network = new VirtualSwitch(new FakeNetworkHost());
        var first = network.AddPort()!;
        var second = network.AddPort()!;
        network.Gateway.Publish(second, new PortGrant(1, 8080, 80)).Should().BeTrue();
        network.Gateway.Publish(second, new PortGrant(1, 8080, 81)).Should().BeFalse();
        network.Send(first, GatewayTests.Dhcp([2, 0, 0, 0, 0, 5], [0, 0], [53, 1, 1]));
        byte[] state = Save(network);
        var twin = new VirtualSwitch(new FakeNetworkHost());
        twin.Restore(new BinaryReader(new MemoryStream(state)));
        Save(twin).Should().Equal(state);
        twin.Port(0)!.Next.Should().Equal(first.Next);
    }

    internal static byte[] Save(VirtualSwitch network)
    {
        using var stream = new MemoryStream();
        network.Save(new BinaryWriter(stream));
        return stream.ToArray();
    }

    private static FakeDriver NewGuest(VirtualSwitch network, bool suspends)
    {
        var driver = new FakeDriver(new VirtioTransport("net", new NetworkFunction(network, network.AddPort()!)), new FakeDeviceHost(suspends));
        driver.Start(2, 256);
        for (int i = 0; i < 8; i++)
        {
            driver.Add(0, [], [12, 1514]);
        }

        driver.Notify(0);
        return driver;
    }

    private static void Send(FakeDriver driver, byte[] frame)
    {
        driver.Add(1, [new byte[12], frame], []);
        driver.Notify(1);
        driver.Collect(1).Should().NotBeNull();
    }

    private static byte[] Receive(FakeDriver driver)
    {
        driver.RunDeadline();
        var used = driver.Collect(0)!.Value;
        used.Data[..12].Should().Equal([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0], "5.1.6.4.1: num_buffers is 1");
        return used.Data[12..(int)used.Length];
    }

    private static ulong Load64(FakeDriver driver)
    {
        driver.Device.Read(0x100, 8, out ulong value);
        return value;
    }
}

using ObjectOS.Cpu;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Virtio;

public sealed class TransportTests
{
    private const ulong Version1 = 1UL << 32;

    [Fact]
    public void Registers_AtRest_AreThoseOfTheSpecification()
    {
        var driver = NewDriver();
        driver.Read(0x000).Should().Be(0x74726976, "4.2.2: MagicValue");
        driver.Read(0x004).Should().Be(2);
        driver.Read(0x008).Should().Be(4);
        driver.OfferedFeatures().Should().Be(Version1 | (1UL << 28) | (1UL << 29));
        driver.Read(0x034).Should().Be(64);
        driver.Write(0x030, 1);
        driver.Read(0x034).Should().Be(0, "there is no queue 1");
        driver.Read(0x060).Should().Be(0);
        driver.Read(0x070).Should().Be(0);
        driver.Read(0x0b0).Should().Be(uint.MaxValue, "there is no shared memory");
        driver.Device.Read(0x001, 1, out ulong value).Should().Be(DeviceStatus.Done);
        value.Should().Be(0);
    }

    [Fact]
    public void Slot_WithoutFunction_IsOfType0()
    {
        var driver = new FakeDriver(new VirtioTransport("slot0", null), new FakeDeviceHost());
        driver.Read(0x000).Should().Be(0x74726976);
        driver.Read(0x008).Should().Be(0);
        driver.Write(0x070, 15);
        driver.Write(0x050, 0);
        driver.Read(0x100).Should().Be(0);
        driver.Device.Reset();
    }

    [Theory]
    [InlineData(Version1 | 1, "not offered")]
    public void Handshake_WithFeaturesThatDoNotFit_IsNotAgreed(ulong features, string why)
    {
        var driver = NewDriver();
        driver.Write(0x70, 3);
        driver.Write(0x24, 0);
        driver.Write(0x20, (uint)features);
        driver.Write(0x24, 1);
        driver.Write(0x20, (uint)(features >> 32));
        driver.Write(0x70, 11);
        driver.Read(0x70).Should().Be(3, why);
        driver.Write(0x70, 7);
        driver.Read(0x70).Should().Be(3, "nothing drives without features");
    }

    [Fact]
    public void Interrupt_IsLevel_UntilAcknowledged()
    {
        var driver = NewDriver();
        driver.Start(1);
        driver.Add(0, [], [16]);
        driver.Host.Line.Should().BeFalse();
        driver.Notify(0);
        driver.Host.Line.Should().BeTrue();
        driver.Read(0x60).Should().Be(1);
        driver.Write(0x64, 1);
        driver.Host.Line.Should().BeFalse();
    }

    [Fact]
    public void Interrupt_HeldOffByFlag_DoesNotCome()
    {
        var driver = NewDriver();
        driver.Start(1, without: 1UL << 29);
        driver.StoreWord(FakeDriver.Available(0), 1);
        driver.Add(0, [], [16]);
        driver.Notify(0);
        driver.Collect(0).Should().NotBeNull();
        driver.Host.Line.Should().BeFalse();
    }

    [Fact]
    public void Interrupt_WithEventIndex_ComesAsTheIndexIsPassed()
    {
        var driver = NewDriver();
        driver.Start(1);
        driver.StoreWord(FakeDriver.Available(0) + 4 + (2UL * driver.Size), 2);
        for (int i = 0; i < 3; i++)
        {
            driver.Add(0, [], [16]);
            driver.Notify(0);
            driver.Host.Line.Should().Be(i == 2, "2.7.7.2: used_event is 2");
            driver.LoadWord(FakeDriver.Used(0) + 4 + (8UL * driver.Size)).Should().Be((ushort)(i + 1), "2.7.10: avail_event");
        }
    }

    [Fact]
    public void Reset_ByDriver_ForgetsQueuesAndFeatures()
    {
        var driver = NewDriver();
        driver.Start(1);
        driver.Add(0, [], [16]);
        driver.Notify(0);
        driver.Write(0x70, 0);
        driver.Host.Line.Should().BeFalse();
        driver.Read(0x44).Should().Be(0);
        driver.Start(1);
        driver.Add(0, [], [16]);
        driver.Notify(0);
        driver.Collect(0)!.Value.Length.Should().Be(16);
    }

    [Theory]
    [InlineData(17u, 0u, 0u)]
    [InlineData(128u, 0u, 0u)]
    [InlineData(0u, 0u, 0u)]
    [InlineData(16u, 8u, 0u)]
    [InlineData(16u, 0u, 2u)]
    public void Queue_PlacedAgainstTheRules_IsNotReady(uint size, uint descriptorOffset, uint usedOffset)
    {
        var driver = NewDriver();
        driver.Start(1);
        driver.Write(0x44, 0);
        driver.Write(0x38, size);
        driver.Write(0x80, (uint)FakeDriver.Descriptors(0) + descriptorOffset);
        driver.Write(0xa0, (uint)FakeDriver.Used(0) + usedOffset);
        driver.Write(0x44, 1);
        driver.Read(0x44).Should().Be(0);
        driver.Notify(0);
    }

    [Fact]
    public void Legacy_Queue_LiesWhereTheSpecificationSays()
    {
        var host = new FakeDeviceHost();
        var driver = new FakeDriver(new VirtioTransport("rng", new EntropyFunction(1, "a"), isLegacy: true), host);
        driver.Read(0x004).Should().Be(1);
        driver.OfferedFeatures().Should().Be((1UL << 27) | (1UL << 28) | (1UL << 29));
        driver.Write(0x28, 4096);
        driver.Write(0x70, 3);
        driver.Write(0x20, 0);
        driver.Write(0x38, 8);
        driver.Write(0x3c, 4096);
        driver.Write(0x40, (uint)(FakeDriver.Descriptors(0) / 4096));
        driver.Read(0x40).Should().Be((uint)(FakeDriver.Descriptors(0) / 4096));
        driver.Write(0x70, 7);
        ulong available = FakeDriver.Descriptors(0) + 128;
        driver.WriteDescriptor(FakeDriver.Descriptors(0), FakeDeviceHost.Base + 0x9000, 32, 2, 0);
        driver.StoreWord(available + 2, 1);
        driver.Notify(0);
        ulong used = FakeDriver.Descriptors(0) + 4096;
        driver.LoadWord(used + 2).Should().Be(1);
        driver.LoadWord(used + 8).Should().Be(32);
        driver.Load(FakeDeviceHost.Base + 0x9000, 32).ToArray().Should().NotEqual(new byte[32]);
    }

    [Theory]
    [InlineData(0u, 0u, 0x1000)]
    [InlineData(0u, 64u, 0x4c0)]
    [InlineData(16u, 32u, 0x140)]
    public void Legacy_Queue_WithoutSizeOrAlignment_HasTheCommonOnes(uint size, uint align, int usedOffset)
    {
        var driver = new FakeDriver(new VirtioTransport("rng", new EntropyFunction(1, "a"), isLegacy: true), new FakeDeviceHost(true));
        driver.Write(0x28, 4096);
        driver.Write(0x70, 3);
        foreach (var (register, value) in ((uint, uint)[])[(0x38, size), (0x3c, align)])
        {
            if (value != 0)
            {
                driver.Write(register, value);
            }
        }

        driver.Write(0x40, (uint)(FakeDriver.Descriptors(0) / 4096));
        ulong available = FakeDriver.Descriptors(0) + (16 * (size == 0 ? 64UL : size));
        driver.WriteDescriptor(FakeDriver.Descriptors(0), FakeDeviceHost.Base + 0x9000, 32, 2, 0);
        driver.StoreWord(available + 2, 1);
        driver.Notify(0);
        driver.LoadWord(FakeDriver.Descriptors(0) + (ulong)usedOffset + 2).Should().Be(1, "a queue of {0} aligned to {1}", size, align);
        driver.Write(0x40, 0);
        driver.StoreWord(available + 2, 2);
        driver.Notify(0);
        driver.LoadWord(FakeDriver.Descriptors(0) + (ulong)usedOffset + 2).Should().Be(1, "page 0 takes the queue away");
    }

    [Fact]
    public void State_SavedAndRestored_GoesOn()
    {
        var driver = NewDriver();
        driver.Start(1);
        driver.Add(0, [], [16]);
        driver.Notify(0);
        using var stream = new MemoryStream();
        driver.Device.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var twin = new VirtioTransport("rng", new EntropyFunction(5, "a"));
        twin.Attach(driver.Host);
        twin.Restore(new BinaryReader(stream));
        using var again = new MemoryStream();
        twin.Save(new BinaryWriter(again));
        again.ToArray().Should().Equal(stream.ToArray());
        byte[] memory = [.. driver.Host.Memory];
        driver.Add(0, [], [100]);
        driver.Notify(0);
        byte[] first = [.. driver.Host.Memory];
        Restore(memory, driver);
        driver.StoreWord(FakeDriver.Available(0) + 2, 2);
        Array.Copy(first, 0x1000, driver.Host.Memory, 0x1000, 0x2000);
        driver.Host.Call(() => twin.Write(0x50, 4, 0));
        driver.Host.Memory.Should().Equal(first);
        FluentActions.Invoking(() => twin.Restore(new BinaryReader(new MemoryStream([9, 0, 0, 0])))).Should().Throw<InvalidDataException>();
    }

    private static void Restore(byte[] memory, FakeDriver driver) => memory.CopyTo(driver.Host.Memory, 0);

    private static FakeDriver NewDriver() => new(new VirtioTransport("rng", new EntropyFunction(5, "a")), new FakeDeviceHost());
}

using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Virtio;

public sealed class BlockTests
{
    private const int DiskSize = 1 << 19;

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public void Disk_ReadsWhatIsInTheFile_AndWritesIt(bool suspends, bool indirect)
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite, suspends);
        driver.Add(0, [Header(0, 3)], [512, 1024, 1], indirect);
        driver.Notify(0);
        disk.Serve(driver);
        var used = driver.Collect(0)!.Value;
        used.Length.Should().Be(1537);
        used.Data.Should().Equal([.. disk.Bytes[1536..3072], 0]);

        byte[] wanted = [.. Enumerable.Range(0, 1024).Select(i => (byte)(i * 7))];
        driver.Add(0, [Header(1, 8), wanted[..100], wanted[100..]], [1], indirect);
        driver.Notify(0);
        driver.Collect(0).Should().BeNull("the host has not written yet");
        disk.Serve(driver);
        driver.Collect(0)!.Value.Data.Should().Equal(0);
        disk.Bytes[4096..5120].Should().Equal(wanted);

        driver.Add(0, [Header(4, 0)], [1], indirect);
        driver.Notify(0);
        disk.Serve(driver);
        driver.Collect(0)!.Value.Should().BeEquivalentTo(((ushort)0, 1u, new byte[] { 0 }), o => o.Excluding(m => m.Path == "Item1"));
        disk.Synchronized.Should().Be(1);
        (driver.Host.Suspensions > 20).Should().Be(suspends);
    }

    [Fact]
    public void Configuration_TellsCapacityAndLimits()
    {
        var (driver, _) = NewDisk(BlockPolicy.ReadOnly);
        driver.Read(0x100).Should().Be(DiskSize / 512);
        driver.Read(0x104).Should().Be(0);
        driver.Read(0x10c).Should().Be(126);
        driver.Read(0x114).Should().Be(512);
        driver.Read(0x120).Should().Be(0);
        (driver.OfferedFeatures() & (1 << 5)).Should().NotBe(0UL, "VIRTIO_BLK_F_RO");
    }

    [Theory]
    [InlineData(0u, 1023UL, 1024, 1)]
    [InlineData(0u, 1024UL, 512, 1)]
    [InlineData(0u, ulong.MaxValue, 512, 1)]
    [InlineData(0u, 1UL << 55, 512, 1)]
    [InlineData(0u, 0UL, 100, 1)]
    [InlineData(0u, 1024UL, 0, 0)]
    [InlineData(11u, 0UL, 0, 2)]
    public void Request_OutOfTheOrdinary_EndsWithStatus(uint type, ulong sector, int length, byte status)
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite);
        driver.Add(0, [Header(type, sector)], length == 0 ? [1] : [length, 1]);
        driver.Notify(0);
        driver.Host.Requests.Should().BeEmpty();
        driver.Collect(0)!.Value.Data[^1].Should().Be(status);
        driver.Read(0x70).Should().Be(15);
        disk.Serve(driver);
    }

    [Fact]
    public void Identity_IsAnswered()
    {
        var (driver, _) = NewDisk(BlockPolicy.ReadWrite);
        driver.Add(0, [Header(8, 0)], [20, 1]);
        driver.Notify(0);
        driver.Collect(0)!.Value.Data.Should().Equal([.. Encoding.ASCII.GetBytes("disk0"), .. new byte[16]]);
    }

    [Fact]
    public void Requests_EndingOutOfOrder_AreGivenBackInTheOrderOfTheirEnds()
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite);
        ushort[] heads = [.. Enumerable.Range(0, 4).Select(i => driver.Add(0, [Header(0, (ulong)i)], [512, 1]))];
        driver.Notify(0);
        var requests = driver.Host.Requests.ToArray();
        requests.Should().HaveCount(4);
        foreach (int i in (int[])[2, 0, 3, 1])
        {
            var (result, data) = disk.Execute(requests[i]);
            driver.Complete(requests[i].Id, result, data);
            var used = driver.Collect(0)!.Value;
            used.Head.Should().Be(heads[i]);
            used.Data[..512].Should().Equal(disk.Bytes[(i * 512)..((i + 1) * 512)]);
        }
    }

    [Fact]
    public void LargeRequest_IsDoneInParts()
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite, suspends: true);
        driver.Add(0, [Header(0, 0)], [DiskSize / 2, DiskSize / 4, DiskSize / 4, 1]);
        driver.Notify(0);
        driver.Host.Requests.Should().HaveCount(1);
        disk.Serve(driver);
        driver.Collect(0)!.Value.Data.Should().Equal([.. disk.Bytes, 0]);
    }

    [Fact]
    public void Snapshot_KeepsWrites_AndLeavesTheFile()
    {
        var (driver, disk) = NewDisk(BlockPolicy.Snapshot, suspends: true, limit: 8192);
        byte[] before = [.. disk.Bytes];
        byte[] wanted = [.. Enumerable.Repeat((byte)0xaa, 1024)];
        Do(driver, disk, [Header(1, 7), wanted], [1]).Should().Equal(0);
        disk.Bytes.Should().Equal(before);
        Do(driver, disk, [Header(0, 6)], [2048, 1]).Should().Equal([.. before[3072..3584], .. wanted, .. before[4608..5120], 0]);
        Do(driver, disk, [Header(1, 64), wanted], [1]).Should().Equal([1], "there is no room for a third block");
        Do(driver, disk, [Header(0, 64)], [512, 1]).Should().Equal([.. before[32768..33280], 0]);
        Do(driver, disk, [Header(4, 0)], [1]).Should().Equal(0);

        using var stream = new MemoryStream();
        driver.Device.Save(new BinaryWriter(stream));
        var twin = NewDisk(BlockPolicy.Snapshot, false, 8192).Driver;
        stream.Position = 0;
        twin.Device.Restore(new BinaryReader(stream));
        twin.Start(1);
        twin.Add(0, [Header(0, 7)], [1024, 1]);
        twin.Notify(0);
        twin.Host.Requests.Should().BeEmpty("all of it was written");
        twin.Collect(0)!.Value.Data.Should().Equal([.. wanted, 0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Snapshot_WithMuchToDo_DoesItInSeveralCalls(bool suspends)
    {
        const int size = 4 << 20;
        var function = new BlockFunction(new BlockBackend(7, 3, size, BlockPolicy.Snapshot, size), "disk0");
        var driver = new FakeDriver(new VirtioTransport("disk0", function), new FakeDeviceHost(suspends, 10 << 20));
        driver.Start(1);
        byte[] wanted = [.. Enumerable.Range(0, size).Select(i => (byte)((i * 13) ^ (i >> 11)))];
        driver.Add(0, [Header(1, 0), wanted], [1]);
        driver.Notify(0);
        driver.Collect(0).Should().BeNull("one call does not write all");
        driver.Host.Deadline.Should().Be(driver.Host.Now, "it goes on at once");
        RunAll(3).Data.Should().Equal(0);
        driver.Host.Deadline.Should().BeNull();

        driver.Add(0, [Header(0, 0)], [size, 1]);
        driver.Notify(0);
        driver.Collect(0).Should().BeNull();

        // The rest is done by a device that has nothing but the state.
        using var stream = new MemoryStream();
        driver.Device.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var deadline = driver.Host.Deadline;
        driver.Device.Reset();
        driver.Device.Restore(new BinaryReader(stream));
        driver.Host.Deadline.Should().BeNull("what it has asked for is kept by its machine");
        driver.Host.SetDeadline(deadline);
        RunAll(3).Data.Should().Equal([.. wanted, 0]);
        driver.Host.Requests.Should().BeEmpty();

        (ushort Head, uint Length, byte[] Data) RunAll(int least)
        {
            for (int calls = 1; ; calls++)
            {
                calls.Should().BeLessThan(20);
                driver.RunDeadline();
                if (driver.Collect(0) is { } used)
                {
                    calls.Should().BeGreaterThanOrEqualTo(least);
                    driver.RunDeadline();
                    return used;
                }
            }
        }
    }

    [Fact]
    public void Restored_WithRequestsUnderWay_TakesTheirEnds()
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite);
        driver.Add(0, [Header(0, 1)], [512, 1]);
        driver.Notify(0);
        var request = driver.Host.Requests.Dequeue();
        using var stream = new MemoryStream();
        driver.Device.Save(new BinaryWriter(stream));
        stream.Position = 0;
        driver.Device.Reset();
        driver.Device.Restore(new BinaryReader(stream));
        driver.Complete(request.Id, -(long)HostError.Interrupted, []);
        driver.Host.Requests.Should().HaveCount(1, "what was cut off is asked for again");
        disk.Serve(driver);
        driver.Collect(0)!.Value.Data.Should().Equal([.. disk.Bytes[512..1024], 0]);
    }

    [Fact]
    public void Host_ThatRefuses_IsAskedAgainLater()
    {
        var (driver, disk) = NewDisk(BlockPolicy.ReadWrite);
        driver.Host.RefusesRequests = true;
        driver.Add(0, [Header(0, 1)], [512, 1]);
        driver.Notify(0);
        driver.Host.RefusesRequests = false;
        driver.RunDeadline();
        disk.Serve(driver);
        driver.Collect(0)!.Value.Data[^1].Should().Be(0);
    }

    [Fact]
    public void Host_ThatFails_IsAnIoError()
    {
        var (driver, _) = NewDisk(BlockPolicy.ReadWrite);
        driver.Add(0, [Header(1, 1), new byte[512]], [1]);
        driver.Notify(0);
        driver.Complete(driver.Host.Requests.Dequeue().Id, -(long)HostError.NoSpace, []);
        driver.Collect(0)!.Value.Data.Should().Equal(1);
    }

    private static byte[] Do(FakeDriver driver, FakeDisk disk, byte[][] readable, int[] writable)
    {
        driver.Add(0, readable, writable);
        driver.Notify(0);
        disk.Serve(driver);
        return driver.Collect(0)!.Value.Data;
    }

    internal static byte[] Header(uint type, ulong sector) => [.. BitConverter.GetBytes(type), 0, 0, 0, 0, .. BitConverter.GetBytes(sector)];

    private static (FakeDriver Driver, FakeDisk Disk) NewDisk(BlockPolicy policy, bool suspends = false, ulong limit = 1 << 20)
    {
        var disk = new FakeDisk(DiskSize);
        var function = new BlockFunction(new BlockBackend(7, 3, DiskSize, policy, limit), "disk0");
        var driver = new FakeDriver(new VirtioTransport("disk0", function), new FakeDeviceHost(suspends, 1 << 21));
        driver.Start(1);
        return (driver, disk);
    }
}

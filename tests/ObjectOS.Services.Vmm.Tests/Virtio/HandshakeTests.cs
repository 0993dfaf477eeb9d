using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Virtio;

/// <summary>
/// Drivers that do not initialise a device in the order of VIRTIO 1.2, 3.1.1. The section forbids it to drivers and lets devices take it; kernels that
/// work on the <c>virt</c> board depend on that.
/// </summary>
public sealed class HandshakeTests
{
    private const int DiskSize = 4096;

    public static TheoryData<string> Functions => ["entropy", "console", "block"];

    [Theory]
    [MemberData(nameof(Functions))]
    public void Queue_ReadyBeforeFeaturesOk_Works(string function)
    {
        var driver = NewDriver(function, out int queues);
        driver.Begin();
        driver.Accept(driver.OfferedFeatures());
        driver.PlaceQueues(queues);
        driver.Write(0x70, 11);
        driver.Write(0x70, 15);
        driver.Read(0x70).Should().Be(15);
        UseQueue(driver, function);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public void Queue_ReadyBeforeFeaturesAreWritten_HasTheFeaturesOfDriverOk(string function)
    {
        var driver = NewDriver(function, out int queues);
        driver.Begin();
        driver.PlaceQueues(queues);
        driver.Accept(driver.OfferedFeatures());
        driver.Write(0x70, 15);
        UseQueue(driver, function);
        driver.LoadWord(FakeDriver.Used(queues - 1) + 4 + (8UL * driver.Size)).Should().Be(1, "2.7.10: with the event index the device writes avail_event");
    }

    [Theory]
    [InlineData("entropy", 7u)]
    [InlineData("entropy", 4u)]
    [InlineData("console", 7u)]
    [InlineData("block", 7u)]
    public void Driver_WithoutFeaturesOk_Drives(string function, uint status)
    {
        var driver = NewDriver(function, out int queues);
        driver.Begin();
        driver.PlaceQueues(queues);
        driver.Write(0x70, status);
        driver.Read(0x70).Should().Be(status);
        UseQueue(driver, function);
        driver.LoadWord(FakeDriver.Used(queues - 1) + 4 + (8UL * driver.Size)).Should().Be(0, "the event index was not accepted");
    }

    [Fact]
    public void Features_AfterDriverOkWithoutFeaturesOk_DoNotChange()
    {
        var driver = NewDriver("entropy", out _);
        driver.Begin();
        driver.PlaceQueues(1);
        driver.Write(0x70, 7);
        driver.Accept(driver.OfferedFeatures());
        UseQueue(driver, "entropy");
        driver.LoadWord(FakeDriver.Used(0) + 4 + (8UL * driver.Size)).Should().Be(0, "features are settled at DRIVER_OK");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Notification_BeforeDriverOk_IsServedAtDriverOk(bool isSaved)
    {
        var driver = NewDriver("entropy", out _);
        driver.Begin();
        driver.Accept(driver.OfferedFeatures());
        driver.PlaceQueues(1);
        driver.Add(0, [], [16]);
        driver.Notify(0);
        driver.Collect(0).Should().BeNull("3.1.1: the device is not live before DRIVER_OK");
        driver = isSaved ? Twin(driver) : driver;
        driver.Write(0x70, 15);
        driver.RunDeadline();
        driver.LoadWord(FakeDriver.Used(0) + 2).Should().Be(1);
        driver.Host.Line.Should().BeTrue();
    }

    [Fact]
    public void Notification_BeforeReset_IsForgotten()
    {
        var driver = NewDriver("entropy", out _);
        driver.Begin();
        driver.PlaceQueues(1);
        driver.Notify(0);
        driver.Begin();
        driver.PlaceQueues(1);
        driver.Add(0, [], [16]);
        driver.Write(0x70, 7);
        driver.RunDeadline();
        driver.Collect(0).Should().BeNull();
    }

    private static FakeDriver Twin(FakeDriver driver)
    {
        using var stream = new MemoryStream();
        driver.Device.Save(new BinaryWriter(stream));
        stream.Position = 0;
        var twin = new VirtioTransport("device", new EntropyFunction(5, "a"));
        twin.Attach(driver.Host);
        twin.Restore(new BinaryReader(stream));
        return new FakeDriver(twin, driver.Host, attach: false);
    }

    private static void UseQueue(FakeDriver driver, string function)
    {
        int queue = function == "console" ? 1 : 0;
        driver.Add(queue, function == "entropy" ? [] : function == "console" ? ["hi"u8.ToArray()] : [new byte[16]], function == "entropy" ? [16] : function == "console" ? [] : [512, 1]);
        driver.Notify(queue);
        new FakeDisk(DiskSize).Serve(driver);
        driver.RunDeadline();
        driver.Collect(queue).Should().NotBeNull();
    }

    private static VirtioFunction Make(string function) => function switch
    {
        "entropy" => new EntropyFunction(5, "a"),
        "console" => new ConsoleFunction(new FakeLine()),
        _ => new BlockFunction(new BlockBackend(7, 3, DiskSize, BlockPolicy.ReadWrite, 1 << 20), "disk0"),
    };

    private static FakeDriver NewDriver(string function, out int queues)
    {
        queues = function == "console" ? 2 : 1;
        return new FakeDriver(new VirtioTransport("device", Make(function)), new FakeDeviceHost());
    }
}

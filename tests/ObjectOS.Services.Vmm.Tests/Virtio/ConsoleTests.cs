using System.Text;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Virtio;

public sealed class ConsoleTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Console_PrintsAndTypes(bool suspends)
    {
        var (driver, line) = NewConsole(suspends);
        driver.Add(1, ["hel"u8.ToArray(), "lo"u8.ToArray()], []);
        driver.Add(1, [" world"u8.ToArray()], []);
        driver.Notify(1);
        Encoding.ASCII.GetString([.. line.Printed]).Should().Be("hello world");
        driver.Collect(1)!.Value.Length.Should().Be(0);
        driver.Collect(1).Should().NotBeNull();

        line.Type("0123456789");
        driver.RunDeadline();
        driver.Add(0, [], [4]);
        driver.Add(0, [], [4]);
        driver.Notify(0);
        driver.Collect(0)!.Value.Data.Should().Equal("0123"u8.ToArray());
        driver.Collect(0)!.Value.Data.Should().Equal("4567"u8.ToArray());
        driver.Add(0, [], [4]);
        driver.Notify(0);
        var last = driver.Collect(0)!.Value;
        last.Length.Should().Be(2);
        last.Data[..2].Should().Equal("89"u8.ToArray());
        driver.Add(0, [], [4]);
        driver.Notify(0);
        line.Type("x");
        driver.RunDeadline();
        driver.Collect(0)!.Value.Length.Should().Be(1);
    }

    [Fact]
    public void Console_WithoutRoom_WaitsAndLosesNothing()
    {
        var (driver, line) = NewConsole(true);
        line.Room = 7;
        byte[] text = [.. Enumerable.Range(0, 10_000).Select(i => (byte)i)];
        driver.Add(1, [text], []);
        driver.Notify(1);
        driver.Collect(1).Should().BeNull();
        line.Printed.Should().HaveCount(7);
        line.Room = 5000;
        driver.RunDeadline();
        line.Room = 50000;
        driver.RunDeadline();
        line.Printed.Should().Equal(text);
        driver.Collect(1).Should().NotBeNull();
    }

    [Fact]
    public void Console_AsksForInput_OnlyWhereTheDriverHasABufferForIt()
    {
        var (driver, line) = NewConsole(true);
        driver.Notify(0);
        line.Asked.Should().Be(0);
        driver.Add(0, [], [4]);
        driver.Notify(0);
        line.Asked.Should().Be(1);
        line.Type("ab");
        driver.RunDeadline();
        driver.Collect(0)!.Value.Length.Should().Be(2);
        line.Asked.Should().Be(1, "there is no other buffer");
    }

    [Fact]
    public void Console_TellsItsSize_AndPrintsEmergencyWritesWithoutADriver()
    {
        var line = new FakeLine { Room = 2 };
        var driver = new FakeDriver(new VirtioTransport("console", new ConsoleFunction(line, 132, 43)), new FakeDeviceHost());
        driver.OfferedFeatures().Should().Be((1UL << 32) | (1UL << 28) | (1UL << 29) | 5, "5.3.3: SIZE and EMERG_WRITE");
        driver.Read(0x100).Should().Be(132 | (43 << 16));
        driver.Read(0x108).Should().Be(0);
        driver.Write(0x108, 'a');
        driver.Write(0x100, 'x');
        driver.Write(0x108, 0x1200 | 'b');
        driver.Write(0x108, 'c');
        Encoding.ASCII.GetString([.. line.Printed]).Should().Be("ab", "the third finds no room");
        new ConsoleFunction(new FakeLine()).Offered.Should().Be(4, "a size that is not known is not told");
    }

    private static (FakeDriver, FakeLine) NewConsole(bool suspends)
    {
        var line = new FakeLine();
        var driver = new FakeDriver(new VirtioTransport("console", new ConsoleFunction(line)), new FakeDeviceHost(suspends));
        driver.Start(2);
        return (driver, line);
    }
}

internal sealed class FakeLine : IConsoleLine
{
    private readonly List<byte> _typed = [];
    private IConsoleListener? _listener;
    private int _room = 1 << 20;

    public List<byte> Printed { get; } = [];

    public int Room
    {
        get => _room;
        set
        {
            _room = value;
            _listener?.OnLineChanged();
        }
    }

    public ReadOnlySpan<byte> Typed => _typed.ToArray();

    public void Print(ReadOnlySpan<byte> bytes)
    {
        bytes.Length.Should().BeLessThanOrEqualTo(_room);
        _room -= bytes.Length;
        Printed.AddRange(bytes);
    }

    public void Take(int count) => _typed.RemoveRange(0, count);

    public int Asked { get; private set; }

    public void Ask() => Asked++;

    public void Connect(IConsoleListener listener) => _listener = listener;

    public void Type(string text)
    {
        _typed.AddRange(Encoding.ASCII.GetBytes(text));
        _listener!.OnLineChanged();
    }
}

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>The serial port (PC16550D) on the default board.</summary>
public sealed class UartTests
{
    private const ulong Uart = 0x10000000, Plic = 0xc000000;

    private static VmmHost Machine() =>
        new VmmHost(true, 3).Start(new MachineRequest { Memory = 16 << 20, Harts = 3 }, (MachineFile.Bios, [0x13, 0, 0, 0]));

    [Fact]
    public void Uart_InterruptsThroughThePlic()
    {
        var host = Machine();
        host.Input = "ab"u8.ToArray();
        host.Store(Plic + 40, 1);
        host.Store(Plic + 0x2080, 1 << 10);
        host.Store(Uart + 1, 1, 1);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9);
        host.Load(Plic + 0x201004).Should().Be(10);
        host.Kernel.Harts[0].Lines.Should().Be(0);
        host.Load(Uart + 2, 1).Should().Be(4);
        host.Load(Uart, 1).Should().Be('a');
        host.Store(Plic + 0x201004, 10);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9, "there is more");
        host.Load(Uart, 1).Should().Be('b');
    }

    [Fact]
    public void Uart_RegistersLoopAndClearedFifo()
    {
        var host = Machine();
        host.Input = "kept"u8.ToArray();
        host.Store(Uart + 3, 0x80, 1);
        host.Store(Uart, 0x34, 1);
        host.Store(Uart + 1, 0x12, 1);
        (host.Load(Uart, 1), host.Load(Uart + 1, 1)).Should().Be((0x34UL, 0x12UL));
        host.Store(Uart + 3, 3, 1);
        host.Load(Uart + 1, 1).Should().Be(0, "the divisor latch is another register");
        host.Load(Uart + 2, 1).Should().Be(1);
        host.Store(Uart + 2, 1, 1);
        host.Load(Uart + 2, 1).Should().Be(0xc1);
        host.Store(Uart + 4, 0x1a, 1);
        (host.Load(Uart + 6, 1) & 0xf0).Should().Be(0x90, "OUT2 and RTS come back as DCD and CTS");
        host.Store(Uart, 'l', 1);
        host.Load(Uart, 1).Should().Be('l');
        host.Store(Uart + 4, 0, 1);
        host.Store(Uart + 1, 2, 1);
        host.Load(Uart + 2, 1).Should().Be(0xc2, "enabling the transmitter's interrupt raises it");
        host.Load(Uart + 2, 1).Should().Be(0xc1, "and telling of it ends it");

        host.Store(Uart + 1, 1, 1);
        host.Store(Uart + 2, 3, 1);
        (host.Load(Uart + 5, 1), host.Load(Uart, 1)).Should().Be((0x60UL, 0UL), "the FIFO was cleared");
        host.Pass(200_000);
        (host.Load(Uart + 5, 1), host.Load(Uart, 1)).Should().Be((0x61UL, (ulong)'k'));
    }

    // The engine answers the line status while a read of it has no effect; of those that show that the guest waits for input, one now and then comes to the device.
    [Fact]
    public void Uart_LineStatus_IsAnsweredWhileReadingItHasNoEffect()
    {
        var host = Machine();
        host.AnswersHost = false;
        host.Load(Uart + 5, 1).Should().Be(0x60);
        host.IsAnswered(Uart + 5, 1).Should().BeTrue();
        int reads = 0, requests = host.Kernel.Requests.Count;
        for (; host.Kernel.Requests.Count == requests && reads < 100; reads++)
        {
            host.Kernel.Now += 50_000;
            host.IsAnswered(Uart + 5, 1).Should().BeFalse("so much later a read counts");
            host.Load(Uart + 5, 1);
        }

        reads.Should().Be(15, "the sixteenth read without input asks for some");
        host.Kernel.Now += 1_000_000_000;
        host.IsAnswered(Uart + 5, 1).Should().BeTrue("the console has been asked");
        host.Input = "x"u8.ToArray();
        host.AnswerHost();
        host.Load(Uart + 5, 1).Should().Be(0x61);
        host.Load(Uart, 1).Should().Be('x');
        host.Load(Uart + 5, 1).Should().Be(0x60);
        host.Store(Uart + 4, 0x10, 1);
        host.Store(Uart, 1, 1);
        host.Store(Uart, 2, 1);
        host.IsAnswered(Uart + 5, 1).Should().BeFalse("the read clears the overrun");
        host.Load(Uart + 5, 1).Should().Be(0x63);
        host.Load(Uart + 5, 1).Should().Be(0x61);
        host.IsAnswered(Uart + 5, 1).Should().BeTrue();
    }

    [Fact]
    public void MachineTime_IsAnswered_AlsoAfterAStoreToIt()
    {
        const ulong Time = 0x200bff8;
        var host = Machine();
        host.Kernel.Now = 12_345_678;
        (host.Load(Time, 8), host.Load(Time), host.Load(Time + 4)).Should().Be((123_456, 123_456, 0));
        host.Store(Time + 4, 7);
        host.Load(Time, 8).Should().Be((7UL << 32) + 123_456);
        host.Load(Time + 4).Should().Be(7);
        (host.IsAnswered(Time, 8), host.IsAnswered(Time, 4), host.IsAnswered(Time + 4, 4)).Should().Be((true, true, true));
    }

    [Fact]
    public void Uart_EmptyTransmitterBehindInput_InterruptsOnceTheInputIsRead()
    {
        var host = Machine();
        host.Input = "a"u8.ToArray();
        host.Store(Plic + 40, 1);
        host.Store(Plic + 0x2080, 1 << 10);
        host.Store(Uart + 1, 3, 1);
        host.Load(Plic + 0x201004).Should().Be(10);
        host.Load(Uart + 2, 1).Should().Be(4, "received data comes first");
        host.Store(Uart, 'A', 1);
        host.Load(Uart, 1).Should().Be('a');
        host.Store(Plic + 0x201004, 10);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9, "the transmitter is empty");
        host.Load(Plic + 0x201004).Should().Be(10);
        host.Load(Uart + 2, 1).Should().Be(2);
        host.Store(Plic + 0x201004, 10);
        host.Kernel.Harts[0].Lines.Should().Be(0, "it is told once");
        host.Load(Uart + 2, 1).Should().Be(1);
    }

    [Fact]
    public void Uart_FullFifoInTheLoop_OverrunsAndKeepsWhatItHas()
    {
        var host = Machine();
        host.Store(Uart + 2, 7, 1);
        host.Store(Uart + 4, 0x10, 1);
        for (int i = 0; i < 16; i++)
        {
            host.Store(Uart, (ulong)i, 1);
        }

        host.Load(Uart + 5, 1).Should().Be(0x61, "16 characters fit");
        host.Store(Uart, 99, 1);
        host.Load(Uart + 5, 1).Should().Be(0x63, "the 17th sets OE");
        host.Load(Uart + 5, 1).Should().Be(0x61, "reading the register clears OE");
        Enumerable.Range(0, 16).Select(_ => host.Load(Uart, 1)).Should().Equal(Enumerable.Range(0, 16).Select(i => (ulong?)i), "the FIFO keeps its characters");
        host.Load(Uart + 5, 1).Should().Be(0x60);
    }

    [Fact]
    public void Uart_WithoutFifo_OverrunsAtTheSecondCharacter_AndKeepsTheNewOne()
    {
        var host = Machine();
        host.Store(Uart + 4, 0x10, 1);
        host.Store(Uart, 'a', 1);
        host.Store(Uart, 'b', 1);
        host.Load(Uart + 5, 1).Should().Be(0x63);
        host.Load(Uart, 1).Should().Be('b');
        host.Load(Uart + 5, 1).Should().Be(0x60);
        host.Store(Uart, 'c', 1);
        host.Store(Uart + 2, 1, 1);
        host.Load(Uart + 5, 1).Should().Be(0x60, "a change of the FIFO's mode clears what was received");
    }

    [Fact]
    public void Uart_LineStatusInterrupt_ComesBeforeTheOthers_UntilTheStatusIsRead()
    {
        var host = Machine();
        host.Store(Plic + 40, 1);
        host.Store(Plic + 0x2080, 1 << 10);
        host.Store(Uart + 4, 0x10, 1);
        host.Store(Uart, 'a', 1);
        host.Store(Uart, 'b', 1);
        host.Kernel.Harts[0].Lines.Should().Be(0);
        host.Store(Uart + 1, 5, 1);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9);
        host.Load(Uart + 2, 1).Should().Be(6, "receiver line status has the first priority");
        host.Load(Uart + 5, 1).Should().Be(0x63);
        host.Load(Uart + 2, 1).Should().Be(4, "received data comes next");
    }

    [Fact]
    public void Uart_ModemLinesInTheLoop_TellTheirChanges()
    {
        var host = Machine();
        host.Load(Uart + 6, 1).Should().Be(0xb0, "nothing has changed");
        host.Store(Uart + 4, 0x1f, 1);
        host.Load(Uart + 6, 1).Should().Be(0xf0, "RI has risen, which TERI does not tell");
        host.Store(Plic + 40, 1);
        host.Store(Plic + 0x2080, 1 << 10);
        host.Store(Uart + 1, 8, 1);
        host.Load(Uart + 2, 1).Should().Be(1);
        host.Store(Uart + 4, 0x10, 1);
        host.Kernel.Harts[0].Lines.Should().Be(1 << 9);
        host.Load(Uart + 2, 1).Should().Be(0, "modem status has the last priority");
        host.Load(Uart + 6, 1).Should().Be(0x0f, "DCTS, DDSR, TERI, DDCD");
        host.Load(Uart + 2, 1).Should().Be(1);
        host.Load(Uart + 6, 1).Should().Be(0);
    }
}

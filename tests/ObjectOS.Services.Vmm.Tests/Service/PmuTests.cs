namespace ObjectOS.Services.Vmm.Tests;

/// <summary>The SBI's performance monitoring unit (SBI specification v2.0, chapter "Performance Monitoring Unit Extension").</summary>
public sealed class PmuTests
{
    private const ulong Pmu = 0x504D55, Time = 0x54494D45, Ipi = 0x735049, RemoteFence = 0x52464E43, HartState = 0x48534D;
    private const ulong CpuCycles = 1, Instructions = 2, Firmware = 0xf0000;
    private const long NotSupported = -2, InvalidParameter = -3, AlreadyStarted = -7, AlreadyStopped = -8, NoSharedMemory = -9;

    [Fact]
    public void Counters_AreDescribedAsTheSpecificationSays()
    {
        var host = Machine();
        int count = (int)Value(host, 0);
        var information = Enumerable.Range(0, count).ToDictionary(i => i, i => host.Call(0, Pmu, 1, (ulong)i)!.Value);
        information[0].Should().Be((2UL, 0UL, 0xc00UL | (63UL << 12)), "cycle, 64 bits");
        information[2].Should().Be((2UL, 0UL, 0xc02UL | (63UL << 12)), "instret, which Linux asks for by the number of its CSR");
        information[1].Word0.Should().Be(unchecked((ulong)InvalidParameter), "time is no counter of the PMU");
        information.Where(i => i.Key > 2).Should().HaveCount(16).And.OnlyContain(i => i.Value.Word0 == 0 && i.Value.Word1 == ((1UL << 63) | (63UL << 12)), "Linux uses the width of firmware counters, too");
        Error(host, 1, (ulong)count).Should().Be(InvalidParameter);
    }

    [Theory]
    [InlineData(CpuCycles, 0)]
    [InlineData(Instructions, 2)]
    public void HardwareCounter_ConfiguredStartedAndStopped_DrivesItsCsr(ulong hardwareEvent, ulong counter)
    {
        var host = Machine();
        ulong all = (1UL << 19) - 1;
        Call(host, 2, 0, all, 2, hardwareEvent).Should().Be((0, counter));
        Csr().Should().Be((0UL, false), "configured, cleared, and not started");
        Call(host, 2, 0, all, 0, hardwareEvent).Error.Should().Be(NotSupported, "the counter is taken");
        Error(host, 3, counter, 1, 1, 1234).Should().Be(0);
        Csr().Should().Be((1234UL, true));
        Error(host, 3, counter, 1, 1, 99).Should().Be(AlreadyStarted);
        Csr().Should().Be((1234UL, true));
        Error(host, 4, counter, 1, 0).Should().Be(0);
        Csr().Should().Be((1234UL, false));
        Error(host, 4, counter, 1, 0).Should().Be(AlreadyStopped);
        Error(host, 3, counter, 1, 0).Should().Be(0);
        Csr().Should().Be((1234UL, true), "without an initial value it continues");
        Error(host, 4, counter, 1, 1).Should().Be(0);
        Call(host, 2, 0, all, 6, hardwareEvent).Should().Be((0, counter));
        Csr().Should().Be((0UL, true), "cleared and started at once");
        Error(host, 5, counter).Should().Be(InvalidParameter, "a hardware counter is not read through the SBI");

        (ulong, bool) Csr() => host.Kernel.Harts[0].Counters[counter];
    }

    [Fact]
    public void HardwareCounter_WithoutAMatch_IsTheFirstOfTheSet()
    {
        var host = Machine();
        Call(host, 2, 0, 1 << 2, 1, Instructions).Should().Be((0, 2UL), "Linux asks so for its fixed counters");
        Call(host, 2, 0, 1 << 2, 1, Instructions).Should().Be((0, 2UL));
        Call(host, 2, 0, 1 << 2, 1, CpuCycles).Error.Should().Be(NotSupported);
        Call(host, 2, 2, 1, 1, Instructions).Should().Be((0, 2UL), "the base counts");
    }

    [Fact]
    public void CounterThatWasNeverStarted_IsLeftAsItCounts()
    {
        var host = Machine();
        Error(host, 4, 0, (1UL << 19) - 1, 1).Should().Be(AlreadyStopped, "Linux stops all at its start");
        host.Kernel.Harts[0].Counters.Values.Should().OnlyContain(counter => counter.Counts);
    }

    [Fact]
    public void FirmwareCounters_CountWhatHartsAskTheirSbiFor()
    {
        var host = Machine();
        ulong timer = Configured(host, 0, 5), sent = Configured(host, 0, 6), fenceI = Configured(host, 0, 8), fence = Configured(host, 0, 10), asid = Configured(host, 0, 12);
        host.Call(1, HartState, 0).Should().NotBeNull();
        StartHart(host, 1);
        ulong received = Configured(host, 1, 7), fenced = Configured(host, 1, 9);
        host.Call(0, Time, 0, 1000);
        host.Call(0, 0, 0, 1000);
        host.Call(0, Ipi, 0, 0b11, 0);
        host.Call(0, Ipi, 0, 0b01, 0);
        host.Call(0, RemoteFence, 0, 0, ulong.MaxValue);
        host.Call(0, RemoteFence, 0, 0b10, 0);
        host.Call(0, RemoteFence, 1, 0b10, 0, 0, 0x1000);
        host.Call(0, RemoteFence, 2, 0b10, 0, 0, 0x1000, 3);
        host.Call(0, RemoteFence, 2, 1, 77, 0, 0x1000, 3);
        (Read(host, 0, timer), Read(host, 0, sent), Read(host, 0, fenceI), Read(host, 0, fence), Read(host, 0, asid)).Should().Be((2UL, 1UL, 2UL, 1UL, 1UL));
        (Read(host, 1, received), Read(host, 1, fenced)).Should().Be((1UL, 2UL));
        host.Call(0, Pmu, 6, timer).Should().Be((2UL, 0UL, 0UL), "the upper half is 0 on RV64");
    }

    [Theory]
    [InlineData(0, 4)]
    [InlineData(1, 6)]
    [InlineData(2, 5)]
    [InlineData(3, 7)]
    [InlineData(4, 2)]
    public void FirmwareCounter_OfAnException_CountsWhatTheHartTakes(ulong of, int cause)
    {
        var host = Machine();
        host.Kernel.Harts[0].Exceptions[cause] = 40;
        ulong counter = Configured(host, 0, of);
        host.Kernel.Harts[0].Exceptions[cause] += 3;
        Read(host, 0, counter).Should().Be(3);
        Error(host, 4, counter, 1, 0).Should().Be(0);
        host.Kernel.Harts[0].Exceptions[cause] += 5;
        Read(host, 0, counter).Should().Be(3, "it is stopped");
        Error(host, 3, counter, 1, 1, 100).Should().Be(0);
        host.Kernel.Harts[0].Exceptions[cause]++;
        Read(host, 0, counter).Should().Be(101);
    }

    [Fact]
    public void FirmwareCounters_AreSixteen_AndFreedByAStopWithReset()
    {
        var host = Machine();
        ulong all = (1UL << 19) - 1;
        for (ulong i = 0; i < 16; i++)
        {
            Call(host, 2, 0, all, 0, Firmware | 5).Should().Be((0, 3 + i));
        }

        Call(host, 2, 0, all, 0, Firmware | 5).Error.Should().Be(NotSupported);
        Error(host, 4, 3, 1, 0).Should().Be(AlreadyStopped);
        Call(host, 2, 0, all, 0, Firmware | 6).Error.Should().Be(NotSupported, "a stop without a reset keeps the event");
        Error(host, 4, 3, 1, 1).Should().Be(AlreadyStopped);
        Call(host, 2, 0, all, 0, Firmware | 6).Should().Be((0, 3UL));
    }

    [Theory]
    [InlineData(2, 0, 1 << 19, 0, CpuCycles, InvalidParameter)]
    [InlineData(2, 19, 1, 0, CpuCycles, InvalidParameter)]
    [InlineData(2, ulong.MaxValue, 1, 0, CpuCycles, InvalidParameter)]
    [InlineData(2, 0, 1, 0x100, CpuCycles, InvalidParameter)]
    [InlineData(2, 0, 0, 0, CpuCycles, NotSupported)]
    [InlineData(2, 0, 1, 0, 0, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 3, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 0x10000, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 0x20000, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 0xf000e, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 0xfffff, NotSupported)]
    [InlineData(2, 0, 0x7ffff, 0, 0x100001, NotSupported)]
    [InlineData(3, 0, 0, 0, 0, 0)]
    [InlineData(3, 0, 1, 0, 0, InvalidParameter)]
    [InlineData(3, 0, 1, 2, 0, NoSharedMemory)]
    [InlineData(3, 0, 1, 4, 0, InvalidParameter)]
    [InlineData(3, 18, 2, 0, 0, InvalidParameter)]
    [InlineData(4, 0, 0, 0, 0, 0)]
    [InlineData(4, 1, 1, 0, 0, InvalidParameter)]
    [InlineData(4, 0, 1, 2, 0, NoSharedMemory)]
    [InlineData(4, 0, 1, 4, 0, InvalidParameter)]
    [InlineData(5, 1, 0, 0, 0, InvalidParameter)]
    [InlineData(5, 19, 0, 0, 0, InvalidParameter)]
    [InlineData(6, 0, 0, 0, 0, InvalidParameter)]
    [InlineData(7, 0, 0, 0, 0, NotSupported)]
    [InlineData(99, 0, 0, 0, 0, NotSupported)]
    public void Call_OutOfItsRange_HasItsError(ulong function, ulong word0, ulong word1, ulong word2, ulong word3, long error) =>
        Error(Machine(), function, word0, word1, word2, word3).Should().Be(error);

    [Fact]
    public void Hart_StartedAnew_HasFreeCounters()
    {
        var host = Machine();
        StartHart(host, 1);
        ulong counter = Configured(host, 1, 7);
        host.Call(0, Ipi, 0, 0b10, 0);
        Read(host, 1, counter).Should().Be(1);
        host.Call(1, HartState, 1);
        StartHart(host, 1);
        Read(host, 1, counter).Should().Be(0);
        Configured(host, 1, 7).Should().Be(counter);
    }

    private static VmmHost Machine() =>
        new VmmHost(isReborn: true, suspendingSeed: 3).Start(new MachineRequest { Memory = 16 << 20, Harts = 2 }, (MachineFile.Kernel, [0x13, 0, 0, 0]));

    private static void StartHart(VmmHost host, ulong hart) => host.Call(0, HartState, 0, hart, 0x80200000, 0).Should().Be((2UL, 0UL, 0UL));

    /// <summary>A counter of a firmware event that counts from 0 on.</summary>
    private static ulong Configured(VmmHost host, int hart, ulong of)
    {
        var (_, error, counter) = host.Call(hart, Pmu, 2, 0, (1UL << 19) - 1, 6, Firmware | of)!.Value;
        error.Should().Be(0);
        return counter;
    }

    private static ulong Read(VmmHost host, int hart, ulong counter) => host.Call(hart, Pmu, 5, counter)!.Value.Word1;

    private static ulong Value(VmmHost host, ulong function) => host.Call(0, Pmu, function)!.Value.Word1;

    private static long Error(VmmHost host, ulong function, params ReadOnlySpan<ulong> words) => (long)host.Call(0, Pmu, function, words)!.Value.Word0;

    private static (long Error, ulong Value) Call(VmmHost host, ulong function, params ReadOnlySpan<ulong> words)
    {
        var (_, error, value) = host.Call(0, Pmu, function, words)!.Value;
        return ((long)error, value);
    }
}

using System.Text;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>The host-target interface: commands, and the page that they are stored to.</summary>
public sealed class HtifTests
{
    private static readonly MachineRequest Request = new() { Memory = 16 << 20, Harts = 3 };

    public static TheoryData<bool, int> Ways => new() { { false, -1 }, { true, -1 }, { true, 7 }, { false, 8 } };

    [Theory]
    [InlineData(1, 0)]
    [InlineData(15, 7)]
    public void Htif_EndsWithItsCode(ulong value, ulong code)
    {
        var request = Request with { ReportsSignature = true };
        var host = new VmmHost(true, 2).Start(request, (MachineFile.Image, CraftedElf.Make(
            0x80000000, new byte[0x2000], symbols: [("tohost", 0x80001000), ("fromhost", 0x80001040), ("begin_signature", 0x80000010), ("end_signature", 0x80000020)])));
        host.WriteMemory(0x80000010, [1, 2, 3, 4]);
        host.Store(0x80001004, 0).Should().BeTrue();
        host.Store(0x80001000, value).Should().BeNull();
        (host.End?.Reason, host.End?.Code).Should().Be((MachineEnd.Htif, code));
        host.End!.Value.Record.Signature.Should().Equal(1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Htif_ConsoleAndSystemCall(bool isReborn, int seed)
    {
        var host = new VmmHost(isReborn, seed < 0 ? null : seed) { Input = "q"u8.ToArray() };
        host.Start(Request, (MachineFile.Image, CraftedElf.Make(0x80000000, new byte[0x2000], symbols: [("tohost", 0x80001000), ("fromhost", 0x80001040)])));
        host.Store(0x80001000, 0x0101_0000_0000_0000 | 'h', 8).Should().BeTrue();
        host.WriteMemory(0x80003000, [64, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0x80, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]);
        host.WriteMemory(0x80004000, "i!"u8.ToArray());
        host.Store(0x80001000, 0x80003000, 8).Should().BeTrue();
        BitConverter.ToUInt64(host.Memory(0x80001000, 8)).Should().Be(0);
        BitConverter.ToUInt64(host.Memory(0x80001040, 8)).Should().Be(1);
        BitConverter.ToUInt64(host.Memory(0x80003000, 8)).Should().Be(2);
        host.Store(0x80001040, 0, 8).Should().BeTrue();
        host.Store(0x80001000, 0x0100_0000_0000_0000, 8).Should().BeTrue();
        BitConverter.ToUInt64(host.Memory(0x80001040, 8)).Should().Be(0x0100_0000_0000_0100 | 'q');
        host.Pass(2_000_000);
        host.Output.Should().Be("hi!");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Htif_WithFullConsole_LosesNothing(bool isReborn, int seed)
    {
        const ulong put = 0x0101_0000_0000_0000, toHost = 0x80001000, fromHost = 0x80001040, call = 0x80003000;
        var host = new VmmHost(isReborn, seed < 0 ? null : seed) { AnswersHost = false };
        host.Start(Request, (MachineFile.Image, CraftedElf.Make(0x80000000, new byte[0x2000], symbols: [("tohost", toHost), ("fromhost", fromHost)])));
        byte[] text = [.. Enumerable.Range(0, 65536).Select(i => (byte)('a' + (i % 26)))];
        host.WriteMemory(0x80010000, text);
        host.WriteMemory(call, [64, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x80, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0]);
        host.Store(toHost, put | '<', 8).Should().BeTrue();
        int calls = 1;
        for (; host.Store(toHost, call, 8) is not null; calls++)
        {
            calls.Should().BeLessThan(100, "the console has no room for all");
            BitConverter.ToUInt64(host.Memory(call, 8)).Should().Be(65536);
            host.WriteMemory(call, [64, 0, 0, 0, 0, 0, 0, 0]);
            host.Store(fromHost, 0, 8).Should().BeTrue();
        }

        BitConverter.ToUInt64(host.Memory(toHost, 8)).Should().Be(call);
        BitConverter.ToUInt64(host.Memory(call, 8)).Should().Be(64, "nothing is told before all is written");
        host.Store(toHost, put | '>', 8).Should().BeNull("another hart's command waits behind it");
        host.Store(toHost, 1, 8).Should().BeNull();
        host.End.Should().BeNull();

        host.AnswersHost = true;
        host.Settle();
        host.Output.Should().Be("<" + string.Concat(Enumerable.Repeat(Encoding.ASCII.GetString(text), calls)) + ">");
        BitConverter.ToUInt64(host.Memory(call, 8)).Should().Be(65536);
        BitConverter.ToUInt64(host.Memory(fromHost, 8)).Should().Be(1);
        host.End?.Reason.Should().Be(MachineEnd.Htif);
    }

    [Fact]
    public void Htif_CharacterThatFindsNoRoom_HoldsItsStoreUp()
    {
        const ulong put = 0x0101_0000_0000_0000, toHost = 0x80001000;
        var host = new VmmHost { AnswersHost = false };
        host.Start(Request, (MachineFile.Image, CraftedElf.Make(0x80000000, new byte[0x2000], symbols: [("tohost", toHost)])));
        int count = 0;
        while (host.Store(toHost, put | (byte)('0' + (count % 10)), 8) is not null)
        {
            (++count).Should().BeLessThan(100_000);
        }

        BitConverter.ToUInt64(host.Memory(toHost, 8)).Should().NotBe(0);
        host.AnswersHost = true;
        host.Settle();
        host.Pass(5_000_000);
        BitConverter.ToUInt64(host.Memory(toHost, 8)).Should().Be(0);
        host.Output.Should().Be(string.Concat(Enumerable.Range(0, count + 1).Select(i => i % 10)));
        host.LastAnswer.Should().Be((2UL, 0UL, 0UL));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Htif_DeviceStoresAcrossThePageOfToHost(bool isReborn, int seed)
    {
        var host = new VmmHost(isReborn, seed < 0 ? null : seed, () => [new Adder()]).Start(Request, (MachineFile.Image, CraftedElf.Make(0x80000000, new byte[0x4000], symbols: [("tohost", 0x80001000)])));
        host.Store(0x4000000, 0x01020304);
        foreach (ulong at in (ulong[])[0x80000ffe, 0x80001800, 0x80001ffe])
        {
            host.Store(0x4000020, at, 8).Should().BeTrue();
            host.Memory(at, 4).Should().Equal(4, 3, 2, 1);
        }

        host.Memory(0x80001000, 8).Should().Equal(2, 1, 0, 0, 0, 0, 0, 0);
        host.End.Should().BeNull("what a device stores is no command");
    }

    [Fact]
    public void Htif_FromHostFarAway_IsMemoryAsAny()
    {
        var host = new VmmHost().Start(Request, (MachineFile.Image, CraftedElf.Make(0x80000000, new byte[0x4000], symbols: [("tohost", 0x80001000), ("fromhost", 0x80003000)])));
        host.Store(0x80001008, 7, 8).Should().BeTrue("the page of tohost is written by the service");
        host.Store(0x80002000, 7, 8).Should().BeFalse("harts write there themselves: the service knows of nothing there");
        host.Store(0x80003000, 7, 8).Should().BeFalse("nor on the page of fromhost");
    }
}

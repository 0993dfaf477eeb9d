namespace ObjectOS.Services.Vmm.Tests;

/// <summary>The hash of a machine's state at its end.</summary>
public sealed class StateHashTests
{
    private const ulong Test = 0x100000, Uart = 0x10000000;

    private static readonly MachineRequest Request = new() { Memory = 16 << 20, Harts = 2, ReportsState = true };
    private static readonly byte[] Code = [0x13, 0, 0, 0];

    [Fact]
    public void Hash_IsOfHartsMemoryAndDevices_HoweverItIsComputed()
    {
        string hash = HashOf(_ => { });
        hash.Should().HaveLength(64);
        HashOf(_ => { }, isReborn: true).Should().Be(hash, "its steps are data");
        HashOf(_ => { }, isReborn: true, seed: 6).Should().Be(hash, "memory that is suspended is the same memory");
        HashOf(host => host.WriteMemory(0x80900000, new byte[4096])).Should().Be(hash, "pages of zeros are not told from those that are not there");
        string[] others =
        [
            HashOf(host => host.WriteMemory(0x80900000, [1])), HashOf(host => host.WriteMemory(0x80901000, [1])), HashOf(host => host.WriteMemory(0x80940000, [1])),
            HashOf(host => host.WriteMemory(0x80fff000, [1])), HashOf(host => host.Store(Uart + 7, 0x5a, 1)),
        ];
        others.Append(hash).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Hash_TakesOnePieceOfMemoryInAMessage()
    {
        var host = new VmmHost().Start(Request, (MachineFile.Kernel, Code));
        ulong read = host.Kernel.BytesRead;
        host.Kernel.MostReadInAMessage = 0;
        host.Store(Test, 0x5555);
        host.End!.Value.Record.Program.StateHash.Should().HaveLength(64);
        (host.Kernel.BytesRead - read).Should().Be(16 << 20);
        host.Kernel.MostReadInAMessage.Should().Be(256 << 10);
    }

    private static string HashOf(Action<VmmHost> act, bool isReborn = false, int? seed = null)
    {
        var host = new VmmHost(isReborn, seed).Start(Request, (MachineFile.Kernel, Code));
        act(host);
        host.Store(Test, 0x5555);
        host.End!.Value.Reason.Should().Be(MachineEnd.PowerOff);
        return host.End.Value.Record.Program.StateHash;
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Hash_WithADiskRequestUnderWay_IsTheSame_WhateverNumberItHasInTheHost(bool isReborn)
    {
        string[] hashes = [.. new[] { 0, 7 }.Select(others =>
        {
            var host = new VmmHost(isReborn);
            for (int i = 0; i < others; i++)
            {
                host.Kernel.Put([1]);
            }

            host.Start(Request with { Disks = [new BlockBackend(7, 3, 1 << 20, BlockPolicy.ReadWrite)] }, (MachineFile.Kernel, Code));
            ReadFirstSector(host);
            host.Kernel.Requests.Should().ContainSingle(request => request.Kind == Abi.HostRequestKind.File).Which.Id.Should().BeGreaterThan(100);
            host.Store(Test, 0x5555);
            return $"{host.End!.Value.Reason} {host.End.Value.Record.Program.StateHash}";
        })];
        hashes[0].Should().StartWith("PowerOff ").And.HaveLength("PowerOff ".Length + 64);
        hashes[1].Should().Be(hashes[0]);
    }

    /// <summary>Drives the first slot's disk; the host never answers.</summary>
    private static void ReadFirstSector(VmmHost host)
    {
        const ulong disk = 0x10001000, rings = 0x80400000, header = 0x80500000;
        foreach (var (register, value) in ((ulong, ulong)[])
            [(0x70, 3), (0x24, 1), (0x20, 1), (0x70, 11), (0x30, 0), (0x38, 4), (0x80, rings), (0x90, rings + 0x1000), (0xa0, rings + 0x2000), (0x44, 1), (0x70, 15)])
        {
            host.Store(disk + register, value);
        }

        host.WriteMemory(rings, [.. BitConverter.GetBytes(header), 16, 0, 0, 0, 1, 0, 1, 0, .. BitConverter.GetBytes(header + 0x1000), 1, 2, 0, 0, 2, 0, 0, 0]);
        host.WriteMemory(rings + 0x1000, [0, 0, 1, 0, 0, 0]);
        host.Store(disk + 0x50, 0);
    }

    [Fact]
    public void Hash_OfADeviceThatCannotTellItsState_IsEmpty_AndTheEndIsTold()
    {
        var host = new VmmHost(makeDevices: () => [new Adder { Fault = AdderFault.Save }])
            .Start(new MachineRequest { Memory = 16 << 20, ReportsState = true }, (MachineFile.Bios, [0x13, 0, 0, 0]));
        host.Store(0x100000, 0x5555).Should().BeNull();
        (host.End?.Reason, host.End?.Record.Program.StateHash).Should().Be((MachineEnd.PowerOff, ""));
    }
}

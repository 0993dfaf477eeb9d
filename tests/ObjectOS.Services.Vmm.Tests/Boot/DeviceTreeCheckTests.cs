using ObjectOS.Cpu;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>Device trees that the embedder gives: taken as they are, or refused in a sentence.</summary>
public sealed class DeviceTreeCheckTests
{
    private static readonly MachineRequest Small = new() { Memory = 16 << 20, Arguments = "selftest" };
    private static readonly byte[] Code = [0x13, 0, 0, 0];

    [Fact]
    public void Description_IsTheGeneratedTree_AndNothingRuns()
    {
        var host = new VmmHost(isReborn: true, suspendingSeed: 3).Start(Small with { DescribesOnly = true }, (MachineFile.Kernel, Code));
        host.End!.Value.Reason.Should().Be(MachineEnd.Described);
        host.Kernel.Harts[0].IsRunning.Should().BeFalse();
        byte[] tree = host.End.Value.Record.DeviceTree;
        DeviceTreeCheck.Problem(tree, out int length).Should().BeEmpty();
        length.Should().Be(tree.Length);
        var running = new VmmHost().Start(Small, (MachineFile.Kernel, Code));
        running.Memory(running.Kernel.Harts[0].A1, tree.Length).Should().Equal(tree);
    }

    [Fact]
    public void OwnTree_IsWhatTheGuestGets()
    {
        byte[] tree = FlattenedDeviceTree.Write(new DeviceTreeNode(""));
        var host = new VmmHost(isReborn: true, suspendingSeed: 3).Start(Small, (MachineFile.Kernel, Code), (MachineFile.DeviceTree, [.. tree, 1, 2, 3]));
        host.End.Should().BeNull();
        host.Memory(host.Kernel.Harts[0].A1, tree.Length + 3).Should().Equal([.. tree, 0, 0, 0], "bytes after the blob are none of it");
    }

    [Fact]
    public void OwnTree_LargerThanItsRoom_IsRefused()
    {
        var host = new VmmHost().Start(Small, (MachineFile.Kernel, Code), (MachineFile.DeviceTree, new byte[(64 << 10) + 1]));
        host.End!.Value.Record.Program.Text.Should().Be("device tree: the device tree has 65537 bytes: at most 65536 are wanted");
    }

    [Theory]
    [InlineData(0, 0x00u, "device tree: not a device tree blob")]
    [InlineData(4, 0xffffffffu, "device tree: the device tree blob says at offset 4 that it has 4294967295 bytes")]
    [InlineData(24, 18u, "device tree: the device tree blob has version 17, compatible with 18")]
    [InlineData(8, 0xfffffff0u, "device tree: the device tree blob's header names blocks beyond its end")]
    [InlineData(32, 0xfffffff0u, "device tree: the device tree blob's header names blocks beyond its end")]
    [InlineData(56, 7u, "device tree: the device tree blob's structure is malformed at offset 56")]
    public void OwnTree_Malformed_IsRefusedInASentence(int at, uint cell, string sentence)
    {
        byte[] tree = Generated();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(tree.AsSpan(at), cell);
        var host = new VmmHost().Start(Small, (MachineFile.Kernel, Code), (MachineFile.DeviceTree, tree));
        host.End!.Value.Reason.Should().Be(MachineEnd.NotRunnable);
        host.End.Value.Record.Program.Text.Should().StartWith(sentence);
    }

    [Fact]
    public void Check_OfMutatedTrees_NeverThrows()
    {
        const int Seed = 1010;
        var random = new Random(Seed);
        byte[] tree = Generated();
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = (byte[])tree.Clone();
            for (int changes = random.Next(1, 6); changes > 0; changes--)
            {
                mutated[random.Next(3) == 0 ? random.Next(40) : random.Next(mutated.Length)] = (byte)random.Next(256);
            }

            FluentActions.Invoking(() => DeviceTreeCheck.Problem(mutated.AsSpan(0, random.Next(mutated.Length + 1)), out _)).Should().NotThrow("seed {0}, tree {1}", Seed, i);
        }
    }

    private static byte[] Generated() => new VmmHost().Start(Small with { DescribesOnly = true }, (MachineFile.Kernel, Code)).End!.Value.Record.DeviceTree;
}

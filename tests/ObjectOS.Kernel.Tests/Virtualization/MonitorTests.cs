using System.Buffers.Binary;
using System.Text;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>images/monitor, a C program in a cell, is all the hardware that its guest on a virtual CPU believes to have.</summary>
public sealed class MonitorTests
{
    private const ulong Stack = 0x70000;
    private const ulong StackBytes = 0x4000;
    private const ulong Results = 0x20000;
    private const string Console = "hart 7\nticks per cycle: 10\nscratch: 1234567\npower off\n";

    /// <summary>What the monitor and its kernel tell: all of it has to be the same at every depth.</summary>
    private sealed record Outcome(
        string Console, string Counts, ulong GuestRetired, ulong KernelExits, ulong Instructions, ulong Charged, ulong Traps, ulong PeakBytes);

    [Theory]
    [InlineData(0, ulong.MaxValue)]
    [InlineData(2, ulong.MaxValue)]
    [InlineData(2, 997UL)]
    [InlineData(8, 10007UL)]
    public void Monitor_InACellAtAnyDepth_IsAllTheHardwareOfItsGuest(int depth, ulong slice)
    {
        var outcome = Run(new TowerOptions { Depth = depth }, slice);
        outcome.Console.Should().Be(Console);

        // The guest's code, all exits; pages, status reads, writes, clock, other counters, mhartid, mscratch, wfi.
        ulong bytes = (ulong)Console.Length;
        ulong exits = 1 + 2 + bytes + bytes + bytes + 2 + 2 + 1 + 2 + 3 + 1;
        outcome.Counts.Should().Be($"42 {exits} 2 {2 * bytes} {bytes} 2 2 1 2 3");
        outcome.KernelExits.Should().Be(exits, "the kernel counts as the monitor does: the start and the power switch are two of them");
        outcome.GuestRetired.Should().BeGreaterThan(2 * 2000, "the loop that the guest measures is done by the CPU itself");
        outcome.Should().Be(Run(new TowerOptions { Depth = 0, Scattered = false }));
    }

    [Theory]
    [InlineData(0, 3)]
    [InlineData(0, 60)]
    [InlineData(2, 3)]
    [InlineData(2, 60)]
    [InlineData(2, 120)]
    public void Monitor_WhoseCellIsDestroyedInTheMiddle_LeavesNothing(int depth, ulong exits)
    {
        using var nested = new Nested(new TowerOptions { Depth = depth });
        var before = Used(nested);
        var cell = Load(nested, out var result);
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        nested.Run(() => Words(result)[1] >= exits, slice: 101);
        nested.EndOf(cell).Should().BeNull("it is in the middle of its work");
        Words(result)[1].Should().BeInRange(exits, exits + 3);
        Used(nested).Should().NotBe(before);
        Destroy(nested, cell);
        Used(nested).Should().Be(before);
    }

    private static Outcome Run(TowerOptions tower, ulong slice = ulong.MaxValue)
    {
        using var nested = new Nested(tower);
        var before = Used(nested);
        var cell = Load(nested, out var result);
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        nested.Run(slice: slice).Should().Be(SliceEnd.Idle);
        var end = nested.EndOf(cell);
        end.Should().NotBeNull();
        end!.Trap.Should().BeNull();
        end.ExitCode.Should().Be(0, "else it is the line of monitor.c whose check failed");

        ulong[] words = Words(result);
        byte[] console = new byte[words[12]];
        result.Read(13 * 8, console).Should().Be(KernelStatus.Ok);
        cell.Cell.Status(out var figures).Should().Be(KernelStatus.Ok);
        var outcome = new Outcome(
            Encoding.ASCII.GetString(console), string.Join(' ', words[..10]), words[10], words[11],
            figures.Instructions, figures.Charged, figures.Traps, figures.PeakBytes);
        Destroy(nested, cell);
        Used(nested).Should().Be(before, "the cell is gone");
        return outcome;
    }

    /// <summary>The numbers at the beginning of the monitor's results.</summary>
    private static ulong[] Words(MemoryCapability result)
    {
        byte[] bytes = new byte[13 * 8];
        result.Read(0, bytes).Should().Be(KernelStatus.Ok);
        return [.. Enumerable.Range(0, 13).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * 8)))];
    }

    /// <summary>Frames that the innermost kernel's CPU pays for, and all of the machine's.</summary>
    private static (ulong Charged, ulong Live) Used(Nested nested) => (nested.Kernel.Cpu.Account.Charged, nested.Tower.LiveFrames);

    private static void Destroy(Nested nested, TestCell cell)
    {
        cell.Cell.Destroy().Should().Be(KernelStatus.Ok);
        nested.Run().Should().Be(SliceEnd.Idle);
    }

    /// <summary>A cell with the monitor's segments, a stack, and itself and its address space in the slots where the monitor expects them.</summary>
    private static TestCell Load(Nested nested, out MemoryCapability result)
    {
        byte[] elf = File.ReadAllBytes(Repository.PathOf("images", "monitor", "monitor.elf"));
        nested.Root.CreateCell(2UL << 20, 64, out var cell).Should().Be(KernelStatus.Ok);
        cell.CreateAddressSpace(out var space).Should().Be(KernelStatus.Ok);
        result = default;

        // ELF-64: the entry at 24, the program headers from where 32 says, 56 bytes each, as many as 56 says (System V gABI, "Program Header").
        int headers = (int)BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(32));
        int count = BinaryPrimitives.ReadUInt16LittleEndian(elf.AsSpan(56));
        for (int i = 0; i < count; i++)
        {
            var header = elf.AsSpan(headers + (i * 56), 56);
            if (BinaryPrimitives.ReadUInt32LittleEndian(header) == 1)
            {
                ulong address = BinaryPrimitives.ReadUInt64LittleEndian(header[16..]);
                ulong start = address & ~(Pages.Size - 1);
                var memory = LoadSegment(cell, elf, header, address - start, out ulong length);
                space.Map(new VirtualAddress(start), memory, 0, length, RightsOf(header[4])).Should().Be(KernelStatus.Ok);
                result = start == Results ? memory : result;
            }
        }

        cell.CreateMemory(StackBytes, out var stack).Should().Be(KernelStatus.Ok);
        space.Map(new VirtualAddress(Stack), stack, 0, StackBytes, PageRights.Read | PageRights.Write).Should().Be(KernelStatus.Ok);
        var entry = new VirtualAddress(BinaryPrimitives.ReadUInt64LittleEndian(elf.AsSpan(24)));
        cell.CreateThread(space, entry, new VirtualAddress(Stack + StackBytes), 0, out var thread, out _).Should().Be(KernelStatus.Ok);
        cell.Grant(1, cell.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        cell.Grant(2, space.Slot, CapabilityRights.All).Should().Be(KernelStatus.Ok);
        return new TestCell(cell, space, stack, thread);
    }

    private static MemoryCapability LoadSegment(CellCapability cell, byte[] elf, ReadOnlySpan<byte> header, ulong lead, out ulong length)
    {
        int offset = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[8..]);
        int bytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(header[32..]);
        length = (lead + BinaryPrimitives.ReadUInt64LittleEndian(header[40..]) + Pages.Size - 1) & ~(Pages.Size - 1);
        cell.CreateMemory(length, out var memory).Should().Be(KernelStatus.Ok);
        memory.Write(lead, elf.AsSpan(offset, bytes)).Should().Be(KernelStatus.Ok);
        return memory;
    }

    /// <summary>The flags of a segment: 1 execute, 2 write, 4 read.</summary>
    private static PageRights RightsOf(byte flags) =>
        ((flags & 4) != 0 ? PageRights.Read : 0) | ((flags & 2) != 0 ? PageRights.Write : 0) | ((flags & 1) != 0 ? PageRights.Execute : 0);
}

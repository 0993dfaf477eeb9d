using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Tests.Memory;

public sealed class GuestMemoryTests : IDisposable
{
    private const ulong Gigabyte = 1UL << 30;
    private readonly Machine _machine = new(new MachineOptions(64 << 20));

    public void Dispose() => _machine.Dispose();

    [Fact]
    public void Create_SixtyFourGigabytes_CostsLessThanAPageUntilTouched()
    {
        var warm = _machine.CreateMemory(64 * Gigabyte, 100);
        warm.Read(new(Gigabyte), new byte[8]);
        var destination = new byte[4096];
        long before = GC.GetAllocatedBytesForCurrentThread();
        GuestMemory memory = _machine.CreateMemory(64 * Gigabyte, 100);
        memory.Read(new(37 * Gigabyte), destination);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(4096);
        _machine.LiveFrames.Should().Be(0);
    }

    [Fact]
    public void Clone_AlignedGigabyte_TouchesOnePath()
    {
        GuestMemory memory = _machine.CreateMemory(64 * Gigabyte, 10_000);
        for (ulong i = 0; i < 1000; i++)
            memory.Write(new(Gigabyte + (i << 20)), [(byte)i, 1], memory.Account);
        ulong live = _machine.LiveFrames;
        long before = memory.NodeVisits;

        memory.Clone(new(Gigabyte), new(5 * Gigabyte), Gigabyte).Should().Be(MemoryStatus.Ok);

        (memory.NodeVisits - before).Should().BeLessThan(8);
        _machine.LiveFrames.Should().Be(live);
        var word = new byte[2];
        memory.Read(new((5 * Gigabyte) + (77 << 20)), word);
        word.Should().Equal(77, 1);
    }

    [Fact]
    public void Size_LargestMemory_LastPageWorks()
    {
        GuestMemory memory = _machine.CreateMemory(GuestMemory.MaximumSize, 10);
        var last = new PhysicalAddress(GuestMemory.MaximumSize - 3);
        memory.Write(last, [1, 2, 3], memory.Account).Should().Be(MemoryStatus.Ok);
        memory.Write(last, [1, 2, 3, 4], memory.Account).Should().Be(MemoryStatus.OutOfRange);
        memory.TryFindPresent(new(0), new(GuestMemory.MaximumSize), out PhysicalAddress page).Should().BeTrue();
        page.PageNumber.Should().Be(last.PageNumber);
        memory.Discard(new(0), GuestMemory.MaximumSize);
        _machine.LiveFrames.Should().Be(0);
    }

    [Fact]
    public void Discard_Everything_GivesChunksBackToTheHost()
    {
        GuestMemory memory = _machine.CreateMemory(Gigabyte, 100_000);
        memory.Write(new(0), new byte[16 << 20], memory.Account);
        _machine.Pool.ChunkCount.Should().Be(8);

        memory.Discard(new(0), Gigabyte);

        _machine.Pool.ChunkCount.Should().Be(1, "one is kept as a spare");
        memory.Write(new(0), new byte[16 << 20], memory.Account).Should().Be(MemoryStatus.Ok);
        _machine.Pool.ChunkCount.Should().Be(8);
    }

    [Fact]
    public void Machine_MemoriesOnSeveralThreads_KeepTheirBytesAndCounts()
    {
        Parallel.For(0, 8, worker =>
        {
            GuestMemory memory = _machine.CreateMemory(Gigabyte, 2000);
            var random = new Random(worker);
            for (int i = 0; i < 3000; i++)
            {
                ulong page = (ulong)random.Next(1500);
                memory.Write(new(page << 12), BitConverter.GetBytes((worker << 16) | (int)page), memory.Account).Should().Be(MemoryStatus.Ok);
                var actual = new byte[4];
                memory.Read(new(page << 12), actual);
                BitConverter.ToInt32(actual).Should().Be((worker << 16) | (int)page);
                if (random.Next(5) == 0)
                    memory.Discard(new((ulong)random.Next(1400) << 12), 100 << 12);
            }

            memory.Dispose();
        });
        _machine.LiveFrames.Should().Be(0);
        _machine.Pool.RootAccount.Charged.Should().Be(0);
    }

    [Fact]
    public void Dispose_OfMachine_EndsItsMemories()
    {
        GuestMemory memory = _machine.CreateMemory(Gigabyte, 10);
        memory.Write(new(0), [1], memory.Account);
        _machine.Dispose();
        memory.Invoking(m => m.Read(new(0), new byte[1])).Should().Throw<ObjectDisposedException>();
    }
}

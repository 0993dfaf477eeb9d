using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>What one cell cannot take from others, and what it pays for.</summary>
public sealed class BoundsTests
{
    [Fact]
    public void Addresses_AreCarvedAsObjectsAre_AndNoCellTakesThoseOfOthers()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(1 << 20, 1000, out var hog);
        ulong size = fixture.Kernel.Cpu.Description.MemorySize;
        ulong ofObject = size >> 20;
        hog.CreateMemory(2000 * ofObject, out _).Should().Be(KernelStatus.ObjectsExhausted);
        for (int order = 0; order < 40; order++)
        {
            while (hog.CreateMemory((size >> 1) >> order, out _) == KernelStatus.Ok)
            {
            }
        }

        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.Root.CreateCell(1 << 20, 1000, out var other);
        other.CreateMemory(512 * ofObject, out var memory).Should().Be(KernelStatus.Ok);
        memory.CreateClone(other, out _).Should().Be(KernelStatus.ObjectsExhausted, "a clone takes as many");
        memory.Delete();
        other.CreateMemory(512 * ofObject, out _).Should().Be(KernelStatus.Ok, "and gives them back");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(5_000)]
    [InlineData(1_000_000)]
    public void Budget_OfACellThatCallsAService_IsChargedExactly(ulong work)
    {
        const ulong Budget = 100_000;
        using var fixture = new KernelFixture();
        var client = Start(fixture, new Worker(work));
        client.Cell.SetBudget(Budget);
        client.Thread.Resume();
        fixture.Run();
        client.Cell.Status(out var figures);
        figures.Charged.Should().Be(Budget);
        fixture.Kernel.Now.Should().BeLessThan(Budget + work + 20_000, "at most one step goes beyond it");
    }

    [Fact]
    public void CallsMadeAgain_AreOneTrap_AndLetOthersOfTheSamePriorityRunInBetween()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 10_000 });
        var worker = new Worker(9_000) { Steps = 100 };
        var client = Start(fixture, worker);
        var other = fixture.Add(Programs.Spin());
        client.Thread.Resume();
        other.Thread.Resume();
        while (worker.Done == 0)
        {
            fixture.Kernel.RunSlice(new SliceLimits(10_000));
            fixture.Kernel.HaltReport.Should().BeNull();
        }

        client.Cell.Status(out var mine);
        other.Cell.Status(out var others);
        mine.Traps.Should().BeInRange(1, 2);
        ((double)others.Charged / mine.Charged).Should().BeInRange(0.8, 1.2, "both have the same share");
    }

    [Fact]
    public void WorkCharge_OfMachineCode_IsRefused()
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Script.Player);
        cell.Data.Write(0, new Script().Add(Call.WorkCharge, 0, 1_000_000).ToArray());
        cell.Thread.Resume();
        fixture.Run();
        Script.Status(cell, 0).Should().Be(KernelStatus.InvalidState);
        fixture.Kernel.Now.Should().BeLessThan(100_000);
    }

    [Fact]
    public void MemoryFind_TellsTheNextPageThatWasWritten()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateMemory(1UL << 37, out var memory);
        memory.Find(0, out ulong found).Should().Be(KernelStatus.Ok);
        found.Should().Be(1UL << 37);
        memory.Write(0x12345678, [1]).Should().Be(KernelStatus.Ok);
        memory.Find(5, out found).Should().Be(KernelStatus.Ok);
        found.Should().Be(0x12345000);
        memory.Find(0x12345fff, out found);
        found.Should().Be(0x12345000, "the page that the offset lies in counts");
        memory.Find(0x12346000, out found);
        found.Should().Be(1UL << 37);
        memory.Find((1UL << 37) + 1, out _).Should().Be(KernelStatus.InvalidArgument);
    }

    private static TestCell Start(KernelFixture fixture, Worker worker)
    {
        fixture.Kernel.CreateManagedCell(1, 40, 41, worker, 1 << 20, 100).Should().Be(KernelStatus.Ok);
        var client = fixture.Add(Programs.CallForEver());
        fixture.Invoker.Call1(Call.CellSetSystemCallEndpoint, client.Cell.Slot, 41).Should().Be(KernelStatus.Ok);
        fixture.Invoker.Call1(Call.CellSetFaultEndpoint, client.Cell.Slot, 41).Should().Be(KernelStatus.Ok);
        return client;
    }

    /// <summary>A service whose calls take some work, in steps.</summary>
    private sealed class Worker(ulong work) : IManagedProgram
    {
        private int _step;

        public int Steps { get; init; } = 1;

        public int Done { get; private set; }

        public string Name => "worker";

        public void Start(IInvocationPort port)
        {
        }

        public HandleResult Handle(in Message message, IInvocationPort port)
        {
            if (message.Kind == MessageKind.SystemCall)
            {
                var invoker = new Invoker(port, 50);
                invoker.Charge(work);
                bool isLast = ++_step >= Steps;
                _step = isLast ? 0 : _step;
                Done += isLast ? 1 : 0;
                new ReplyCapability(invoker, message.ReplySlot).Send(isLast ? CallAnswer.Value : CallAnswer.Again).Should().Be(KernelStatus.Ok);
            }

            return HandleResult.Handled;
        }

        public void Save(BinaryWriter writer)
        {
        }

        public void Restore(BinaryReader reader)
        {
        }
    }

    private static class Programs
    {
        public static Asm CallForEver()
        {
            var code = new Asm(KernelFixture.Code);
            ulong loop = code.Here;
            return code.Ecall().Branch("beq", Asm.Zero, Asm.Zero, loop);
        }

        public static Asm Spin()
        {
            var code = new Asm(KernelFixture.Code);
            ulong loop = code.Here;
            return code.Branch("beq", Asm.Zero, Asm.Zero, loop);
        }
    }
}

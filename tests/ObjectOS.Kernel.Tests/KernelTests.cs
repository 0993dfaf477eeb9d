using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

public sealed class KernelTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Thread_ThatExits_EndsItsCellWithItsCode(bool suspending)
    {
        using var fixture = new KernelFixture(suspending);
        var cell = fixture.Add(Exit(new Asm(KernelFixture.Code), 42));
        cell.Thread.Resume().Should().Be(KernelStatus.Ok);
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(cell)!.ExitCode.Should().Be(42);
        fixture.EndOf(cell)!.Trap.Should().BeNull();
    }

    [Fact]
    public void Fault_WithoutHandler_EndsTheCellWithItsPreciseTrap()
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(new Asm(KernelFixture.Code).Addi(A1, Zero, 7).Store("sd", A1, 16, Zero));
        var other = fixture.Add(Exit(new Asm(KernelFixture.Code), 1));
        cell.Thread.Resume();
        other.Thread.Resume();
        fixture.Run();
        var trap = fixture.EndOf(cell)!.Trap!.Value;
        trap.Cause.Should().Be(TrapCause.StorePageFault);
        trap.Address.Should().Be(new VirtualAddress(16));
        trap.Pc.Should().Be(KernelFixture.Code + 4);
        fixture.EndOf(other)!.ExitCode.Should().Be(1, "a neighbour goes on");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void CallAndReply_BetweenCells_PassWordsAndBadge(bool suspending)
    {
        using var fixture = new KernelFixture(suspending);
        fixture.Root.CreateEndpoint(out var endpoint);
        endpoint.Badge(77, CapabilityRights.Write, out var badged);

        // The client calls with label 5 and word 9, stores the answer's label and word, exits.
        var client = fixture.Add(Exit(
            Ecall(new Asm(KernelFixture.Code).Addi(S0, A0, 0).Addi(A0, Zero, 2).Addi(A1, Zero, 5).Addi(A2, Zero, 9).Addi(T1, Zero, 0), Call.EndpointCall)
                .Store("sd", A1, 0, S0).Store("sd", A2, 8, S0), 0));

        // The server receives, stores badge and words, answers with the word plus one.
        var server = fixture.Add(Exit(
            Ecall(
                Ecall(new Asm(KernelFixture.Code).Addi(S0, A0, 0).Addi(A0, Zero, 2).Addi(A1, Zero, 10).Addi(A2, Zero, 0).Addi(A3, Zero, 0), Call.EndpointReceive)
                    .Store("sd", A1, 0, S0).Store("sd", A2, 8, S0).Store("sd", T2, 16, S0)
                    .Addi(A0, Zero, 10).Addi(A1, Zero, 6).Addi(A2, A2, 1).Addi(T1, Zero, 0),
                Call.ReplySend),
            0));
        client.Cell.Grant(2, badged.Slot, CapabilityRights.Write).Should().Be(KernelStatus.MissingRights, "the badged copy has no right to grant");
        client.Cell.Grant(2, endpoint.Slot, CapabilityRights.Write, 77).Should().Be(KernelStatus.Ok);
        server.Cell.Grant(2, endpoint.Slot, CapabilityRights.Read).Should().Be(KernelStatus.Ok);
        client.Thread.Resume();
        server.Thread.Resume();
        fixture.Run().Should().Be(SliceEnd.Idle);

        (server.Word(0), server.Word(1), server.Word(2)).Should().Be((5UL, 9UL, 77UL));
        (client.Word(0), client.Word(1)).Should().Be((6UL, 10UL));
        fixture.EndOf(client)!.Trap.Should().BeNull();
    }

    [Fact]
    public void EndlessLoop_BesideANeighbour_SharesTheCpuByQuantum()
    {
        using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
        var a = fixture.Add(Loop());
        var b = fixture.Add(Loop());
        a.Thread.Resume();
        b.Thread.Resume();
        fixture.Run(budget: 1_000_000, slice: 777).Should().Be(SliceEnd.Budget);
        var cells = fixture.Kernel.Statistics.Cells;
        ulong left = cells.Single(c => c.Number == fixture.Kernel.CellNumber(a.Cell.Slot)).Instructions;
        ulong right = cells.Single(c => c.Number == fixture.Kernel.CellNumber(b.Cell.Slot)).Instructions;
        ((double)left / (left + right)).Should().BeInRange(0.49, 0.51);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10007)]
    public void Slices_OfAnyLength_ChangeNothingThatGuestsSee(int slice)
    {
        (ulong Retired, ulong Now, ulong Word) Run(ulong length)
        {
            using var fixture = new KernelFixture(options: new KernelOptions { Quantum = 1000 });
            var a = fixture.Add(CountAndTime());
            var b = fixture.Add(CountAndTime());
            a.Thread.Resume();
            b.Thread.Resume();
            fixture.Run(slice: length).Should().Be(SliceEnd.Idle);
            return (fixture.Kernel.Statistics.Instructions, fixture.Kernel.Now, a.Word(0) ^ (b.Word(0) << 1));
        }

        Run((ulong)slice).Should().Be(Run(ulong.MaxValue));
    }

    [Fact]
    public void MemoryBeyondTheQuota_EndsTheCell_AndNobodyElse()
    {
        using var fixture = new KernelFixture();
        fixture.Root.CreateCell(16 * 4096, 64, out _).Should().Be(KernelStatus.Ok);
        var hog = fixture.Add(new Asm(KernelFixture.Code).Addi(T0, A0, 0).Li(T1, 4096).Store("sd", T0, 0, T0).R("add", T0, T0, T1).Jal(Zero, KernelFixture.Code + 12), memory: 3 * 4096);
        hog.Cell.CreateMemory(64 * 4096, out var more);
        hog.Space.Map(new VirtualAddress(KernelFixture.Data + 0x2000), more, 0, 64 * 4096, PageRights.Read | PageRights.Write).Should().Be(KernelStatus.Ok);
        hog.Thread.Resume();
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(hog)!.Trap!.Value.Cause.Should().Be(TrapCause.MemoryExhausted);
        fixture.LiveFrames.Should().Be(3);
        hog.Cell.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run();
        fixture.LiveFrames.Should().Be(0);
    }

    [Fact]
    public void Budget_OfACell_IsExact()
    {
        using var fixture = new KernelFixture();
        var cell = fixture.Add(Loop());
        cell.Cell.SetBudget(12345).Should().Be(KernelStatus.Ok);
        cell.Thread.Resume();
        fixture.Run().Should().Be(SliceEnd.Idle);
        fixture.EndOf(cell)!.Trap!.Value.Cause.Should().Be(TrapCause.BudgetEnd);
        fixture.Kernel.Statistics.Instructions.Should().Be(12345);
    }

    private static Asm Loop() => new Asm(KernelFixture.Code).Jal(Zero, KernelFixture.Code);

    /// <summary>Counts to 20000, then stores time and cycles, and exits.</summary>
    private static Asm CountAndTime() => Exit(
        new Asm(KernelFixture.Code).Addi(S0, A0, 0).Li(T0, 20000).Addi(T0, T0, -1).Branch("bne", T0, Zero, KernelFixture.Code + 12)
            .Csr("csrrs", T1, 0xC00, Zero).Csr("csrrs", T2, 0xC01, Zero).R("add", T1, T1, T2).Store("sd", T1, 0, S0),
        0);

    private static Asm Ecall(Asm code, Call call) => code.Addi(A7, Zero, (int)call).Ecall();

    private static Asm Exit(Asm code, int value) => Ecall(code.Addi(A1, Zero, value), Call.ThreadExit);
}

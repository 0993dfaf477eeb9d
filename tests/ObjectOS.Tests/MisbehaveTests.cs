namespace ObjectOS.Tests;

/// <summary>Cells that misbehave: each gets its precise end; neighbours, kernel and host go on, and all memory comes back.</summary>
public sealed class MisbehaveTests
{
    public static TheoryData<string, RunEnd, int, string?> Deeds => new()
    {
        { "null-read", RunEnd.Fault, 139, "load page fault, pc 0x11072, address 0x0, ld t0,0(a5)" },
        { "null-write", RunEnd.Fault, 139, "store page fault, pc 0x1107a, address 0x0, sd zero,0(a5)" },
        { "wild-read", RunEnd.Fault, 139, "load page fault, pc 0x11084, address 0x414141414140, ld t0,0(a5)" },
        { "wild-write", RunEnd.Fault, 139, "store page fault, pc 0x1108e, address 0x414141414140, sd zero,0(a5)" },
        { "kernel-read", RunEnd.Fault, 139, "load page fault, pc 0x11098, address 0xffffffc000000000, ld t0,0(a5)" },
        { "non-canonical", RunEnd.Fault, 139, "load page fault, pc 0x110a2, address 0x4000000000000000, ld t0,0(a5)" },
        { "jump-nowhere", RunEnd.Fault, 139, "instruction page fault, pc 0x414141414140, address 0x414141414140" },
        { "illegal", RunEnd.Fault, 132, "illegal instruction, pc 0x110ae" },
        { "csrr", RunEnd.Fault, 132, "illegal instruction, pc 0x110b4, csrr" },
        { "csrw", RunEnd.Fault, 132, "illegal instruction, pc 0x110ba, csrr" },
        { "sret", RunEnd.Fault, 132, "illegal instruction, pc 0x110c0, sret" },
        { "mret", RunEnd.Fault, 132, "illegal instruction, pc 0x110c6, mret" },
        { "sfence", RunEnd.Fault, 132, "illegal instruction, pc 0x110cc, sfence.vma zero,zero" },
        { "wfi", RunEnd.Fault, 132, "illegal instruction, pc 0x110d2, wfi" },
        { "ebreak", RunEnd.Fault, 133, "breakpoint, pc 0x110d8" },
        { "stack-overflow", RunEnd.Fault, 139, "store page fault, pc 0x111fa, address 0x" },
        { "misaligned-jump", RunEnd.Fault, 132, "illegal instruction, pc 0x11174" },
        { "write-text", RunEnd.Fault, 139, "store page fault, pc 0x110e4, address 0x110d8, sd zero,0(a5)" },
        { "exec-data", RunEnd.Fault, 139, "instruction page fault, pc 0x13860, address 0x13860" },
        { "endless-loop", RunEnd.BudgetExhausted, 124, "budget of 20000000 instructions exhausted" },
        { "memory-hog", RunEnd.MemoryExhausted, 137, "memory quota of 8388608 bytes exhausted" },
        { "flood", RunEnd.Exited, 0, null },
        { "bad-pointer", RunEnd.Exited, 14, null },
        { "unknown-call", RunEnd.Exited, 38, null },
        { "exit-42", RunEnd.Exited, 42, null },
    };

    [Theory]
    [MemberData(nameof(Deeds))]
    public async Task Deed_Done_EndsPreciselyAndLeavesNothing(string deed, RunEnd end, int exitCode, string? message)
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await os.RunAsync(Programs.Misbehave("exit-42"));
        await os.SettleAsync();
        ulong before = os.LiveFrames;
        var neighbour = await os.StartAsync(Programs.Lisp("fib.scm"));
        var result = await os.RunAsync(Programs.Misbehave(deed));
        (result.End, result.ExitCode).Should().Be((end, exitCode));
        if (message is null)
        {
            result.Message.Should().BeNull();
        }
        else
        {
            result.Message.Should().StartWith($"cell {result.Cell} (misbehave.elf) at depth 0: {message}");
        }

        (result.Fault is not null).Should().Be(end == RunEnd.Fault);
        (await neighbour.WaitAsync()).IsSuccess.Should().BeTrue("a neighbour takes no notice");
        ulong kept = ((ulong)new FileInfo(Programs.LispPath).Length + 4095) / 4096;
        await os.SettleAsync();
        os.LiveFrames.Should().BeLessThanOrEqualTo(before + kept, "all that the two held has come back, but for the neighbour's file, which is kept");
        (await os.RunAsync(Programs.Misbehave("exit-42"))).ExitCode.Should().Be(42, "the kernel goes on");
    }

    [Fact]
    public async Task Deeds_AllAtOnce_LeaveWhatWasThere()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await os.RunAsync(Programs.Misbehave("exit-42"));
        await os.SettleAsync();
        ulong before = os.LiveFrames;
        for (int round = 0; round < 2; round++)
        {
            var results = await Task.WhenAll(Deeds.Select(d => os.RunAsync(Programs.Misbehave((string)d[0]))));
            results.Select(r => r.End).Should().Equal(Deeds.Select(d => (RunEnd)d[1]));
            await os.SettleAsync();
            os.LiveFrames.Should().Be(before);
        }

        (await os.GetCellsAsync()).Should().OnlyContain(c => c.Program == null);
        (await os.CountTargetsAsync()).Should().Be(0, "streams and directories of ended programs are forgotten");
    }

    [Fact]
    public async Task Message_OfAFault_IsTheWholeLine()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.RunAsync(Programs.MisbehavePath, ["null-write"]);
        result.Message.Should().Be($"cell {result.Cell} (misbehave.elf) at depth 0: store page fault, pc 0x1107a, address 0x0, sd zero,0(a5)");
        var fault = result.Fault!;
        (fault.CauseNumber, fault.Pc, fault.Address, fault.Text).Should().Be((15, 0x1107aUL, 0UL, "sd zero,0(a5)"));
    }
}

namespace ObjectOS.Tests;

/// <summary>A real program, its scripts in a granted directory; what they print was recorded under qemu-riscv64.</summary>
public sealed class LispTests
{
    [Theory]
    [InlineData("fib", 0)]
    [InlineData("pi", 0)]
    [InlineData("primes", 0)]
    [InlineData("queens", 0)]
    [InlineData("words", 0)]
    [InlineData("error", 1)]
    public async Task Script_Run_PrintsWhatItDoesElsewhere(string name, int exitCode)
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.RunAsync(Programs.Lisp($"{name}.scm"));
        result.Output.Should().Be(await File.ReadAllTextAsync(Path.Combine(Programs.Scripts, $"{name}.expected")));
        result.End.Should().Be(RunEnd.Exited);
        result.ExitCode.Should().Be(exitCode);
    }

    [Fact]
    public async Task Script_RunTwice_TakesTheSameInstructions()
    {
        var results = new List<RunResult>();
        for (int i = 0; i < 2; i++)
        {
            await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
            results.Add(await os.RunAsync(Programs.Lisp("fib.scm") with { ReportsState = true }));
        }

        var (a, b) = (results[0], results[1]);
        (a.Instructions, a.Charged, a.Traps, a.StateHash).Should().Be((b.Instructions, b.Charged, b.Traps, b.StateHash));
        a.StateHash.Should().NotBeNull();
    }

    [Fact]
    public async Task StateHash_Wanted_ChangesNoFigure()
    {
        await using var plain = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        await using var hashing = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var without = await plain.RunAsync(Programs.Lisp("fib.scm"));
        var with = await hashing.RunAsync(Programs.Lisp("fib.scm") with { ReportsState = true });
        (with.Instructions, with.Charged, with.Traps).Should().Be((without.Instructions, without.Charged, without.Traps));
    }

    [Fact]
    public async Task Directory_NotGranted_IsNotThere()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.RunAsync(Programs.Lisp("fib.scm") with { Directories = [] });
        result.ExitCode.Should().NotBe(0);
        result.Error.Should().Contain("cannot open scripts/fib.scm");
    }

    [Fact]
    public async Task Program_RunAgain_SharesTheFramesOfItsFile()
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Live);
        ulong[] frames = new ulong[3];
        var cells = new List<Cell>();
        for (int i = 0; i < 3; i++)
        {
            frames[i] = os.LiveFrames;
            cells.Add(await os.StartAsync(new ProgramSpec { Path = Programs.LispPath, StandardInput = new NeverStream() }));
            await Eventually.BecomesAsync(async () => (await os.GetCellsAsync()).Any(c => c.Program == cells[i].Spec && c.Figures.Instructions > 500_000));
        }

        // The second one takes no frames for the file's text (75 of its 112 pages); its own data and stack it does.
        ulong first = frames[1] - frames[0];
        ulong second = frames[2] - frames[1];
        second.Should().BeLessThan(first - 75);
    }
}

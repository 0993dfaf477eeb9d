namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos compare</c>: exit codes and one sentence for each kind of invalid report.</summary>
public sealed class CompareTests
{
    [Fact]
    public async Task Program_WithoutEnd_IsAnInvalidReport_AfterTheTimeout()
    {
        string scenario = Path.GetTempFileName();
        try
        {
            await System.IO.File.WriteAllTextAsync(scenario, $"run {Tool.Misbehave} endless-loop\n");
            var run = await Tool.RunAsync("compare", "--timeout", "500ms", "--left", "current", "--right", "left", scenario);
            run.ExitCode.Should().Be(2, run.Error);
            run.Text.Should().EndWith("invalid: the left version has not ended within 0.5 s of host time; a longer time-out or a budget is wanted\n");
        }
        finally
        {
            System.IO.File.Delete(scenario);
        }
    }

    [Fact]
    public async Task Fault_ThatIsNeverReached_IsAnInvalidReport()
    {
        var run = await Tool.RunAsync("compare", "--left", $"program:{Tool.Misbehave}", "--right", "left+fault:call:5000");
        run.ExitCode.Should().Be(2, run.Error);
        run.Text.Should().Contain("invalid: right: the fault of system call 5000 is never reached: the guest made ");
    }

    [Fact]
    public async Task Scenario_WithAValueOutOfRange_IsWrongUsageAtItsLine()
    {
        string scenario = Path.GetTempFileName();
        try
        {
            await System.IO.File.WriteAllTextAsync(scenario, "# deep\ndepth 257\n");
            var run = await Tool.RunAsync("compare", "--left", "current", "--right", "left", scenario);
            (run.ExitCode, run.Text, run.Error).Should().Be((3, "", $"objectos: {scenario}:2: depth is 257; 0 to 256 is wanted\n"));
        }
        finally
        {
            System.IO.File.Delete(scenario);
        }
    }
}

using ObjectOS.Testing;

namespace ObjectOS.Tests.Testing;

/// <summary>Checks of results: what passes, and that a failure shows the guest's output.</summary>
public sealed class ResultChecksTests
{
    [Fact]
    public async Task Result_AsWanted_IsReturned_AndAnotherShowsTheOutput()
    {
        await using var os = ObjectOs.Boot();
        var result = await os.RunAsync(Repository.PathOf("images", "misbehave", "misbehave.elf"), ["exit-42"]);
        result.ShouldHaveExited(42).Should().BeSameAs(result);
        result.Invoking(r => r.ShouldHaveExited(0)).Should().Throw<ResultException>().WithMessage("*misbehave.elf: Exited with code 42; an exit with 0 is wanted.*standard error*misbehave: exit 42*");
        result.Invoking(r => r.ShouldHavePrinted("something")).Should().Throw<ResultException>().Which.Result.Should().BeSameAs(result);
    }
}

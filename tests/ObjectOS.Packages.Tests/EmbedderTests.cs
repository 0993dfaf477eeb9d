using Xunit.Abstractions;

namespace ObjectOS.Tests.Packages;

/// <summary>What a program outside of the repository does with the packages; the scenarios are in <c>tests/Embedder</c>.</summary>
[Collection(PackagesCollection.Name)]
public sealed class EmbedderTests(PackagesFixture packages, ITestOutputHelper output)
{
    [Theory]
    [InlineData(1, "two programs that a pipe joins")]
    [InlineData(2, "slow neighbours")]
    [InlineData(3, "streams that fail")]
    [InlineData(4, "large output, and the order of two outputs")]
    [InlineData(5, "cancellation and pauses")]
    [InlineData(6, "hosting")]
    [InlineData(7, "a machine at its prompt")]
    [InlineData(8, "a share for everyone")]
    [InlineData(9, "a soak")]
    public async Task Scenario_OfAnEmbedder_Succeeds(int scenario, string about)
    {
        string text = await packages.RunAsync(scenario);
        output.WriteLine($"{about}:\n{text}");
        text.Split('\n').Should().Contain("ok");
    }
}

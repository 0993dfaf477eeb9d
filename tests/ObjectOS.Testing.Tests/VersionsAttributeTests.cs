using ObjectOS.Testing;
using ObjectOS.Testing.Xunit;
using ObjectOS.Versions;

namespace ObjectOS.Tests.Testing;

/// <summary>Theories over versions.</summary>
public sealed class VersionsAttributeTests
{
    [Theory]
    [Versions("current", "current+seed:5")]
    public async Task Version_OfTheTheory_RunsAProgram(OsVersion version)
    {
        var options = new ObjectOsOptions();
        version.Apply(options);
        await using var os = ObjectOs.Boot(options);
        (await os.RunAsync(Repository.PathOf("images", "misbehave", "misbehave.elf"), ["exit-42"])).ShouldHaveExited(42);
        options.Seed.Should().Be(version.Seed ?? 0);
    }

    [Fact]
    public void Version_ThatIsNone_IsRefusedInOneSentence() =>
        new VersionsAttribute("nothing").Invoking(data => data.GetData(null!).ToList()).Should().Throw<VersionException>().WithMessage("\"nothing\" is not a version: *");
}

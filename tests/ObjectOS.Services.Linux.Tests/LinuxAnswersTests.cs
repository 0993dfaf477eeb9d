using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>What the calls answer, against what Linux 6 answers (images/linuxcheck): in memory, also with the service reborn between any two messages.</summary>
public sealed class LinuxAnswersTests
{
    [Theory]
    [InlineData("names", false, false)]
    [InlineData("names", true, true)]
    [InlineData("times", false, false)]
    [InlineData("times", true, true)]
    [InlineData("transfers", false, false)]
    [InlineData("transfers", true, true)]
    [InlineData("processes", false, false)]
    [InlineData("processes", true, false)]
    [InlineData("polls", false, false)]
    [InlineData("polls", true, false)]
    [InlineData("locks", false, false)]
    [InlineData("locks", true, false)]
    public void LinuxCheck_Group_PrintsWhatLinuxPrints(string group, bool isReborn, bool isSuspended)
    {
        var end = new Guest { Program = Guest.Image("linuxcheck/linuxcheck.elf"), Arguments = [group], WorkingDirectory = "/tmp", IsReborn = isReborn, IsSuspended = isSuspended }.Run();
        end.Output.Should().Be(File.ReadAllText(Guest.Image($"linuxcheck/{group}.expected")));
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }

    [Theory]
    [InlineData(1000, 2000, 0)]
    [InlineData(2000, 1000, 22)]
    public void ResourceLimits_SoftAboveHard_IsRefused(ulong soft, ulong hard, int error) =>
        ((int)new ResourceLimits().Set(4, soft, hard)).Should().Be(error);

    [Fact]
    public void ResourceLimits_ThatNothingWouldKeep_AreRefused()
    {
        var limits = new ResourceLimits();
        limits.Set(0, 10, 10).Should().Be(Errno.EPERM);
        limits.Set(7, 64, 2048).Should().Be(Errno.EPERM);
        limits.Set(7, 64, 64).Should().Be(Errno.None);
        limits.Set(7, 64, 128).Should().Be(Errno.EPERM);
        limits[7].Should().Be((64UL, 64UL));
    }

    [Theory]
    [InlineData("/a/b", "b", false)]
    [InlineData("/a/b//", "b", true)]
    [InlineData("/a/.", ".", false)]
    [InlineData("/a/../", "..", true)]
    [InlineData("//", "", true)]
    public void PathEnd_Path_IsItsLastNameAndSlash(string path, string last, bool hasSlash) => PathEnd.Of(path).Should().Be(new PathEnd(hasSlash, last));
}

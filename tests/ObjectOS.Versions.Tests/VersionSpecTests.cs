namespace ObjectOS.Tests.Versions;

/// <summary>The names of versions: what is one, what it says, and the sentence for what is none.</summary>
public sealed class VersionSpecTests
{
    [Theory]
    [InlineData("current", VersionKind.Current, "")]
    [InlineData("left", VersionKind.Left, "")]
    [InlineData("kernel:a/b.dll", VersionKind.Kernel, "/base/a/b.dll")]
    [InlineData("services:/x/y", VersionKind.Services, "/x/y")]
    [InlineData("boot:m.json", VersionKind.Boot, "/base/m.json")]
    [InlineData("program:../p.elf", VersionKind.Program, "/p.elf")]
    [InlineData("program:c++/a+b", VersionKind.Program, "/base/c++/a+b")]
    public void Name_OfAKind_HasItsPath(string text, VersionKind kind, string path)
    {
        VersionSpec.TryParse(text, "/base", out var spec, out string problem).Should().BeTrue(problem);
        (spec!.Kind, spec.Path).Should().Be((kind, path));
        spec.Changes.Should().BeEmpty();
        spec.LoadsAssemblies.Should().Be(kind is VersionKind.Kernel or VersionKind.Services);
    }

    [Fact]
    public void Name_WithChanges_KeepsThemInOrder()
    {
        VersionSpec.TryParse("kernel:k+seed:7+fault:call:120+fault:event:console/3+fault:output:login: +device:blk0:delay=5ms+input:in.txt", "/base", out var spec, out string problem).Should().BeTrue(problem);
        spec!.Path.Should().Be("/base/k");
        spec.Changes.Should().Equal(
            new VersionChange(ChangeKind.Seed, "7"), new VersionChange(ChangeKind.Fault, "call:120"), new VersionChange(ChangeKind.Fault, "event:console/3"),
            new VersionChange(ChangeKind.Fault, "output:login: "), new VersionChange(ChangeKind.Device, "blk0:delay=5ms"), new VersionChange(ChangeKind.Input, "/base/in.txt"));
        spec.Changes[0].Seed.Should().Be(7);
    }

    [Theory]
    [InlineData("kernel:k+seed:7+input:in")]
    [InlineData("left+fault:call:1")]
    [InlineData("current")]
    public void Name_WrittenAndReadElsewhere_IsTheSame(string text)
    {
        VersionSpec.TryParse(text, "/base", out var spec, out _).Should().BeTrue();
        VersionSpec.TryParse(spec!.ToString(), "/elsewhere", out var again, out _).Should().BeTrue();
        again!.ToString().Should().Be(spec.ToString());
        again.Changes.Should().Equal(spec.Changes);
    }

    [Theory]
    [InlineData("", "\"\" is not a version: current, left, kernel:PATH, services:PATH, boot:FILE or program:FILE is wanted")]
    [InlineData("kernal:x", "\"kernal:x\" is not a version: current, left, kernel:PATH, services:PATH, boot:FILE or program:FILE is wanted")]
    [InlineData("current:x", "\"current:x\" is not a version: current, left, kernel:PATH, services:PATH, boot:FILE or program:FILE is wanted")]
    [InlineData("kernel:", "\"kernel:\" names no file")]
    [InlineData("left+speed:2", "\"+speed:2\" is a change of no known kind: seed, fault, device and input are known")]
    [InlineData("left+seed:-1", "\"+seed:-1\" names no seed: a whole number, 0 or more, is wanted")]
    [InlineData("left+seed:1+seed:2", "\"left+seed:1+seed:2\" changes the seed twice")]
    [InlineData("left+fault:call", "\"+fault:call\" names no position: call:N, event:LANE/N, instruction:N, time:NS or output:TEXT is wanted")]
    [InlineData("left+fault:call:x", "\"+fault:call:x\" names no position: call:N, event:LANE/N, instruction:N, time:NS or output:TEXT is wanted")]
    [InlineData("left+fault:event:3", "\"+fault:event:3\" names no position: call:N, event:LANE/N, instruction:N, time:NS or output:TEXT is wanted")]
    [InlineData("left+device:blk0", "\"+device:blk0\" is not written as device:NAME:HOW")]
    [InlineData("left+input:", "\"+input:\" names no file")]
    [InlineData("kernel:a\0b", "the path of a version holds a NUL character")]
    public void Name_OfNoVersion_GetsASentence(string text, string sentence)
    {
        VersionSpec.TryParse(text, "/base", out var spec, out string problem).Should().BeFalse();
        spec.Should().BeNull();
        problem.Should().Be(sentence);
    }
}

namespace ObjectOS.Tests;

/// <summary>Native programs, by the facade, at depths 0 and 8.</summary>
public sealed class NativeTests
{
    private static ProgramSpec Image(string name, params string[] arguments) =>
        new() { Path = Repository.PathOf("images", name, $"{name}.elf"), Name = name, Arguments = arguments };

    [Theory]
    [InlineData(0)]
    [InlineData(8)]
    public async Task NativePrograms_BesideALinuxOne_SayWhatTheyShould(int depth)
    {
        await using var os = await ObjectOs.BootAsync();
        var innermost = os;
        for (int i = 0; i < depth; i++)
        {
            innermost = await innermost.CreateChildAsync();
        }

        var linux = innermost.RunAsync(Programs.Lisp("fib.scm"));
        (await innermost.RunAsync(Image("hello", "a", "b"))).Output.Should().Be("hello from a cell a b\n");
        var pingpong = (await innermost.RunAsync(Image("pingpong", "1000"))).EnsureSuccess();
        pingpong.Output.Should().StartWith("1000 calls and answers in ");
        (await innermost.RunAsync(Image("server"))).EnsureSuccess().Output.Should().Contain("12 of 12 clients got their own sums");
        (await innermost.RunAsync(Image("share"))).EnsureSuccess();
        var fault = await innermost.RunAsync(Image("misbehave-native", "null-write"));
        (fault.End, fault.ExitCode, fault.Fault!.Address).Should().Be((RunEnd.Fault, 139, 0UL));
        (await linux).EnsureSuccess();
    }
}

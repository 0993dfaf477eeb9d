using System.Text.Json;
using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Testing;

/// <summary>The first difference is shown with the variables of the guest that differ then, by their names.</summary>
public sealed class ChangedMemoryTests
{
    /// <summary>A program that goes another way once a global says so; the padding has its other variables at other addresses.</summary>
    private const string Source = """
        #include <stdio.h>
        #include <unistd.h>
        int padding[PADDING] = {1};
        int limit = LIMIT, *pointer = &limit;
        struct { long calls, seen[4]; } state;
        int main(void) {
            for (int i = 0; i < 5; i++) {
                state.calls++;
                if (i == *pointer) {
                    state.seen[2] = 7;
                }
                getppid();
            }
            write(1, state.seen[2] ? "seen\n" : "none\n", 5);
            return 0;
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Builds_WithAnotherGlobal_ShowItAndWhatItChanged(int depth)
    {
        using var left = await CrossProgram.MakeAsync(Source, "-O1", "-DLIMIT=3", "-DPADDING=1");
        using var right = await CrossProgram.MakeAsync(Source, "-O1", "-DLIMIT=9", "-DPADDING=100");
        var report = await Comparison.RunAsync(new LocalVersion("left") { Program = left.Path }, new LocalVersion("right") { Program = right.Path }, [new Scenario { Depth = depth }]);
        var divergence = report.Scenarios[0].Divergence!;
        divergence.Left!.Text.Should().StartWith("write(1, \"seen");
        var words = divergence.Memory.Select(word => (word.Place, word.Left, word.Right)).ToArray();
        words.Should().Contain([("limit", "0x3", "0x9"), ("state+0x18", "0x7", "0x0")]);
        words.Should().NotContain(word => word.Place.StartsWith("pointer") || word.Place == "state", "a pointer to the same variable and an equal count are no difference");
        divergence.MemoryCount.Should().Be(2);

        TextReport.Write(report).Should().Contain("limit (0x").And.Contain(": 0x3 on the left, 0x9 on the right");
        HtmlReport.Write(report).Should().Contain("<code>limit</code></td><td><code>0x3</code></td><td><code>0x9</code>");
        var memory = JsonDocument.Parse(JsonReport.Write(report)).RootElement.GetProperty("scenarios")[0].GetProperty("divergence").GetProperty("memory");
        memory.EnumerateArray().Should().Contain(word => word.GetProperty("symbol").GetString() == "limit" && word.GetProperty("right").GetString() == "0x9");
    }
}

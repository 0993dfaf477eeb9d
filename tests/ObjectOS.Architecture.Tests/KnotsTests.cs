namespace ObjectOS.Tests.Architecture;

/// <summary>
/// A knot is a set of types of which each uses, over others, each other one: a reader has to know all of them at once.
/// Each project of the facade and below has a ceiling for its largest knot. The ceilings only fall: who unties a knot writes the new number here.
/// </summary>
public sealed class KnotsTests
{
    /// <summary>The number of types in the largest strongly connected component of the facade and of each project below it.</summary>
    private static readonly Dictionary<string, int> Ceilings = new()
    {
        ["ObjectOS.Abi"] = 1,
        ["ObjectOS.Cpu"] = 2,
        ["ObjectOS.Client"] = 3,
        ["ObjectOS.Machine"] = 5,
        ["ObjectOS.Kernel"] = 46,
        ["ObjectOS.Services.Programs"] = 1,
        ["ObjectOS.Services.Console"] = 1,
        ["ObjectOS.Services.Files"] = 3,
        ["ObjectOS.Services.Linux"] = 78,
        ["ObjectOS.Services.Native"] = 2,
        ["ObjectOS.Services.Vmm"] = 8,
        ["ObjectOS"] = 21,
    };

    public static TheoryData<string> Projects => [.. Ceilings.Keys];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Types_OfAProject_FormAKnotAsLargeAsItsCeiling(string project)
    {
        string[] knot = TypeGraph.LargestComponent(Path.Combine(AppContext.BaseDirectory, project + ".dll"));
        knot.Should().HaveCount(Ceilings[project], "a larger knot must be untied, and a smaller one lowers the ceiling; the knot is {0}", string.Join(", ", knot));
    }
}

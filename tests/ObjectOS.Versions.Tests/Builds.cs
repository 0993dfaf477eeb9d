namespace ObjectOS.Tests.Versions;

/// <summary>The builds that tests load, of the same configuration as the tests.</summary>
internal static class Builds
{
    private static readonly string Configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    public static string Kernel => Output("kernel/ObjectOS.Kernel");

    public static string Linux => Output("services/ObjectOS.Services.Linux");

    public static string Vmm => Output("services/ObjectOS.Services.Vmm");

    public static string RoundRobin => Output("tests/Kernels/RoundRobin");

    public static string StarvingScheduler => Output("tests/Kernels/Defects/StarvingScheduler");

    public static string LostWakeUp => Output("tests/Kernels/Defects/LostWakeUp");

    public static string WrongErrno => Output("tests/Kernels/Defects/WrongErrno");

    public static string OffByOneDevice => Output("tests/Kernels/Defects/OffByOneDevice");

    public static string Worker => Path.Combine(Output("src/ObjectOS.Worker"), "ObjectOS.Worker.dll");

    public static string Image(string name) => Repository.PathOf("images", name, name + ".elf");

    public static OsVersion Load(string text)
    {
        VersionSpec.TryParse(text, out var spec, out string problem).Should().BeTrue(problem);
        return VersionLoader.Load(spec!);
    }

    /// <summary>The assembly of a build with the project's name.</summary>
    public static string AssemblyOf(string folder) => Path.Combine(folder, new DirectoryInfo(folder).Parent!.Parent!.Parent!.Name + ".dll");

    private static string Output(string project) => Repository.PathOf([.. project.Split('/'), "bin", Configuration, "net10.0"]);
}

using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;
using ObjectOS.Tests;

namespace ObjectOS.Services.Linux.Tests;

/// <summary>
/// A dynamic program in a root of layers does with its files what it does on Linux: each check of <c>root.c</c> was first run there. The service may be saved and
/// restored between any two messages, and its memory suspended.
/// </summary>
public sealed class RootTests
{
    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Root_DynamicProgram_DoesAsOnLinux(bool isReborn, bool isSuspended)
    {
        using var program = await CrossProgram.MakeDynamicAsync(await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "root.c")), "-O1", "-w");
        var end = new Guest
        {
            Program = "/bin/root",
            Arguments = ["/w"],
            Layer = Build(program.Path),
            IsReborn = isReborn,
            IsSuspended = isSuspended,
            MemoryLimit = 256UL << 20,
        }.Run();
        end.Output.Should().Be("done\n", "{0} {1}", end.Record.Text, end.Error);
        (end.Reason, end.Code).Should().Be((ProgramEnd.Exited, 0UL));
    }

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    public async Task Locks_BetweenProcesses_DoAsOnLinux(bool isReborn, bool isSuspended, bool isOnHost)
    {
        using var program = await CrossProgram.MakeAsync(await File.ReadAllTextAsync(Repository.PathOf("tests", "Shared", "Guests", "locks.c")), "-O1", "-w");
        var folder = isOnHost ? Directory.CreateTempSubdirectory("objectos-locks-") : null;
        var end = new Guest { Program = program.Path, Arguments = [isOnHost ? "/w" : "/tmp"], Directory = folder?.FullName, IsReborn = isReborn, IsSuspended = isSuspended }.Run();
        folder?.Delete(recursive: true);
        end.Output.Should().Be("done\n", "{0} {1}", end.Record.Text, end.Error);
    }

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData("/bin/none", 127, "No such file or directory")]
    [InlineData("none", 127, "No such file or directory")]
    [InlineData("/w/d/two", 126, "Permission denied")]
    [InlineData("/w/text", 126, "not an ELF file: bytes 0 to 3 are not 7f 45 4c 46")]
    [InlineData("/w/astray", 127, "the interpreter /nowhere of a script cannot be opened")]
    [InlineData("/w", 126, "Permission denied")]
    public async Task Root_WithoutThatProgram_SaysWhy(string path, int code, string problem)
    {
        using var program = await CrossProgram.MakeDynamicAsync("int main(void) { return 0; }");
        var end = new Guest { Program = path, Layer = Build(program.Path) }.Run();
        (end.Reason, end.Code, end.Record.Text).Should().Be((ProgramEnd.NotRunnable, (ulong)code, problem));
    }

    /// <summary>A root with a program, the dynamic linker, the C library, and the files that root.c wants.</summary>
    private static (LayerNode, IReadOnlyDictionary<uint, byte[]>) Build(string program)
    {
        var builder = new LayerBuilder();
        var contents = new Dictionary<uint, byte[]>();
        AddFile("bin/root", 0x1ed, File.ReadAllBytes(program));
        foreach (string library in (string[])["ld-linux-riscv64-lp64d.so.1", "libc.so.6"])
        {
            AddFile($"lib/{library}", 0x1ed, File.ReadAllBytes(Path.Combine(CrossProgram.Libraries, library)));
        }

        byte[] big = [.. Enumerable.Range(0, 100_000).Select(i => (byte)('a' + (i % 26)))];
        big[^1] = (byte)'z';
        AddFile("w/d/one", 0x1a4, "one\n"u8.ToArray());
        builder.TryAdd("w/d/two", builder.Find("w/d/one")!).Should().BeTrue();
        AddFile("w/d/big", 0x1a4, big);
        AddFile("w/d/deep/er/x", 0x1a4, "x"u8.ToArray());
        AddFile("w/text", 0x1ed, "no program\n"u8.ToArray());
        AddFile("w/astray", 0x1ed, "#!/nowhere\n"u8.ToArray());
        builder.TryAdd("w/d/link", new LayerNode { Kind = LayerNodeKind.Link, Mode = 0x1ff, Target = "one" }).Should().BeTrue();
        return (builder.Build((uint)contents.Count), contents);

        void AddFile(string path, uint mode, byte[] bytes)
        {
            contents.Add((uint)contents.Count + 1, bytes);
            builder.TryAdd(path, new LayerNode { Kind = LayerNodeKind.File, Mode = mode, Length = (ulong)bytes.Length, FileNumber = (uint)contents.Count }).Should().BeTrue();
        }
    }
}

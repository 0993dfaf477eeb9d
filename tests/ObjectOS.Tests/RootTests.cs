using System.Formats.Tar;
using System.IO.Compression;

namespace ObjectOS.Tests;

/// <summary>Programs in roots: directories and archives of the host, with the compiler's own dynamic linker and C library.</summary>
public sealed class RootTests
{
    private const string Source = """
        #include <stdio.h>
        #include <unistd.h>
        int main(int count, char **words) {
            FILE *f = fopen("/data", "a+");
            fprintf(f, "%s", words[1]);
            rewind(f);
            char all[100];
            all[fread(all, 1, 99, f)] = 0;
            printf("%d %s\n", (int)getuid(), all);
            return 0;
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData("directory", 0)]
    [InlineData("tar", 0)]
    [InlineData("tar", 1)]
    [InlineData("gzip", 8)]
    public async Task Root_OfEachKind_IsSharedAndNotChanged(string kind, int depth)
    {
        using var program = await CrossProgram.MakeDynamicAsync(Source);
        var folder = Make(program.Path);
        try
        {
            using var root = FileLayer.Open(Pack(folder.FullName, kind));
            await using var os = await ObjectOs.BootAsync();
            var innermost = await Levels.DescendAsync(os, depth);
            var spec = new ProgramSpec { Root = [root], Path = "/bin/program", Arguments = ["one"] };
            var first = await innermost.RunAsync(spec);
            var second = await innermost.RunAsync(spec with { Arguments = ["two"] });
            (first.EnsureSuccess().Output, second.EnsureSuccess().Output).Should().Be(("0 dataone\n", "0 datatwo\n"));
            (await innermost.RunAsync(spec with { User = 7 })).ExitCode.Should().NotBe(0, "user 7 may not change the file, and cannot even search a directory of mode 0700");
            root.Digest.Should().HaveLength(64);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        File.Delete(folder.FullName + "." + kind);
    }

    [Theory]
    [InlineData("", "an archive has at least 1024")]
    [InlineData("no archive, but a text that is long enough to be looked at", "no tar archive, or a damaged one")]
    public void Open_OfNoArchive_SaysWhatIsWrong(string text, string wanted)
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, text);
        var open = () => FileLayer.Open(path);
        open.Should().Throw<InvalidDataException>().WithMessage("*" + wanted + "*");
        File.Delete(path);
        open.Should().Throw<FileNotFoundException>();
    }

    [Fact]
    public void Open_OfAnArchiveWithANameThatIsNotUtf8_IsRefused()
    {
        string path = Path.GetTempFileName();
        using (var file = File.Create(path))
        using (var writer = new TarWriter(file, TarEntryFormat.Ustar))
        {
            writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, "name-X"));
        }

        byte[] bytes = File.ReadAllBytes(path);
        bytes[bytes.AsSpan().IndexOf((byte)'X')] = 0xe9;
        int sum = bytes.AsSpan(0, 512).ToArray().Select((value, at) => at is >= 148 and < 156 ? (int)' ' : value).Sum();
        System.Text.Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(bytes, 148);
        File.WriteAllBytes(path, bytes);
        var open = () => FileLayer.Open(path);
        open.Should().Throw<InvalidDataException>().WithMessage("*is not UTF-8*");
        File.Delete(path);
    }

    private static DirectoryInfo Make(string program)
    {
        var folder = Directory.CreateTempSubdirectory("objectos-root-");
        folder.CreateSubdirectory("bin");
        folder.CreateSubdirectory("lib");
        File.Copy(program, Path.Combine(folder.FullName, "bin", "program"));
        foreach (string library in (string[])["ld-linux-riscv64-lp64d.so.1", "libc.so.6"])
        {
            File.Copy(Path.Combine(CrossProgram.Libraries, library), Path.Combine(folder.FullName, "lib", library));
        }

        File.WriteAllText(Path.Combine(folder.FullName, "data"), "data");
        return folder;
    }

    private static string Pack(string folder, string kind)
    {
        if (kind == "directory")
        {
            return folder;
        }

        string packed = folder + "." + kind;
        using var file = File.Create(packed);
        using Stream stream = kind == "gzip" ? new GZipStream(file, CompressionLevel.Fastest) : file;
        TarFile.CreateFromDirectory(folder, stream, includeBaseDirectory: false);
        return packed;
    }
}

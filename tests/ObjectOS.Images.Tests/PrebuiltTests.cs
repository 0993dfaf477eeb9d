using System.Buffers.Binary;
using System.Security.Cryptography;

namespace ObjectOS.Tests;

/// <summary>The prebuilt binaries are what their manifests say, and what their sources give.</summary>
public sealed class PrebuiltTests
{
    private const string Compiler = "riscv64-linux-gnu-gcc";
    private const long LargestBinary = 1_000_000;

    public static TheoryData<string> Names => new(ImageManifest.All().Select(image => image.Name));

    private static ImageManifest Find(string name) => ImageManifest.All().Single(image => image.Name == name);

    [Theory]
    [MemberData(nameof(Names))]
    public void Binary_OfEveryImage_HasTheStatedHash(string name)
    {
        ImageManifest image = Find(name);
        Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(image.BinaryPath))).Should().Be(image.Sha256);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Binary_OfEveryImage_IsSmallerThanAMegabyte(string name) =>
        new FileInfo(Find(name).BinaryPath).Length.Should().BeLessThan(LargestBinary);

    [Theory]
    [MemberData(nameof(Names))]
    public void Manifest_OfEveryImage_NamesFilesThatAreThere(string name)
    {
        ImageManifest image = Find(name);
        Path.GetFileName(image.Folder).Should().Be(name);
        image.Sources.Should().NotBeEmpty();
        image.Sources.Append(image.Build).Should().OnlyContain(file => File.Exists(Path.Combine(image.Folder, file)));
    }

    [Theory]
    [InlineData("tiny", 100_000)]
    [InlineData("matrix", 100_000)]
    [InlineData("netcheck", 50_000)]
    [InlineData("virtiocheck", 50_000)]
    public void Binary_OfASupervisorProgram_IsSmallAndStartsWhereFirmwareJumps(string name, int largest)
    {
        const ulong whereFirmwareJumps = 0x8020_0000;
        const int entryOffset = 24; // e_entry of ELF64
        byte[] bytes = File.ReadAllBytes(Find(name).BinaryPath);
        bytes.Length.Should().BeLessThan(largest);
        BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(entryOffset)).Should().Be(whereFirmwareJumps);
    }

    [NeedsFact(Compiler)]
    public async Task Build_ByTheStatedCompiler_GivesTheSameBytes()
    {
        string version = (await HostProgram.RunAsync(Compiler, ImageManifest.Root, "--version")).Output.Split('\n')[0];

        // Another version's bytes say nothing about these: then it is enough that the sources build.
        foreach (ImageManifest image in ImageManifest.All())
        {
            string built = Directory.CreateTempSubdirectory("objectos-image-").FullName;
            try
            {
                HostProgram.Result result = await HostProgram.RunAsync("sh", image.Folder, Path.Combine(image.Folder, image.Build), built);
                result.ExitCode.Should().Be(0, "{0} builds: {1}", image.Name, result.Error);
                byte[] bytes = await File.ReadAllBytesAsync(Path.Combine(built, image.Binary));
                if (image.Compiler == version)
                {
                    Convert.ToHexStringLower(SHA256.HashData(bytes)).Should().Be(image.Sha256, "{0} is reproducible", image.Name);
                }
            }
            finally
            {
                Directory.Delete(built, recursive: true);
            }
        }
    }
}

using System.IO.Compression;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace ObjectOS.Cli.Tests;

/// <summary><c>objectos boot</c>: files that come compressed, in formats of other emulators, or linked past the machine's memory.</summary>
public sealed class BootFileTests
{
    private static string Tiny => ObjectOS.Tests.Repository.PathOf("images", "tiny", "tiny.elf");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Kernel_CompressedByGzip_Boots(bool isImage)
    {
        using var folder = new TemporaryFolder();
        byte[] packed = Pack(await File.ReadAllBytesAsync(Tiny));
        string file = folder.Write("tiny.elf.gz", packed);
        string[] line = ["boot", "--json", "--append", "markonly", .. isImage ? new[] { file } : ["--kernel", file]];
        var run = await Tool.RunAsync(line);
        run.ExitCode.Should().Be(0, run.Error);
        using var figures = JsonDocument.Parse(run.Error);
        figures.RootElement.GetProperty("sha256").GetString().Should().Be(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(packed)), "the hash is that of the file as typed");
    }

    [Fact]
    public async Task Kernel_ThatUnpacksToMoreThanTheMachine_IsRefused()
    {
        using var folder = new TemporaryFolder();
        string bomb = folder.Write("bomb.gz", Pack(new byte[64 << 20]));
        var run = await Tool.RunAsync("boot", "--memory", "16M", bomb);
        (run.ExitCode, run.Text, run.Error).Should().Be((126, "", $"objectos: {bomb}: the file is compressed by gzip and unpacks to more than 16777216 bytes, the most that the machine can take\n"));
    }

    [Theory]
    [InlineData(0.5, "cut off")]
    [InlineData(0.999, "cut off")]
    [InlineData(-1, "damaged")]
    [InlineData(-2, "other bytes follow it")]
    public async Task Kernel_CompressedAndDamaged_IsRefusedInASentence(double kept, string said)
    {
        using var folder = new TemporaryFolder();
        byte[] packed = Pack(await File.ReadAllBytesAsync(Tiny));
        if (kept == -1)
        {
            packed[^6] ^= 1;
        }

        string file = folder.Write("tiny.gz", kept > 0 ? packed[..(int)(packed.Length * kept)] : kept == -2 ? [.. packed, 1, 2, 3] : packed);
        var run = await Tool.RunAsync("boot", file);
        (run.ExitCode, run.Text).Should().Be((126, ""));
        run.Error.Should().StartWith($"objectos: {file}: the file is compressed by gzip and ").And.Contain(said);
        run.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [InlineData("qcow2", 0, new byte[] { (byte)'Q', (byte)'F', (byte)'I', 0xfb, 0, 0, 0, 3 })]
    [InlineData("qed", 0, new byte[] { (byte)'Q', (byte)'E', (byte)'D', 0 })]
    [InlineData("vmdk", 0, new byte[] { (byte)'K', (byte)'D', (byte)'M', (byte)'V' })]
    [InlineData("vdi", 64, new byte[] { 0x7f, 0x10, 0xda, 0xbe })]
    [InlineData("vhdx", 0, new byte[] { (byte)'v', (byte)'h', (byte)'d', (byte)'x', (byte)'f', (byte)'i', (byte)'l', (byte)'e' })]
    [InlineData("vhd", 0, new byte[] { (byte)'c', (byte)'o', (byte)'n', (byte)'e', (byte)'c', (byte)'t', (byte)'i', (byte)'x' })]
    public async Task Disk_InAnotherFormat_IsRefusedByName(string format, int at, byte[] magic)
    {
        using var folder = new TemporaryFolder();
        var bytes = new byte[4096];
        magic.CopyTo(bytes, at);
        string disk = folder.Write("disk.img", bytes);
        foreach (string policy in (string[])["", ":ro", ":snapshot"])
        {
            var run = await Tool.RunAsync("boot", "--disk", disk + policy, "--append", "markonly");
            (run.ExitCode, run.Text, run.Error).Should().Be((126, "", $"objectos: {disk}: a disk image in the format {format}; a raw disk is wanted (qemu-img convert -O raw makes one)\n"));
        }

        (await File.ReadAllBytesAsync(disk)).Should().Equal(bytes);
    }

    [Fact]
    public async Task Disk_ThatIsRawOrShort_IsTaken()
    {
        using var folder = new TemporaryFolder();
        foreach (byte[] bytes in (byte[][])[new byte[512], [.. "QFI"u8, .. new byte[509]]])
        {
            (await Tool.RunAsync("boot", "--disk", folder.Write("disk.img", bytes), "--append", "markonly")).ExitCode.Should().Be(0);
        }
    }

    [Fact]
    public async Task Port_InUse_Is125()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        int port = ((IPEndPoint)other.LocalEndpoint).Port;
        var run = await Tool.RunAsync("boot", "--net", "user", "--publish", $"{port}:80");
        (run.ExitCode, run.Text).Should().Be((125, ""));
        run.Error.Should().StartWith($"objectos: Port {port} of the host's loopback address cannot be ").And.Contain("in use");
        run.Error.TrimEnd('\n').Should().NotContain("\n");
    }

    [Theory]
    [InlineData("run")]
    [InlineData("boot")]
    public async Task Help_SaysWhatABudgetCounts(string command)
    {
        string help = (await Tool.RunAsync(command, "--help")).Text;
        string.Join(' ', help.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Should().Contain("--budget COUNT Stop after so many virtual instructions charged");
    }

    private static byte[] Pack(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }
}

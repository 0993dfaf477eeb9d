using System.Diagnostics;
using System.Globalization;

namespace ObjectOS.Tests;

/// <summary>A C program that a cross compiler made for a test, and what binutils say of it.</summary>
internal sealed class CrossProgram : IDisposable
{
    public const string Compiler = "riscv64-linux-gnu-gcc";
    public const string AddressReader = "riscv64-linux-gnu-addr2line";
    public const string Stripper = "riscv64-linux-gnu-strip";
    public const string Copier = "riscv64-linux-gnu-objcopy";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("objectos-c-");

    private CrossProgram()
    {
    }

    public string Path => System.IO.Path.Combine(_folder.FullName, "program.elf");

    public string Source => System.IO.Path.Combine(_folder.FullName, "program.c");

    /// <summary>The directory of the compiler's own dynamic linker and libraries.</summary>
    public const string Libraries = "/usr/riscv64-linux-gnu/lib";

    /// <summary>Compiles a source; a static program, unless the options say another kind.</summary>
    public static Task<CrossProgram> MakeAsync(string source, params string[] options) =>
        CompileAsync(source, [.. options.Contains("-static-pie") ? [] : (string[])["-static"], .. options]);

    /// <summary>Compiles a source into a position-independent program that needs the dynamic linker.</summary>
    public static Task<CrossProgram> MakeDynamicAsync(string source, params string[] options) => CompileAsync(source, options);

    private static async Task<CrossProgram> CompileAsync(string source, string[] options)
    {
        var program = new CrossProgram();
        await File.WriteAllTextAsync(program.Source, source);
        await RunAsync(Compiler, [.. options, "-o", program.Path, program.Source]);
        return program;
    }

    /// <summary>Function, file and line of an address of the file; null and 0 for what is not known.</summary>
    public async Task<(string? Function, string? File, int Line)> PlaceOfAsync(ulong address)
    {
        string[] said = (await RunAsync(AddressReader, ["-fe", Path, $"0x{address:x}"])).Split('\n');
        string place = said[1].Split(' ')[0];
        int colon = place.LastIndexOf(':');
        bool isKnown = int.TryParse(place[(colon + 1)..], CultureInfo.InvariantCulture, out int line) && line > 0;
        return (said[0] == "??" ? null : said[0], isKnown ? place[..colon] : null, isKnown ? line : 0);
    }

    public static async Task<string> RunAsync(string program, string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        process.ExitCode.Should().Be(0, "{0} {1}", program, string.Join(' ', arguments));
        return output;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;

namespace ObjectOS.Machine.Isa.Tests;

/// <summary>One line of objdump's output.</summary>
internal readonly record struct ObjdumpLine(ulong Address, uint Bits, string Mnemonic, string Operands)
{
    public bool IsIllegal => Mnemonic.StartsWith('.');
}

/// <summary>Runs the GNU assembler and objdump.</summary>
/// <remarks>
/// The code goes through an object file because objdump takes the extensions from its attributes; a raw binary is taken as RV64GC.
/// </remarks>
internal static class GnuTools
{
    public const string Assembler = "riscv64-linux-gnu-as";
    public const string Objdump = "riscv64-linux-gnu-objdump";

    private const string Architecture = "rv64imafdc_zicsr_zifencei_zihintpause_zicbom_zicboz_zfh_zba_zbb_zbc_zbkb_zbkx_zbs_svinval";

    public static IReadOnlyList<ObjdumpLine> Disassemble(IEnumerable<uint> words) =>
        Disassemble(words, 4, "-Mno-aliases");

    public static IReadOnlyList<ObjdumpLine> DisassembleHalves(IEnumerable<uint> halves, string options = "-Mno-aliases") =>
        Disassemble(halves, 2, options);

    /// <summary>Assembles text without compression and disassembles the result.</summary>
    public static IReadOnlyList<ObjdumpLine> Assemble(IEnumerable<string> lines, string options) => InTemporaryDirectory(directory =>
    {
        File.WriteAllLines(Path.Combine(directory, "code.s"), lines.Prepend(".option norvc"));
        return AssembleAndDump(directory, options);
    });

    private static List<ObjdumpLine> Disassemble(IEnumerable<uint> units, int size, string options) => InTemporaryDirectory(directory =>
    {
        var code = new MemoryStream();
        Span<byte> bytes = stackalloc byte[4];
        foreach (uint unit in units)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes, unit);
            code.Write(bytes[..size]);
        }

        string binary = Path.Combine(directory, "code.bin");
        File.WriteAllBytes(binary, code.ToArray());
        File.WriteAllText(Path.Combine(directory, "code.s"), $".text\n.incbin \"{binary}\"\n");
        return AssembleAndDump(directory, options);
    });

    private static List<ObjdumpLine> AssembleAndDump(string directory, string options)
    {
        string source = Path.Combine(directory, "code.s");
        string unit = Path.Combine(directory, "code.o");
        Run(Assembler, "-march=" + Architecture, "-o", unit, source);
        string dump = Run(Objdump, "-D", "-z", "-j", ".text", options, unit);
        return [.. dump.Split('\n').Where(line => line.Contains(":\t", StringComparison.Ordinal)).Select(Parse)];
    }

    private static ObjdumpLine Parse(string line)
    {
        string[] parts = line.Split('\t');
        string operands = parts.Length > 3 ? parts[3] : "";
        int comment = operands.IndexOfAny([' ', '#', '<']);
        return new(
            ulong.Parse(parts[0].Trim().TrimEnd(':'), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            uint.Parse(parts[1].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
            parts[2].Trim(),
            comment < 0 ? operands : operands[..comment]);
    }

    private static T InTemporaryDirectory<T>(Func<string, T> work)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("objectos-isa-");
        try
        {
            return work(directory.FullName);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} ended with {process.ExitCode}");
    }
}

using System.Globalization;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>What the benchmark <c>engine</c> is told on its command line.</summary>
internal sealed record PeerOptions
{
    /// <summary>The options, as help shows them.</summary>
    public const string Usage =
        "usage: Benchmarks engine [--tool FILE] [--guests DIR] [--coremark FILE] [--sqlite FILE] [--debian DIR] [--jobs FILE] [--pairs N] [--processor N] [--rows TEXT] [--out DIR]";

    /// <summary>The tool to measure; null: the native one, made by pack-native.sh.</summary>
    public string? Tool { get; init; }

    /// <summary>A folder with riscv64 programs (user/NAME/NAME) and a Linux (linux/Image, linux/initramfs.cpio.gz); null: none.</summary>
    public string? Guests { get; init; }

    /// <summary>CoreMark for riscv64; null: its rows are left out.</summary>
    public string? CoreMark { get; init; }

    /// <summary>SQLite's shell for riscv64; null: its row is left out.</summary>
    public string? Sqlite { get; init; }

    /// <summary>What images/debian/build.sh made; null: its row is left out.</summary>
    public string? Debian { get; init; }

    /// <summary>A file with more jobs; null: none.</summary>
    public string? JobsFile { get; init; }

    /// <summary>Pairs of runs of each row.</summary>
    public int Pairs { get; init; } = 11;

    /// <summary>The processor that all runs are pinned to.</summary>
    public int Processor { get; init; } = 1;

    /// <summary>The rows to measure: those whose group or name holds the text; null: all.</summary>
    public string? Rows { get; init; }

    /// <summary>Where engine.json and engine.svg go.</summary>
    public string Out { get; init; } = "out";

    /// <summary>Reads the command line; null with a sentence if it is wrong.</summary>
    public static PeerOptions? Parse(IReadOnlyList<string> words, out string problem)
    {
        var options = new PeerOptions();
        problem = "";
        for (int i = 0; i < words.Count && problem.Length == 0; i += 2)
        {
            string name = words[i];
            if (i + 1 == words.Count)
            {
                problem = $"{name} is given without its value; {Usage}";
                break;
            }

            string value = words[i + 1];
            options = name switch
            {
                "--tool" => options with { Tool = File(name, value, ref problem) },
                "--guests" => options with { Guests = Folder(name, value, ref problem) },
                "--coremark" => options with { CoreMark = File(name, value, ref problem) },
                "--sqlite" => options with { Sqlite = File(name, value, ref problem) },
                "--debian" => options with { Debian = Folder(name, value, ref problem) },
                "--jobs" => options with { JobsFile = File(name, value, ref problem) },
                "--pairs" => options with { Pairs = Number(name, value, 1, 1000, ref problem) },
                "--processor" => options with { Processor = Number(name, value, 0, Environment.ProcessorCount - 1, ref problem) },
                "--rows" => options with { Rows = value },
                "--out" => options with { Out = value },
                _ => Unknown(options, name, ref problem),
            };
        }

        return problem.Length == 0 ? options : null;
    }

    private static PeerOptions Unknown(PeerOptions options, string name, ref string problem)
    {
        problem = $"there is no option {name}; {Usage}";
        return options;
    }

    private static string File(string name, string value, ref string problem)
    {
        problem = System.IO.File.Exists(value) ? problem : $"{name} names the file \"{value}\", which is not there";
        return Path.GetFullPath(value);
    }

    private static string Folder(string name, string value, ref string problem)
    {
        problem = Directory.Exists(value) ? problem : $"{name} names the folder \"{value}\", which is not there";
        return Path.GetFullPath(value);
    }

    private static int Number(string name, string value, int least, int most, ref string problem)
    {
        bool isNumber = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most;
        problem = isNumber ? problem : $"{name} is \"{value}\"; a number from {least} to {most} is wanted";
        return number;
    }
}

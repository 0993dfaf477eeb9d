using System.Globalization;
using System.Text;
using ObjectOS.Tests;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>A folder with the programs that are measured and with what they read; deleted in the end.</summary>
internal sealed class Workbench : IDisposable
{
    private const string Compiler = "riscv64-linux-gnu-gcc";
    private static readonly string Sources = Repository.PathOf("tests", "Benchmarks", "programs");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("objectos-engine-");

    private Workbench(PeerOptions options) => Tool = options.Tool ?? MakeTool();

    public string Folder => _folder.FullName;

    /// <summary>The tool that is measured.</summary>
    public string Tool { get; }

    public string Measure => Path.Combine(Folder, "measure");

    /// <summary>Makes the programs and their inputs.</summary>
    public static Workbench Make(PeerOptions options)
    {
        var bench = new Workbench(options);
        bench.Execute($"gcc -O2 -o measure {Sources}/measure.c");
        foreach (string source in Directory.EnumerateFiles(Sources))
        {
            string name = Path.GetFileNameWithoutExtension(source);
            if (Path.GetExtension(source) == ".S")
            {
                bench.Execute($"{Compiler} -nostdlib -static -Wl,-Ttext=0x80000000,--build-id=none -o {name} {source}");
            }
            else if (Path.GetExtension(source) is not ".c" and not ".h")
            {
                File.Copy(source, Path.Combine(bench.Folder, Path.GetFileName(source)));
            }
            else if (name is not "measure" and not "common")
            {
                bench.Execute($"{Compiler} -O2 -static -o {name} {source} -lm");
            }
        }

        foreach (string program in options.Guests is null ? [] : new[] { "lua", "minigzip", "lz4", "mujs", "duktape", "tcc", "busybox", "cxxdemo" })
        {
            string file = Path.Combine(options.Guests!, "user", program, program);
            if (File.Exists(file))
            {
                File.Copy(file, Path.Combine(bench.Folder, program));
            }
        }

        bench.Take(options.CoreMark, "coremark");
        bench.Take(options.Sqlite, "sqlite3");
        bench.WriteInputs();
        return bench;
    }

    /// <summary>True if a program is there.</summary>
    public bool Has(string program) => File.Exists(Path.Combine(Folder, program));

    public void Dispose() => _folder.Delete(recursive: true);

    private void Take(string? file, string name)
    {
        if (file is not null)
        {
            File.Copy(file, Path.Combine(Folder, name));
        }
    }

    private string MakeTool()
    {
        Console.WriteLine("making the native tool");
        Execute($"{Repository.PathOf("src", "ObjectOS.Cli", "pack-native.sh")} -o packages linux-x64");
        Execute("dotnet tool install --tool-path bin --source packages ObjectOS.Cli");
        return Path.Combine(Folder, "bin", "objectos");
    }

    private void Execute(string command)
    {
        using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("sh", ["-c", $"( {command} ) >log 2>&1 || {{ tail -5 log >&2; exit 1; }}"]) { WorkingDirectory = Folder })!;
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{command} ended with code {process.ExitCode}");
        }
    }

    // Words in a random order, some more often than others, compress about as English does.
    private void WriteInputs()
    {
        var random = new Random(1);
        string[] words = [.. Enumerable.Range(0, 4000).Select(_ => string.Concat(Enumerable.Range(0, random.Next(2, 11)).Select(_ => (char)('a' + random.Next(26)))))];
        var text = new StringBuilder();
        while (text.Length < 11 << 20)
        {
            text.Append(words[(int)(words.Length * Math.Pow(random.NextDouble(), 3))]).Append(random.Next(12) == 0 ? '\n' : ' ');
        }

        string all = text.ToString();
        foreach (var (name, length) in new[] { ("text-150k", 150 << 10), ("text-500k", 500 << 10), ("text-5m", 5 << 20), ("text-11m", 11 << 20) })
        {
            File.WriteAllText(Path.Combine(Folder, name), all[..length]);
        }

        File.WriteAllText(Path.Combine(Folder, "small.c"), MakeSource(250));
        File.WriteAllText(Path.Combine(Folder, "large.c"), MakeSource(9000));
    }

    /// <summary>A C program of many functions, for a compiler.</summary>
    private static string MakeSource(int functions)
    {
        var source = new StringBuilder("struct pair { long first; int second[4]; };\n");
        for (int i = 0; i < functions; i++)
        {
            source.Append(CultureInfo.InvariantCulture, $$"""
                static long function_{{i}}(struct pair *pair, int count) {
                    long sum = {{i * 31}};
                    for (int i = 0; i < count; i++) {
                        if ((sum & {{(i % 13) + 1}}) == 0 || pair->first > sum) sum += pair->second[i & 3] * {{(i % 7) + 3}};
                        else sum ^= (pair->first << {{i % 11}}) - i;
                        switch (sum % 3) { case 0: pair->first++; break; case 1: pair->second[i & 3] -= 2; break; default: sum--; }
                    }
                    return {{(i == 0 ? "sum" : $"count > 5 ? sum : sum + function_{i - 1}(pair, count + 1)")}};
                }

                """);
        }

        return source.Append(CultureInfo.InvariantCulture, $"long last(struct pair *pair) {{ return function_{functions - 1}(pair, 3); }}\n").ToString();
    }
}

using System.Globalization;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>The rows of the table.</summary>
internal sealed class Jobs(Workbench bench, PeerOptions options)
{
    private const string User = "qemu-riscv64", System = "qemu-system-riscv64";
    private const string MachineUBoot = "/usr/lib/u-boot/qemu-riscv64/u-boot.bin";

    private readonly string _tool = bench.Tool;

    /// <summary>Those for which all files are there.</summary>
    public IEnumerable<Job> All() => Programs().Concat(Machines()).Concat(Depths()).Concat(FromFile());

    private IEnumerable<Job> Programs()
    {
        yield return Program("hello", "hello", "hello", "", repeats: 20) with { Goal = (1.3, 1.0) };
        foreach (var (group, name, program, arguments) in new[]
        {
            ("short", "spectral 240", "spectral", "240"), ("short", "nbody 25,000", "nbody", "25000"), ("short", "minigzip 150 KiB", "minigzip", "<text-150k"),
            ("short", "busybox sh", "busybox", "sh loop.sh 900"), ("short", "cxxdemo", "cxxdemo", ""), ("short", "tcc, small file", "tcc", "-c -o /tmp/objectos-benchmark.o small.c"),
            ("short", "lz4 500 KiB", "lz4", "-9 -c text-500k 2>/dev/null"), ("short", "CoreMark 300", "coremark", "0 0 0x66 300 7 1 2000"), ("short", "lua fib(25)", "lua", "fib.lua 25"),
            ("program", "sha256", "sha256", ""), ("program", "memstr", "memstr", ""), ("program", "sieve", "sieve", ""), ("program", "bintree", "bintree", ""),
            ("program", "minigzip", "minigzip", "<text-5m"), ("program", "spectral", "spectral", ""), ("program", "busybox sh", "busybox", "sh loop.sh 31000"),
            ("program", "tcc", "tcc", "-c -o /tmp/objectos-benchmark.o large.c"), ("program", "nbody", "nbody", ""), ("program", "CoreMark", "coremark", "0 0 0x66 14000 7 1 2000"),
            ("program", "lz4 -9", "lz4", "-9 -c text-11m 2>/dev/null"), ("program", "duktape", "duktape", "objects.js"), ("program", "sqlite3", "sqlite3", "<queries.sql"),
            ("program", "chase 64 MiB", "chase", ""), ("program", "fibint", "fibint", ""), ("program", "lua fib(33)", "lua", "fib.lua 33"), ("program", "mujs", "mujs", "fib.js"),
            ("program", "lua loops", "lua", "loops.lua 14"), ("program", "fft", "fft", ""), ("program", "qsort", "qsort", ""),
        })
        {
            if (bench.Has(program))
            {
                yield return Program(group, name, program, arguments, group == "short" ? 4 : 1);
            }
        }
    }

    private Job Program(string group, string name, string program, string arguments, int repeats) =>
        new(group, name, $"{_tool} run --dir .=/w --cwd /w {program} {arguments}", $"{User} ./{program} {arguments}", User)
        {
            Repeats = repeats,
            PrintsTheSame = program != "coremark", // it prints how long it took
        };

    private IEnumerable<Job> Machines()
    {
        string linux = Path.Combine(options.Guests ?? "", "linux"), image = Path.Combine(linux, "Image"), initramfs = Path.Combine(linux, "initramfs.cpio.gz");
        if (options.Guests is not null && File.Exists(image) && File.Exists(initramfs))
        {
            foreach (var (name, word, expected) in new[] { ("Linux to its marker", "markonly", "OBJECTOS-LINUX-UP"), ("Linux self-test", "autotest", "SELFTEST") })
            {
                string append = $"\"earlycon=sbi console=ttyS0 {word}\"";
                yield return Machine(name, $"--memory 256M --kernel {image} --initrd {initramfs} --append {append}", $"-m 256M -kernel {image} -initrd {initramfs} -append {append}") with
                {
                    Expected = expected,
                    Goal = (0.8, 0.5),
                };
            }
        }

        if (File.Exists(MachineUBoot))
        {
            // A key now and then stops the countdown; its prompt ends the row.
            const string Keys = "(while :; do sleep 0.2; echo; done) | ";
            var job = Machine("U-Boot in machine mode", $"--bios {MachineUBoot}", $"-m 128M -bios {MachineUBoot}");
            yield return job with { Ours = Keys + job.Ours, Peer = Keys + job.Peer, EndsAt = "=> ", Goal = (2, 1) };
        }

        if (bench.Has("poll"))
        {
            yield return Machine("4M polls of a device", $"--memory 16M --bios {bench.Folder}/poll", $"-m 16M -bios {bench.Folder}/poll");
        }

        if (options.Debian is { } debian)
        {
            string append = "\"root=/dev/vda rw console=ttyS0\"", disk = Path.Combine(debian, "disk.ext4");
            string common = $"-kernel {debian}/kernel -initrd {debian}/initrd -append {append}";
            yield return Machine(
                "Debian 13 to its login",
                $"--memory 1G --clock host --kernel {debian}/kernel --initrd {debian}/initrd --append {append} --disk {disk}:snapshot",
                $"-m 1G {common} -global virtio-mmio.force-legacy=false -drive file={disk},if=none,format=raw,snapshot=on,id=d0 -device virtio-blk-device,drive=d0") with
            {
                EndsAt = "debian login:",
                Goal = (1.0, 0.6),
            };
        }
    }

    private Job Machine(string name, string ours, string peer) =>
        new("machine", name, $"{_tool} boot {ours}", $"{System} -M virt -nographic -no-reboot {peer}", System) { PrintsTheSame = false };

    private IEnumerable<Job> Depths()
    {
        if (!bench.Has("coremark"))
        {
            yield break;
        }

        foreach (int depth in (int[])[8, 64])
        {
            string Command(int level) => $"{_tool} run --depth {level} --stats=depth-{level} coremark 0 0 0x66 14000 7 1 2000";
            yield return new Job("depth", string.Create(CultureInfo.InvariantCulture, $"CoreMark at depth {depth}"), Command(depth), Command(0), "depth 0")
            {
                PrintsTheSame = false,
                Figures = (Path.Combine(bench.Folder, $"depth-{depth}"), Path.Combine(bench.Folder, "depth-0")),
                Goal = (1.05, 1.02),
            };
        }
    }

    /// <summary>A line each, with tabs between: name, the tool's command after its own name, the peer's command, a text that ends both or nothing, must, aim.</summary>
    private IEnumerable<Job> FromFile()
    {
        foreach (string line in options.JobsFile is { } file ? File.ReadLines(file).Where(line => line.Length > 0) : [])
        {
            string[] words = line.Split('\t');
            if (words.Length != 6 || !double.TryParse(words[4], CultureInfo.InvariantCulture, out double must) || !double.TryParse(words[5], CultureInfo.InvariantCulture, out double aim))
            {
                throw new FormatException($"{options.JobsFile} has the line \"{line}\"; a name, two commands, a text, and two numbers with tabs between them are wanted");
            }

            yield return new Job("machine", words[0], $"{_tool} {words[1]}", words[2], words[2].Split(' ')[0])
            {
                PrintsTheSame = false,
                EndsAt = words[3].Length > 0 ? words[3] : null,
                Goal = (must, aim),
            };
        }
    }
}

using ObjectOS;

namespace Embedder;

/// <summary>The guest programs of the scenarios.</summary>
internal sealed class Guests(string images, string folder)
{
    private static readonly string[] DeedNames =
    [
        "null-read", "null-write", "wild-write", "jump-nowhere", "illegal", "csrw", "sret", "ebreak", "stack-overflow", "endless-loop", "memory-hog",
        "flood", "write-text", "exec-data", "bad-pointer", "unknown-call", "exit-42",
    ];

    /// <summary>Copies standard input to standard output.</summary>
    public ProgramSpec Cat => Own("cat");

    /// <summary>Computes for some hundred milliseconds.</summary>
    public ProgramSpec Count => Own("count");

    /// <summary>Runs the loop of <see cref="Count"/> and never ends.</summary>
    public ProgramSpec Spin => Own("spin");

    /// <summary>Writes 80 MiB to standard output.</summary>
    public ProgramSpec Flood => Own("flood");

    /// <summary>Writes 5,000 lines to each output, in turn.</summary>
    public ProgramSpec Alternate => Own("alternate");

    /// <summary>Never ends by itself.</summary>
    public ProgramSpec Endless => Misbehave("endless-loop");

    /// <summary>Writes to address 0.</summary>
    public ProgramSpec Fault => Misbehave("null-write");

    /// <summary>Programs of all kinds, most of which want more than is good.</summary>
    public IReadOnlyList<ProgramSpec> Deeds { get; } =
    [
        .. DeedNames.Select(name => new ProgramSpec { Path = Path.Combine(images, "misbehave", "misbehave.elf"), Arguments = [name] }),
        new() { Path = Path.Combine(folder, "count.elf") },
        new() { Path = Path.Combine(folder, "alternate.elf") },
    ];

    /// <summary>Ends with code 42.</summary>
    public ProgramSpec Exit42 => Misbehave("exit-42");

    /// <summary>Computes and prints the 1000th Fibonacci number.</summary>
    public ProgramSpec Fibonacci => new()
    {
        Path = Path.Combine(images, "lisp", "lisp.elf"),
        Arguments = ["scripts/fib.scm"],
        Directories = [new DirectoryGrant(Path.Combine(images, "lisp", "scripts"), "/scripts")],
    };

    /// <summary>A small operating system with a prompt.</summary>
    public MachineSpec Tiny => new() { Image = Path.Combine(images, "tiny", "tiny.elf"), Memory = 16.MiB() };

    private ProgramSpec Own(string name) => new() { Path = Path.Combine(folder, $"{name}.elf") };

    private ProgramSpec Misbehave(string deed) => new() { Path = Path.Combine(images, "misbehave", "misbehave.elf"), Arguments = [deed] };
}

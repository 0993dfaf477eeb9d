using ObjectOS;

namespace Embedder;

/// <summary>The guest programs of the scenarios.</summary>
internal sealed class Guests(string images, string folder)
{
    /// <summary>Copies standard input to standard output.</summary>
    public ProgramSpec Cat => Own("cat");

    /// <summary>Computes for some hundred milliseconds.</summary>
    public ProgramSpec Count => Own("count");

    /// <summary>Writes 80 MiB to standard output.</summary>
    public ProgramSpec Flood => Own("flood");

    /// <summary>Writes 5,000 lines to each output, in turn.</summary>
    public ProgramSpec Alternate => Own("alternate");

    /// <summary>Never ends by itself.</summary>
    public ProgramSpec Endless => Misbehave("endless-loop");

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

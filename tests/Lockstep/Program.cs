using System.Globalization;
using System.Text;
using ObjectOS.Lockstep;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Reference;
using ObjectOS.Lockstep.Tracing;
using ObjectOS.Machine;

// Usage: dotnet run -c Release --project tests/Lockstep -- --spike PATH --seeds 1-1000 [--instructions N] [--record FILE]
// Exit codes: 0 all programs went alike, 1 one did not, 2 the command line or the reference is no good.
if (!Options.TryParse(args, out Options options, out string complaint))
{
    Console.Error.WriteLine(complaint);
    return 2;
}

using var machine = new Machine();
using var spike = new Spike(options.Spike);
var comparison = new Comparison(machine, spike, options.Instructions);
var recorded = new StringBuilder();
recorded.Append(CultureInfo.InvariantCulture, $"# generator {LockstepProgram.Version}: seed, steps, SHA-256 of the reference model's trace and memory\n");
try
{
    for (int seed = options.First; seed <= options.Last; seed++)
    {
        (MachineTrace reference, string? difference) = await comparison.RunAsync(new LockstepProgram(seed));
        if (difference is not null)
        {
            Console.WriteLine(difference);
            return 1;
        }

        recorded.Append(CultureInfo.InvariantCulture, $"{seed}\t{reference.Steps}\t{reference.Digest()}\n");
        if (seed % 100 == 0)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}: {comparison.Compared:n0} steps alike, {comparison.Traps:n0} of them traps"));
    }

    if (options.Record is { } file)
        await File.WriteAllTextAsync(file, recorded.ToString());
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.ComponentModel.Win32Exception)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seeds {options.First} to {options.Last}: {comparison.Compared:n0} steps alike, {comparison.Traps:n0} of them traps"));
return 0;

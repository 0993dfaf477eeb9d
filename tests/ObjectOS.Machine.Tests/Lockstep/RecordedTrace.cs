using System.Globalization;
using ObjectOS.Lockstep.Programs;

namespace ObjectOS.Machine.Tests.Lockstep;

/// <summary>How a program went on the reference model.</summary>
/// <param name="Seed">The program's.</param>
/// <param name="Steps">How far it went.</param>
/// <param name="Digest">Of its trace.</param>
internal readonly record struct RecordedTrace(int Seed, ulong Steps, string Digest)
{
    public static IEnumerable<RecordedTrace> ReadAll()
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Lockstep", "reference.tsv"));
        lines[0].Should().StartWith(string.Create(CultureInfo.InvariantCulture, $"# generator {LockstepProgram.Version}:"),
            "what was recorded of another generator's programs says nothing; record anew with tests/Lockstep --record");
        return lines.Skip(1).Select(line => line.Split('\t'))
            .Select(fields => new RecordedTrace(int.Parse(fields[0], CultureInfo.InvariantCulture), ulong.Parse(fields[1], CultureInfo.InvariantCulture), fields[2]));
    }
}

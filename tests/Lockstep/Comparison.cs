using System.Globalization;
using System.Text;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Reference;
using ObjectOS.Lockstep.Tracing;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Lockstep;

/// <summary>Runs a program on both machines and finds the first step that they do not do alike.</summary>
internal sealed class Comparison(Machine.Machine machine, Spike spike, ulong steps)
{
    private const int Context = 10;

    /// <summary>Steps compared so far.</summary>
    public ulong Compared { get; private set; }

    public ulong Traps { get; private set; }

    /// <summary>The reference's trace and null; or a report of the first difference.</summary>
    public async Task<(MachineTrace Reference, string? Difference)> RunAsync(LockstepProgram program)
    {
        MachineTrace ours = MachineTracer.Run(machine, program, steps);
        MachineTrace theirs = await spike.RunAsync(program, steps);

        // Where our hart waits, theirs does as well until a timer wakes it; how a wait counts is left open, so the comparison ends there.
        if (ours.Steps < steps && (ours.Wakes || theirs.Lines.Count <= ours.Lines.Count))
            theirs = await spike.RunAsync(program, ours.Steps);
        int common = Math.Min(ours.Lines.Count, theirs.Lines.Count);
        for (int i = 0; i < common; i++)
        {
            if (ours.Lines[i] != theirs.Lines[i])
                return (theirs, Report(program, ours.Lines, theirs.Lines, i));
        }

        if (ours.Lines.Count != theirs.Lines.Count)
            return (theirs, Report(program, ours.Lines, theirs.Lines, common));
        Compared += (ulong)common;
        Traps += (ulong)ours.Lines.Count(line => line[0] == '!');
        if (!ours.Memory.AsSpan().SequenceEqual(theirs.Memory))
            return (theirs, await ReportMemoryAsync(program, ours));
        MachineTrace atOnce = MachineTracer.RunAtOnce(machine, program, ours.Steps);
        if (!atOnce.Hart.AsSpan().SequenceEqual(ours.Hart) || !atOnce.Memory.AsSpan().SequenceEqual(ours.Memory))
            return (theirs, string.Create(CultureInfo.InvariantCulture, $"seed {program.Seed}: step by step our machine goes as the reference does, but in one run it ends otherwise."));
        return (theirs, null);
    }

    private static string Report(LockstepProgram program, IReadOnlyList<string> ours, IReadOnlyList<string> theirs, int at)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {program.Seed}, step {at} after set-up:");
        AppendContext(text, theirs, at);
        text.AppendLine(CultureInfo.InvariantCulture, $"  ours      {Describe(ours, at)}");
        return text.Append(CultureInfo.InvariantCulture, $"  reference {Describe(theirs, at)}").ToString();
    }

    private static void AppendContext(StringBuilder text, IReadOnlyList<string> lines, int at)
    {
        for (int i = Math.Max(0, at - Context); i < at; i++)
            text.AppendLine(CultureInfo.InvariantCulture, $"            {Describe(lines, i)}");
    }

    private static string Describe(IReadOnlyList<string> lines, int at)
    {
        if (at >= lines.Count)
            return "(nothing more)";
        string line = lines[at];
        if (line[0] == '!')
            return line;
        string[] words = line.Split(' ');
        ulong pc = ulong.Parse(words[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        uint bits = uint.Parse(words[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        return $"{line}    {Disassembler.Format(bits, pc)}";
    }

    // The first number of steps after which memory is not the same, found by halves: differences of memory stay, or nearly so.
    private async Task<string> ReportMemoryAsync(LockstepProgram program, MachineTrace ours)
    {
        ulong good = Board.BootSteps, bad = ours.Steps;
        while (bad - good > 1)
        {
            ulong middle = (good + bad) / 2;
            (good, bad) = await FirstDifferenceAsync(program, middle) is null ? (middle, bad) : (good, middle);
        }

        int at = (int)(bad - (ours.Steps - (ulong)ours.Lines.Count));
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"seed {program.Seed}: memory differs after step {at - 1}, where the traces do not (ours, reference): {await FirstDifferenceAsync(program, bad)}");
        AppendContext(text, ours.Lines, at);
        return text.ToString().TrimEnd();
    }

    private async Task<string?> FirstDifferenceAsync(LockstepProgram program, ulong count)
    {
        byte[] theirs = (await spike.RunAsync(program, count)).Memory, ours = MachineTracer.Run(machine, program, count).Memory;
        int at = ours.AsSpan().CommonPrefixLength(theirs) & ~7;
        return at == ours.Length
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"0x{Layout.Ram + (ulong)at:x}: 0x{BitConverter.ToUInt64(ours, at):x}, 0x{BitConverter.ToUInt64(theirs, at):x}");
    }
}

using ObjectOS.Services.Programs;

namespace ObjectOS.Events;

/// <summary>Names the functions that were active when an event happened.</summary>
public static class EventSymbols
{
    /// <summary>
    /// Returns the functions, innermost first, with files and lines if the program has them; empty if the program has no symbols or the event has no
    /// registers.
    /// </summary>
    /// <param name="program">The file of the program that the thread runs, an ELF.</param>
    /// <param name="of">An event that a stream with an <see cref="EventWatch"/> has kept.</param>
    public static IReadOnlyList<StackFrame> Backtrace(ReadOnlyMemory<byte> program, GuestEvent of)
    {
        ArgumentNullException.ThrowIfNull(of);
        if (of.Registers.IsEmpty)
        {
            return [];
        }

        var registers = of.Registers.ToArray();
        return Host.Symbols.Backtrace.Of(program, new ProgramEndRecord
        {
            Pc = of.Pc, Registers = registers, StackAddress = registers[2], Stack = of.Stack, ProgramBytes = (ulong)program.Length,
        });
    }
}

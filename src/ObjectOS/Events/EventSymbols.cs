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
        return of.Registers.IsEmpty ? [] : Host.Symbols.Backtrace.Of(program, PlaceOf(of) with { ProgramBytes = (ulong)program.Length });
    }

    /// <summary>The same for a hart of a virtual machine: by call frame information, and without it by the frame pointer s0.</summary>
    /// <param name="image">The machine's image, an ELF that runs at the virtual addresses of its file.</param>
    /// <param name="of">An event that a stream with an <see cref="EventWatch"/> has kept.</param>
    public static IReadOnlyList<StackFrame> MachineBacktrace(ReadOnlyMemory<byte> image, GuestEvent of)
    {
        ArgumentNullException.ThrowIfNull(of);
        return of.Registers.IsEmpty ? [] : Host.Symbols.Backtrace.OfImage(image, PlaceOf(of));
    }

    private static ProgramEndRecord PlaceOf(GuestEvent of)
    {
        ulong[] registers = of.Registers.ToArray();
        return new ProgramEndRecord { Pc = of.Pc, Registers = registers, StackAddress = registers[2], Stack = of.Stack };
    }
}

using System.Buffers.Binary;
using ObjectOS.Cpu;
using ObjectOS.Host.Symbols;

namespace ObjectOS.Events;

/// <summary>A variable of a program or of an operating system when an event happened.</summary>
/// <param name="Name">Its name; of several with one name, all but the first have <c>#</c> and a number after it.</param>
/// <param name="Address">Its address in the guest.</param>
/// <param name="Words">Its words of 8 bytes that are not 0, by their offset: as numbers, or as <c>&amp;SYMBOL+OFFSET</c> if they hold the address of a symbol.</param>
public sealed record GuestVariable(string Name, ulong Address, IReadOnlyDictionary<ulong, string> Words);

/// <summary>Reads the variables of a guest, by the symbols of its file, from the memory that was kept with an event.</summary>
public static class EventVariables
{
    /// <summary>Where the variables are, to make an <see cref="EventStream"/> with; empty if the file has no symbols. At most 1 MiB.</summary>
    /// <param name="program">The file, an ELF.</param>
    /// <param name="isMachine">True for an image of a machine, which runs at the virtual addresses of its file; false for a Linux program.</param>
    public static IReadOnlyList<MemoryRange> RangesOf(ReadOnlyMemory<byte> program, bool isMachine) => DataSymbols.Of(program, isMachine)?.Ranges ?? [];

    /// <summary>Returns the variables as they were; empty if the event has no memory.</summary>
    /// <param name="program">The file.</param>
    /// <param name="isMachine">As for <see cref="RangesOf"/>.</param>
    /// <param name="of">An event of a stream that was made with <see cref="RangesOf"/>.</param>
    public static IReadOnlyList<GuestVariable> Read(ReadOnlyMemory<byte> program, bool isMachine, GuestEvent of)
    {
        ArgumentNullException.ThrowIfNull(of);
        var variables = new List<GuestVariable>();
        if (of.Memory.IsEmpty || DataSymbols.Of(program, isMachine) is not { } symbols)
        {
            return variables;
        }

        var seen = new Dictionary<string, int>();
        var memory = of.Memory;
        foreach (var symbol in symbols.Variables)
        {
            int number = seen[symbol.Name] = seen.GetValueOrDefault(symbol.Name) + 1;
            variables.Add(new GuestVariable(number == 1 ? symbol.Name : $"{symbol.Name}#{number}", symbol.Address, WordsOf(symbols, memory.Span[..(int)symbol.Size])));
            memory = memory[(int)symbol.Size..];
        }

        return variables;
    }

    private static Dictionary<ulong, string> WordsOf(DataSymbols symbols, ReadOnlySpan<byte> bytes)
    {
        var words = new Dictionary<ulong, string>();
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        for (int at = 0; at < bytes.Length; at += sizeof(ulong))
        {
            var part = bytes[at..Math.Min(at + sizeof(ulong), bytes.Length)];
            word.Clear();
            part.CopyTo(word);
            if (BinaryPrimitives.ReadUInt64LittleEndian(word) is not 0 and var value)
            {
                words.Add((ulong)at, symbols.Show(value));
            }
        }

        return words;
    }
}

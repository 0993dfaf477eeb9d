using System.Buffers.Binary;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host.Symbols;

/// <summary>Names the functions that were active when a fault ended a program.</summary>
internal static class Backtrace
{
    /// <summary>
    /// Returns the functions, the one at fault first; none if the file has no symbols, is damaged, or is not the program that ran.
    /// </summary>
    /// <param name="file">The program's file.</param>
    /// <param name="fault">The registers and the stack at the fault.</param>
    public static IReadOnlyList<StackFrame> Of(ReadOnlyMemory<byte> file, ProgramEndRecord fault)
    {
        try
        {
            return ElfImage.TryParse(file.Span, out var image, out _) && IsOf(file.Span, image, fault) ? Read(new ElfSections(file), image, fault) : [];
        }
        catch (Exception)
        {
            // The file is a guest's: a case of damage that the readers do not foresee means no symbols, and never the end of its host.
            return [];
        }
    }

    /// <summary>The same of a hart of a machine; none if the image is no ELF with symbols.</summary>
    /// <param name="file">The machine's image.</param>
    /// <param name="place">The registers and the stack.</param>
    public static IReadOnlyList<StackFrame> OfImage(ReadOnlyMemory<byte> file, ProgramEndRecord place)
    {
        try
        {
            return CodeRanges.OfImage(file.Span) is { } code ? Read(new ElfSections(file), code, place) : [];
        }
        catch (Exception)
        {
            // As for programs: damage means no symbols.
            return [];
        }
    }

    /// <summary>The same without a net: what the readers do not foresee throws.</summary>
    public static IReadOnlyList<StackFrame> Read(ElfSections file, ElfImage image, ProgramEndRecord fault) => Read(file, CodeRanges.Of(image), fault);

    private static StackFrame[] Read(ElfSections file, CodeRanges code, ProgramEndRecord fault)
    {
        if (file.Find(".symtab"u8) is null && file.Find(".dynsym"u8) is null && file.Find(".debug_line"u8) is null)
        {
            return [];
        }

        var places = new StackUnwinder(code, file, fault).Walk();

        // A return address may be the first one of the next line, or of the next function.
        ulong[] addresses = [.. places.Select((place, i) => place - code.LoadBase - (i == 0 ? 0UL : 1))];
        string?[] names = FunctionNames.Of(file, addresses);
        var lines = LineTable.Of(file, addresses);
        var frames = places.Select((place, i) => new StackFrame(place, names[i], lines[i].File, lines[i].Line)).ToArray();
        return frames.Any(frame => frame.Function is not null || frame.File is not null) ? frames : [];
    }

    /// <summary>True unless the program has replaced itself by execve: then the file differs in length, or has another instruction there.</summary>
    private static bool IsOf(ReadOnlySpan<byte> file, ElfImage image, ProgramEndRecord fault)
    {
        if (fault.ProgramBytes != 0 && fault.ProgramBytes != (ulong)file.Length)
        {
            return false;
        }

        var segment = image.Segments.FirstOrDefault(segment => fault.Pc >= segment.Address && fault.Pc - segment.Address < segment.FileSize);
        if (fault.Instruction == 0 || segment.FileSize == 0)
        {
            return true;
        }

        var code = file[(int)(segment.FileOffset + (fault.Pc - segment.Address))..];
        return code.Length >= 2 && BinaryPrimitives.ReadUInt16LittleEndian(code) == (ushort)fault.Instruction;
    }
}

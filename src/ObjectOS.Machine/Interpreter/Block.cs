using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Interpreter;

/// <summary>
/// A run of instructions that is entered at its start and left at any branch taken. It knows its place in the page only, so that all
/// address spaces that map the page share it.
/// </summary>
internal sealed class Block
{
    /// <summary>Most instructions in a block.</summary>
    public const int Capacity = 64;

    /// <summary>The instructions, and a <see cref="BlockOps"/> entry where the last can go on.</summary>
    public required DecodedInstruction[] Code { get; init; }

    /// <summary>
    /// Where the transfers of this block go inside the page, as far as is known; an instruction's <c>Rs3</c> is its index here. Empty
    /// where nothing may be remembered.
    /// </summary>
    public required Block?[] Links { get; set; }

    /// <summary>Instructions that are retired by running to the end.</summary>
    public required int Count { get; set; }

    /// <summary>The blocks of its page that it may be linked to; null if it must not be, because it depends on a second page or on the hart's state.</summary>
    public required Block?[]? Siblings { get; init; }

    /// <summary>Entries until it is worth translating; below 0: it is.</summary>
    public int Heat;

    /// <summary>Byte offset of the first instruction in the page.</summary>
    public int Start => Code[0].Offset;
}

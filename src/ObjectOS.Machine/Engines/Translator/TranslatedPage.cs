using ObjectOS.Machine.Interpreter;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// What is translated of one page of code at one virtual address, for all regimes of all harts that have it there and decode floats alike.
/// </summary>
/// <param name="page">Virtual address of the page.</param>
/// <param name="code">What was translated from.</param>
/// <param name="id">Its number: no other has it.</param>
internal sealed class TranslatedPage(ulong page, CodePage code, int id)
{
    private const int CrossingOffset = 4094;

    public ulong Page => page;

    public CodePage Code => code;

    public int Id => id;

    /// <summary>Translated code, executable, by the guest's address; for those who know that the page is where it was.</summary>
    public Dictionary<ulong, nint> Entries { get; } = [];

    /// <summary>The same code with a check that the regime has this page there.</summary>
    public Dictionary<ulong, nint> CheckedEntries { get; } = [];

    /// <summary>The page that the last instruction ends in, when it was translated, and its translation.</summary>
    public TranslatedPage? Next { get; private set; }

    public nint Crossing { get; private set; }

    public void SetCrossing(TranslatedPage next, nint entry)
    {
        (Next, Crossing) = (next, entry);
        CheckedEntries.Remove(page + CrossingOffset);
    }

    /// <summary>True if the instruction at an address of the page ends in the next.</summary>
    public bool IsCrossing(ulong pc) => (pc & 4095) == CrossingOffset && (code.Bytes[CrossingOffset] & 3) == 3;
}

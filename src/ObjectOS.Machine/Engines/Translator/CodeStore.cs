namespace ObjectOS.Machine.Engines.Translator;

/// <summary>Translated code that may jump into each other: its chunks and its exits. All of it goes at once.</summary>
internal abstract class CodeStore
{
    private Exit[] _exits = new Exit[256];

    /// <summary>Raised when all translations go: a place in them that was kept is good while it is the same.</summary>
    public int Generation { get; private set; }

    /// <summary>The chunks that the code is in; the last is being filled.</summary>
    public List<int> Chunks { get; } = [];

    /// <summary>Where the next code and data go, and where their chunk ends.</summary>
    public CodeCursor Cursor { get; set; }

    public int ExitCount { get; set; }

    /// <summary>The exits; a reference is good until the next is added.</summary>
    public ref Exit ExitAt(int index) => ref _exits[index];

    public int AddExit(in Exit exit)
    {
        if (ExitCount == _exits.Length)
            Array.Resize(ref _exits, _exits.Length * 2);
        _exits[ExitCount] = exit;
        return ExitCount++;
    }

    /// <summary>Lets a link go straight to a translation.</summary>
    // Safety: a link's slot lies in the written view of a chunk that the store owns until it is cleared, and its exits go with it.
    public static unsafe void Connect(in Exit link, nint code) => *(nint*)link.Slot = code;

    /// <summary>Forgets all translations; their chunks are the caller's to give back.</summary>
    public virtual void Clear()
    {
        Generation++;
        Chunks.Clear();
        Cursor = default;
        ExitCount = 0;
    }
}

/// <summary>Where the next code and data go, in the views that are written, and where their room ends.</summary>
internal unsafe readonly struct CodeCursor(byte* code, byte* codeEnd, byte* data, byte* dataEnd)
{
    public readonly byte* Code = code;
    public readonly byte* CodeEnd = codeEnd;
    public readonly byte* Data = data;
    public readonly byte* DataEnd = dataEnd;
}

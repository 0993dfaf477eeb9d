using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>Why generated code returns.</summary>
internal enum ExitKind : byte
{
    /// <summary>To an address in a register that the jump cache does not know.</summary>
    Indirect,

    /// <summary>To a known address; nothing was translated there when the code was generated.</summary>
    Link,

    /// <summary>The chunk of the budget does not reach to the end of the block that begins here.</summary>
    Budget,

    /// <summary>One instruction is the interpreter's; nothing of it was done.</summary>
    Interpret,
}

/// <summary>A place where generated code returns, and what holds there.</summary>
internal struct Exit
{
    public ExitKind Kind;

    /// <summary>Instructions that the block charged and that are not retired here.</summary>
    public int Refund;

    /// <summary>Instructions that the code after the block may charge without a check, if it resumes.</summary>
    public int Ahead;

    /// <summary>For <see cref="ExitKind.Budget"/>: instructions that the budget has to cover to enter.</summary>
    public int Charge;

    /// <summary>The guest's next instruction.</summary>
    public ulong Pc;

    /// <summary>For <see cref="ExitKind.Link"/>: the slot that the jump goes through.</summary>
    public nint Slot;

    /// <summary>For <see cref="ExitKind.Link"/> of harts: the number of the page that the jump is in.</summary>
    public int PageId;

    /// <summary>
    /// For <see cref="ExitKind.Interpret"/>: where translated code resumes after the instruction; 0: it is looked up by its address. For
    /// <see cref="ExitKind.Budget"/>: where it checks again.
    /// </summary>
    public nint Resume;

    /// <summary>For <see cref="ExitKind.Interpret"/>: the instruction.</summary>
    public DecodedInstruction Instruction;
}

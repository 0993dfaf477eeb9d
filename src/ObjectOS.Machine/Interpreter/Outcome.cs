namespace ObjectOS.Machine.Interpreter;

/// <summary>How an instruction that the dispatch loop does not finish itself has ended.</summary>
internal enum Outcome : byte
{
    /// <summary>Retired; go on.</summary>
    Done,

    /// <summary>Retired, and cached code may be out of date: leave the block.</summary>
    CodeChanged,

    /// <summary>Retired, and the hart may be in another mode or translation, or have an interrupt pending: it goes on at <c>_pc</c>, looked at anew.</summary>
    Left,

    /// <summary>Not retired; the trap is filled in.</summary>
    Trapped,
}

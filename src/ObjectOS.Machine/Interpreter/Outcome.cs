namespace ObjectOS.Machine.Interpreter;

/// <summary>How an instruction that the dispatch loop does not finish itself has ended.</summary>
internal enum Outcome : byte
{
    /// <summary>Retired; go on.</summary>
    Done,

    /// <summary>Retired, and cached code may be out of date: leave the block.</summary>
    CodeChanged,

    /// <summary>Not retired; the trap is filled in.</summary>
    Trapped,
}

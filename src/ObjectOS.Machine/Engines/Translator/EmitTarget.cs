namespace ObjectOS.Machine.Engines.Translator;

/// <summary>What code is generated for.</summary>
/// <param name="Entries">Where it is entered, by the guest's address.</param>
/// <param name="PageId">For harts: the number of the page.</param>
/// <param name="Rules">What is particular about it.</param>
internal readonly record struct EmitTarget(Dictionary<ulong, nint> Entries, int PageId, EmitRules Rules);

/// <summary>What is particular about generated code.</summary>
[Flags]
internal enum EmitRules
{
    None = 0,

    /// <summary>Code of a supervisor- or machine-mode hart, which leaves its page by checked entries alone.</summary>
    Hart = 1,

    /// <summary>Floating-point state is off or clean.</summary>
    HidesFloats = 2,
}

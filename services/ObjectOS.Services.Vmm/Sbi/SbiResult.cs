namespace ObjectOS.Services.Vmm;

/// <summary>What becomes of an SBI call.</summary>
internal enum SbiOutcome : byte
{
    /// <summary>It returns error and value.</summary>
    Returns,

    /// <summary>A legacy call: it returns the value in a0 alone.</summary>
    ReturnsOne,

    /// <summary>It does not return: its ecall gets an exception.</summary>
    Faults,

    /// <summary>A memory operation was suspended; nothing has changed.</summary>
    Suspended,

    /// <summary>It does not return, or is answered later.</summary>
    Silent,
}

/// <summary>The end of an SBI call.</summary>
/// <param name="Outcome">How it ends.</param>
/// <param name="Error">Its error.</param>
/// <param name="Value">Its value, or the trap value.</param>
/// <param name="Cause">The exception.</param>
internal readonly record struct SbiResult(SbiOutcome Outcome, SbiError Error, ulong Value, ulong Cause = 0)
{
    public static SbiResult Suspended => new(SbiOutcome.Suspended, 0, 0);

    public static SbiResult Silent => new(SbiOutcome.Silent, 0, 0);

    public static SbiResult Success(ulong value = 0) => new(SbiOutcome.Returns, SbiError.Success, value);

    public static SbiResult Fail(SbiError error) => new(SbiOutcome.Returns, error, 0);

    public static SbiResult Fault(ulong cause, ulong address) => new(SbiOutcome.Faults, 0, address, cause);

    public static SbiResult Legacy(long value = 0) => new(SbiOutcome.ReturnsOne, 0, (ulong)value);
}

/// <summary>An SBI call as a hart makes it.</summary>
/// <param name="Hart">Who calls.</param>
/// <param name="Extension">a7.</param>
/// <param name="Function">a6.</param>
/// <param name="Words">a0 to a5.</param>
/// <param name="ReplySlot">Where it is answered.</param>
internal readonly record struct SbiCall(Hart Hart, uint Extension, uint Function, Abi.MessageWords Words, uint ReplySlot);

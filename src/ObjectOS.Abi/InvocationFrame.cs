using System.Runtime.CompilerServices;

namespace ObjectOS.Abi;

/// <summary>
/// The registers of one invocation, the same for machine code and for managed programs. On entry: a7 the number, word 0 (a0)
/// the slot of the object, the further words the arguments in the order of the table's row. On return word 0 is the
/// <see cref="KernelStatus"/> and the further words are the results.
/// </summary>
/// <remarks>Machine code has words 0–6 in a0–a6 and words 7–11 in t0–t4; a blocked call is restarted from these alone.</remarks>
[InlineArray(Length)]
public struct InvocationFrame
{
    /// <summary>Words in a frame.</summary>
    public const int Length = 12;

    private ulong _word;

    /// <summary>The number of the integer register (x0–x31) that holds a word of the frame in machine code.</summary>
    public static int RegisterOf(int word) => word switch
    {
        < 7 => 10 + word,       // a0–a6
        < 10 => 5 + (word - 7), // t0–t2
        _ => 28 + (word - 10),  // t3–t4
    };
}

/// <summary>Which slots of a capability table are for whom.</summary>
public static class CapabilitySlots
{
    /// <summary>Slots that a program chooses are 1 and up, below this; slot 0 means "none".</summary>
    public const uint Limit = 1 << 16;

    /// <summary>Slots from here on are chosen by the kernel, for what comes to a managed program with its messages.</summary>
    public const uint ChosenByKernel = 1 << 24;
}

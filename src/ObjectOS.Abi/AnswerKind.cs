namespace ObjectOS.Abi;

/// <summary>What answers a load that an address space answers without its holder; see <see cref="Call.SpaceAnswerRead"/>.</summary>
public enum AnswerKind : byte
{
    /// <summary>Nothing: the load is the holder's.</summary>
    None = 0,

    /// <summary>A value.</summary>
    Value = 1,

    /// <summary>The time register of the hart that loads, shifted right by a number of bits.</summary>
    Time = 2,
}

namespace ObjectOS.Lockstep.Programs;

/// <summary>What a generator asks of chance.</summary>
internal static class Choice
{
    /// <summary>True so many times of a hundred.</summary>
    public static bool Percent(this Random random, int percent) => random.Next(100) < percent;

    public static T Of<T>(this Random random, params ReadOnlySpan<T> choices) => choices[random.Next(choices.Length)];

    /// <summary>64 random bits.</summary>
    public static ulong Bits(this Random random) => (ulong)random.NextInt64(long.MinValue, long.MaxValue);

    /// <summary>An operand: small numbers, powers of two and patterns more often than chance has them.</summary>
    public static ulong Operand(this Random random) => random.Next(5) switch
    {
        0 => (ulong)random.Next(-4, 5),
        1 => (ulong)random.NextInt64(int.MinValue, 1L << 32),
        2 => 1UL << random.Next(64),
        3 => 0xFFFFFFFF_00000000 | (uint)random.NextInt64(),
        _ => random.Bits(),
    };
}

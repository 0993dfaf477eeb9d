using System.Buffers.Binary;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>Where a program ended: signal, pc and x1–x31, f0–f31, fcsr, a hash of the data.</summary>
internal sealed record FinalState(ulong[] Words)
{
    public const int Size = 67 * 8;

    public static FinalState Parse(ReadOnlySpan<byte> bytes)
    {
        ulong[] words = new ulong[Size / 8];
        for (int i = 0; i < words.Length; i++)
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * 8)..]);
        return new(words);
    }

    public static ulong Hash(ReadOnlySpan<byte> data)
    {
        ulong hash = 0xCBF29CE484222325;
        for (int i = 0; i < data.Length; i += 8)
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(data[i..])) * 0x100000001B3;
        return hash;
    }

    /// <summary>What is different, in words; empty if nothing is.</summary>
    public string Difference(FinalState other) => string.Join("; ", Enumerable.Range(0, Words.Length)
        .Where(i => Words[i] != other.Words[i])
        .Select(i => FormattableString.Invariant($"{Name(i)}: {Words[i]:x} and {other.Words[i]:x}")));

    private static string Name(int index) => index switch
    {
        0 => "signal",
        1 => "pc",
        < 33 => $"x{index - 1}",
        < 65 => $"f{index - 33}",
        65 => "fcsr",
        _ => "data",
    };
}

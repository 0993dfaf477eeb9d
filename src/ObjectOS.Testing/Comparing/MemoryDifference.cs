using System.Globalization;
using ObjectOS.Events;

namespace ObjectOS.Testing.Comparing;

/// <summary>A word of a guest's variables that differs between two runs when their events begin to differ.</summary>
/// <param name="Symbol">The variable.</param>
/// <param name="Offset">The word's place in it, in bytes.</param>
/// <param name="LeftAddress">The word's address in the left guest; null: the left one has no such variable.</param>
/// <param name="RightAddress">The same of the right guest.</param>
/// <param name="Left">Its value in the left guest: a number, or the symbol that it points to; null: the left one has no such variable.</param>
/// <param name="Right">The same of the right guest.</param>
public sealed record MemoryDifference(string Symbol, ulong Offset, ulong? LeftAddress, ulong? RightAddress, string? Left, string? Right)
{
    /// <summary>Most words that a report has.</summary>
    public const int MostShown = 16;

    private const string Zero = "0x0";

    /// <summary>The word's place, such as <c>table+0x10</c>.</summary>
    public string Place => Offset == 0 ? Symbol : string.Create(CultureInfo.InvariantCulture, $"{Symbol}+0x{Offset:x}");

    /// <summary>The word in one line.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Place} (0x{LeftAddress ?? RightAddress:x}): {Left ?? "not there"} on the left, {Right ?? "not there"} on the right");

    /// <summary>
    /// All words that differ, in the order of the left guest's addresses. Variables are compared by name, because two builds have them at different addresses; pointers by
    /// the symbols that they point to.
    /// </summary>
    internal static IEnumerable<MemoryDifference> Between(IReadOnlyList<GuestVariable> left, IReadOnlyList<GuestVariable> right)
    {
        if (left.Count == 0 || right.Count == 0)
        {
            return [];
        }

        var rights = right.ToDictionary(variable => variable.Name);
        var lefts = left.Select(variable => variable.Name).ToHashSet();
        return left.SelectMany(variable => OfVariable(variable, rights.GetValueOrDefault(variable.Name)))
            .Concat(right.Where(variable => !lefts.Contains(variable.Name)).SelectMany(variable => OfVariable(null, variable)));
    }

    private static IEnumerable<MemoryDifference> OfVariable(GuestVariable? left, GuestVariable? right)
    {
        ulong[] offsets = [.. (left?.Words.Keys ?? []).Union(right?.Words.Keys ?? []).Order()];
        foreach (ulong offset in offsets)
        {
            string? a = left is null ? null : left.Words.GetValueOrDefault(offset, Zero);
            string? b = right is null ? null : right.Words.GetValueOrDefault(offset, Zero);
            if (a != b)
            {
                yield return new MemoryDifference((left ?? right)!.Name, offset, left?.Address + offset, right?.Address + offset, a, b);
            }
        }
    }
}

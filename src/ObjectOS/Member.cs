namespace ObjectOS;

/// <summary>Checks of members of options, which all of them need.</summary>
internal static class Member
{
    /// <summary>Says that a member is null; null if it is not.</summary>
    public static string? Null(object? value, string name) => value is null ? $"{name} is null." : null;

    /// <summary>Says that a list, or an item of it, is null; null if none is.</summary>
    public static string? NullIn<T>(IReadOnlyList<T>? list, string name)
    {
        if (list is null)
        {
            return $"{name} is null.";
        }

        for (int i = 0; i < list.Count; i++)
        {
            if (list[i] is null)
            {
                return $"{name}[{i}] is null.";
            }
        }

        return null;
    }
}

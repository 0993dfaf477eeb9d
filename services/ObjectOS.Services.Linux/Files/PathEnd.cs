namespace ObjectOS.Services.Linux;

/// <summary>How a path ends: calls that change names look at that, not at where the path leads (path_resolution(7); namei.c, last_type).</summary>
internal readonly record struct PathEnd(bool HasSlash, string Last)
{
    public bool IsRoot => Last.Length == 0;

    public bool IsDot => Last == ".";

    public bool IsDotDot => Last == "..";

    /// <summary>True if the path ends in a name that can be made, removed or moved.</summary>
    public bool IsName => !IsRoot && !IsDot && !IsDotDot;

    public static PathEnd Of(string path)
    {
        string trimmed = path.TrimEnd('/');
        return new PathEnd(trimmed.Length < path.Length, trimmed[(trimmed.LastIndexOf('/') + 1)..]);
    }
}

using System.Text.RegularExpressions;

namespace ObjectOS.Versions;

/// <summary>
/// The name of a version: <c>current</c>, <c>left</c>, <c>kernel:PATH</c>, <c>services:PATH</c>, <c>boot:FILE</c> or <c>program:FILE</c>,
/// each with changes <c>+KIND:VALUE</c>.
/// </summary>
/// <param name="Kind">What it replaces.</param>
/// <param name="Path">The full path of the file or folder; empty for a version without one.</param>
/// <param name="Changes">Its changes, in the order in which they were written.</param>
public sealed partial record VersionSpec(VersionKind Kind, string Path, IReadOnlyList<VersionChange> Changes)
{
    /// <summary>This process's own build, unchanged.</summary>
    public static VersionSpec Current { get; } = new(VersionKind.Current, "", []);

    /// <summary>True if assemblies must be loaded for it: a worker process does that for a tool without a JIT compiler.</summary>
    public bool LoadsAssemblies => Kind is VersionKind.Kernel or VersionKind.Services;

    /// <summary>Reads the name of a version. Paths are relative to the current folder.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="spec">The version; null if the result is false.</param>
    /// <param name="problem">One sentence about what is wrong; empty if the result is true.</param>
    /// <returns>True if it is one. No file is looked at.</returns>
    public static bool TryParse(string text, out VersionSpec? spec, out string problem) =>
        TryParse(text, Environment.CurrentDirectory, out spec, out problem);

    /// <summary>Reads the name of a version.</summary>
    /// <param name="text">What was written.</param>
    /// <param name="folder">The folder that paths are relative to; a full path.</param>
    /// <param name="spec">The version; null if the result is false.</param>
    /// <param name="problem">One sentence about what is wrong; empty if the result is true.</param>
    /// <returns>True if it is one. No file is looked at.</returns>
    public static bool TryParse(string text, string folder, out VersionSpec? spec, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        spec = null;
        var marks = ChangeMark().Matches(text);
        var changes = new List<VersionChange>();
        for (int i = 0; i < marks.Count; i++)
        {
            int start = marks[i].Index + marks[i].Length;
            int end = i + 1 < marks.Count ? marks[i + 1].Index : text.Length;
            if (VersionChange.Read(marks[i].Groups[1].Value, text[start..end], folder, out problem) is not { } change)
            {
                return false;
            }

            changes.Add(change);
        }

        string main = marks.Count > 0 ? text[..marks[0].Index] : text;
        var kind = KindOf(main, out string path);
        problem = kind is null
            ? $"\"{main}\" is not a version: current, left, kernel:PATH, services:PATH, boot:FILE or program:FILE is wanted"
            : path.Contains('\0', StringComparison.Ordinal) ? "the path of a version holds a NUL character"
            : kind is VersionKind.Kernel or VersionKind.Services or VersionKind.Boot or VersionKind.Program && path.Length == 0
                ? $"\"{main}\" names no file"
            : changes.Where(change => change.Kind == ChangeKind.Seed).Skip(1).Any() ? $"\"{text}\" changes the seed twice"
            : changes.Where(change => change.Kind == ChangeKind.Input).Skip(1).Any() ? $"\"{text}\" changes the input twice"
            : "";
        spec = problem.Length > 0 ? null
            : new VersionSpec(kind!.Value, path.Length == 0 ? "" : System.IO.Path.GetFullPath(path, folder), changes);
        return spec is not null;
    }

    /// <summary>Writes it so that <see cref="TryParse(string, out VersionSpec?, out string)"/> reads the same, in any folder.</summary>
    public override string ToString() =>
        string.Concat([Kind.ToString().ToLowerInvariant(), Path.Length > 0 ? ":" + Path : "", .. Changes.Select(change => "+" + change)]);

    private static VersionKind? KindOf(string text, out string path)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        path = colon < 0 ? "" : text[(colon + 1)..];
        return (colon < 0 ? text : text[..(colon + 1)]) switch
        {
            "current" => VersionKind.Current,
            "left" => VersionKind.Left,
            "kernel:" => VersionKind.Kernel,
            "services:" => VersionKind.Services,
            "boot:" => VersionKind.Boot,
            "program:" => VersionKind.Program,
            _ => null,
        };
    }

    /// <summary>Where a change begins; a path that holds such letters needs another name.</summary>
    [GeneratedRegex(@"\+([a-z]+):")]
    private static partial Regex ChangeMark();
}

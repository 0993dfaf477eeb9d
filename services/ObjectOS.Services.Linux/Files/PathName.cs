using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>A path as a call names it: its text, and the directory that it is relative to, which stays that directory whatever its name becomes.</summary>
/// <param name="Start">That directory.</param>
/// <param name="Text">The path, a byte text.</param>
internal readonly record struct PathName(DirectoryPlace Start, string Text)
{
    public bool IsEmpty => Text.Length == 0;

    /// <summary>How it ends.</summary>
    public PathEnd End => PathEnd.Of(Text);

    /// <summary>Itself without slashes at its end.</summary>
    public PathName Trimmed => this with { Text = Text.TrimEnd('/') };

    /// <summary>The same for calls that make a name: a slash after it does not matter.</summary>
    public PathName ForName => End.IsName ? Trimmed : this;

    public void Save(BinaryWriter writer)
    {
        writer.Write(Start.Directory.Number);
        writer.Write(Start.HostPath);
        writer.Write(Text);
    }

    public static PathName Restore(BinaryReader reader, IReadOnlyDictionary<ulong, Inode> inodes) =>
        new(new DirectoryPlace(inodes[reader.ReadUInt64()], reader.ReadString()), reader.ReadString());
}

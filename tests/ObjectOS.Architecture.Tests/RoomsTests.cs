using System.Text.RegularExpressions;

namespace ObjectOS.Tests.Architecture;

/// <summary>What lives only in its own rooms: unsafe code and reference tricks; and what lives nowhere: mutable statics.</summary>
public sealed partial class RoomsTests
{
    private static readonly string[] UnsafeRooms = ["src/ObjectOS.Machine/Memory/", "src/ObjectOS.Machine/Code/", "src/ObjectOS.Machine/Engines/Translator/"];

    // Executable memory; the descriptors, terminals and jail of the tool; nodes of the host's file system.
    private static readonly string[] PlatformInvokeRooms = ["src/ObjectOS.Machine/Code/", "src/ObjectOS.Cli/", "src/ObjectOS/Host/"];

    [Fact]
    public void UnsafeCode_LivesInItsRoomsOnly() => Offenders(UnsafeWord(), UnsafeRooms).Should().BeEmpty();

    [Fact]
    public void ReferenceTricks_LiveInTheirRoomsOnly() => Offenders(ReferenceTrick(), UnsafeRooms).Should().BeEmpty();

    [Fact]
    public void PlatformInvokes_LiveInTheirRoomsOnly() => Offenders(PlatformInvoke(), PlatformInvokeRooms).Should().BeEmpty();

    [Fact]
    public void AllowUnsafeBlocks_IsSetForTheMachineOnly() =>
        Directory.EnumerateFiles(Repository.Root, "*.*proj", SearchOption.AllDirectories)
            .Where(f => File.ReadAllText(f).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal))
            .Select(Path.GetFileNameWithoutExtension)
            .Should().Equal("ObjectOS.Machine");

    [Fact]
    public void Statics_ThatCanChange_AreNowhere() => Offenders(MutableStatic(), []).Should().BeEmpty("two kernels in one process must not know of each other");

    private static IEnumerable<string> Offenders(Regex pattern, string[] rooms)
    {
        foreach (string folder in (string[])["src", "kernel", "services"])
        {
            foreach (string file in Directory.EnumerateFiles(Repository.PathOf(folder), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                string name = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/');
                if (name.Contains("/obj/", StringComparison.Ordinal) || name.Contains("/bin/", StringComparison.Ordinal) || rooms.Any(r => name.StartsWith(r, StringComparison.Ordinal)))
                {
                    continue;
                }

                int line = 0;
                foreach (string text in File.ReadLines(file))
                {
                    line++;
                    string code = Quoted().Replace(text.Split("//", 2)[0], "");
                    if (pattern.IsMatch(code))
                    {
                        yield return $"{name}:{line}: {text.Trim()}";
                    }
                }
            }
        }
    }

    /// <summary>Messages may name what code may not.</summary>
    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\bunsafe\b|\bfixed\s*\(")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\[DllImport\b|\[LibraryImport\b")]
    private static partial Regex PlatformInvoke();

    [GeneratedRegex(@"\bUnsafe\.|\bMemoryMarshal\.|\bNativeMemory\.")]
    private static partial Regex ReferenceTrick();

    [GeneratedRegex(@"^\s*(?:(?:private|internal|public|protected)\s+)*static\s+(?!readonly|class|partial|extern|implicit|explicit|void|async|abstract)(?:volatile\s+)?[\w<>,\[\]?. ]+?\s+\w+\s*(?:=[^>=]|;|\{\s*get;\s*(?:private\s+|internal\s+)?set)")]
    private static partial Regex MutableStatic();
}

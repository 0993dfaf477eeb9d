namespace ObjectOS.Cli.Conformance;

/// <summary>A test of a suite.</summary>
/// <param name="Name">Its path relative to the suite, with /.</param>
/// <param name="Path">Its file.</param>
/// <param name="Architecture">The ISA string among its attributes; null: it has none.</param>
internal sealed record ConformanceTest(string Name, string Path, string? Architecture)
{
    private const long MostBytes = 256 << 20;

    /// <summary>Every test under a directory, in ordinal order of names. Links are not followed; what is no test is passed over.</summary>
    /// <exception cref="IOException">A file or directory cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">One may not be read.</exception>
    public static List<ConformanceTest> Find(string suite, string? filter)
    {
        var options = new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        var tests = new List<ConformanceTest>();
        foreach (var file in new DirectoryInfo(suite).EnumerateFiles("*", options))
        {
            string name = System.IO.Path.GetRelativePath(suite, file.FullName).Replace(System.IO.Path.DirectorySeparatorChar, '/');
            if ((filter is null || name.Contains(filter, StringComparison.Ordinal)) && TryRead(file, name) is { } test)
            {
                tests.Add(test);
            }
        }

        tests.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return tests;
    }

    private static ConformanceTest? TryRead(FileInfo file, string name)
    {
        // What is no regular file has no length, and is not to be waited for.
        if (file.Length is < TestElf.HeaderBytes or > MostBytes)
        {
            return null;
        }

        using var stream = new FileStream(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0);
        var head = new byte[TestElf.HeaderBytes];
        if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) < head.Length || !TestElf.IsCandidate(head))
        {
            return null;
        }

        byte[] bytes = File.ReadAllBytes(file.FullName);
        return TestElf.IsCandidate(bytes) && TestElf.IsTest(bytes) ? new ConformanceTest(name, file.FullName, TestElf.Architecture(bytes)) : null;
    }
}

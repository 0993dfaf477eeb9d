namespace ObjectOS.Cli.Conformance;

/// <summary>The signatures that a reference model left: <c>NAME.signature</c> or <c>NAME.reference_output</c>, in a directory of their own or beside the test.</summary>
internal sealed class ReferenceSignatures(string directory)
{
    private const string Wanted = "NAME.signature or NAME.reference_output";

    /// <summary>Compares a test's signature with the reference's, line by line. Null: they are the same; else what is not.</summary>
    public string? Difference(ConformanceTest test, ReadOnlyMemory<byte> signature)
    {
        if (Candidates(test).FirstOrDefault(File.Exists) is not { } path)
        {
            return $"no reference: {Wanted} is wanted";
        }

        string[] wanted = [.. File.ReadLines(path).Select(line => line.Trim().ToLowerInvariant()).Where(line => line.Length > 0)];
        int digits = wanted.Length == 0 ? 8 : wanted[0].Length;
        if (digits is not (8 or 16 or 32))
        {
            return $"no reference: the lines of {Path.GetFileName(path)} have {digits} digits; 8, 16 or 32 are wanted";
        }

        string[] found = [.. Signature.Lines(signature, digits / 2)];
        for (int i = 0; i < Math.Max(found.Length, wanted.Length); i++)
        {
            string left = i < found.Length ? found[i] : "no line";
            string right = i < wanted.Length ? wanted[i] : "no line";
            if (left != right)
            {
                return $"signature line {i + 1}: found {left}, wanted {right}";
            }
        }

        return null;
    }

    private IEnumerable<string> Candidates(ConformanceTest test)
    {
        string[] names = [test.Name, Path.ChangeExtension(test.Name, null), Path.GetFileName(test.Name), Path.GetFileNameWithoutExtension(test.Name)];
        return from folder in (string[])[directory, test.Path[..^test.Name.Length]]
               from name in names
               from ending in (string[])[".signature", ".reference_output"]
               select Path.Combine(folder, name + ending);
    }
}

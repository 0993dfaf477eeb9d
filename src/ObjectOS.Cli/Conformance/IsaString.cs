namespace ObjectOS.Cli.Conformance;

/// <summary>The extensions of an ISA string (unprivileged specification, chapter "ISA Extension Naming Conventions"), with those that they bring along.</summary>
internal sealed class IsaString
{
    private static readonly Dictionary<string, string[]> Implied = new()
    {
        ["g"] = ["i", "m", "a", "f", "d", "zicsr", "zifencei"],
        ["q"] = ["d"],
        ["d"] = ["f"],
        ["f"] = ["zicsr"],
        ["m"] = ["zmmul"],
        ["a"] = ["zaamo", "zalrsc"],
        ["b"] = ["zba", "zbb", "zbs"],
        ["c"] = ["zca"],
        ["v"] = ["d", "zve32x", "zve32f", "zve64x", "zve64f", "zve64d", "zvl32b", "zvl64b", "zvl128b"],
        ["zfh"] = ["zfhmin"],
        ["zfhmin"] = ["f"],
        ["zicntr"] = ["zicsr"],
        ["zihpm"] = ["zicsr"],
        ["zbc"] = ["zbkc"],
        ["zk"] = ["zkn", "zkr", "zkt"],
        ["zkn"] = ["zbkb", "zbkc", "zbkx", "zkne", "zknd", "zknh"],
        ["zks"] = ["zbkb", "zbkc", "zbkx", "zksed", "zksh"],
    };

    private readonly HashSet<string> _extensions = [];

    private IsaString()
    {
    }

    /// <summary>The extensions, in the order of the string; the base is one.</summary>
    public List<string> Named { get; } = [];

    /// <summary>Reads a string of a base of 64 bits; null where it is none.</summary>
    public static IsaString? TryParse(string text)
    {
        text = text.ToLowerInvariant();
        if (!text.StartsWith("rv64", StringComparison.Ordinal) || text.Any(c => c is not ((>= 'a' and <= 'z') or (>= '0' and <= '9') or '_')))
        {
            return null;
        }

        var isa = new IsaString();
        foreach (string part in text[4..].Split('_', StringSplitOptions.RemoveEmptyEntries))
        {
            isa.AddPart(part);
        }

        foreach (string extension in isa.Named)
        {
            isa.Claim(extension);
        }

        if (isa.Has("c"))
        {
            isa._extensions.UnionWith(isa.Has("d") ? ["zcd"] : []);
        }

        return isa.Named.Count > 0 && isa.Named[0] is "i" or "e" or "g" ? isa : null;
    }

    /// <summary>True where it is claimed, by itself or with another.</summary>
    public bool Has(string extension) => _extensions.Contains(extension);

    /// <summary>Letters, each with a version or none, then perhaps one name of many letters, which goes to the end.</summary>
    private void AddPart(string part)
    {
        for (int at = 0; at < part.Length;)
        {
            if (part[at] is 'z' or 's' or 'x')
            {
                Named.Add(WithoutVersion(part[at..]));
                return;
            }

            Named.Add(part[at..++at]);
            int digits = DigitsAt(part, at);
            if (digits > 0 && at + digits < part.Length && part[at + digits] == 'p' && DigitsAt(part, at + digits + 1) is > 0 and var minor)
            {
                digits += 1 + minor;
            }

            at += digits;
        }
    }

    private static int DigitsAt(string text, int at)
    {
        int end = at;
        while (end < text.Length && char.IsAsciiDigit(text[end]))
        {
            end++;
        }

        return end - at;
    }

    /// <summary>"zba1p0" → "zba"; "zvl128b" stays.</summary>
    private static string WithoutVersion(string name)
    {
        string minor = name.TrimEnd("0123456789".ToCharArray());
        string major = minor.EndsWith('p') && minor.Length < name.Length ? minor[..^1].TrimEnd("0123456789".ToCharArray()) : name;
        return major.Length > 1 && major.Length < minor.Length - 1 ? major : name;
    }

    private void Claim(string extension)
    {
        if (_extensions.Add(extension) && Implied.TryGetValue(extension, out string[]? others))
        {
            foreach (string other in others)
            {
                Claim(other);
            }
        }
    }
}

using System.Globalization;
using System.Text.Json;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Versions;

/// <summary>
/// Reads a file of boot options: one JSON object whose keys are the long names of <c>objectos boot</c>'s options, and <c>image</c> for
/// its operand. Values are written as on the command line, as strings or numbers; <c>no-reboot</c> is true or false, <c>disk</c> and
/// <c>publish</c> may be lists. Paths are relative to the file.
/// </summary>
internal sealed class BootOptionsFile
{
    private readonly string _file;
    private readonly string _folder;
    private MachineSpec _machine = new();
    private int _depth;
    private ulong? _seed;
    private bool? _hostClock;
    private Inputs? _inputs;

    private BootOptionsFile(string file) => (_file, _folder) = (file, Path.GetDirectoryName(file)!);

    /// <summary>The keys that there are.</summary>
    public static IReadOnlyList<string> Keys { get; } =
    [
        "image", "bios", "kernel", "initrd", "append", "dtb", "disk", "net", "publish", "paging", "no-reboot", "harts", "memory",
            "depth", "budget", "timeout", "seed", "clock", "inputs",
    ];

    /// <summary>Reads a file.</summary>
    /// <exception cref="VersionException">It cannot be read, is no such file, or describes no machine.</exception>
    public static BootOptions Read(string path)
    {
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path),
                new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return new BootOptionsFile(path).Read(document.RootElement);
        }
        catch (JsonException e)
        {
            throw new VersionException($"{path}: not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new VersionException($"{path}: {(Directory.Exists(path) ? "Is a directory" : HostFileProblem.Of(e))}", e);
        }
    }

    private BootOptions Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new VersionException($"{_file}: holds {NameOf(root)}; one object with boot's options is wanted");
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var property in root.EnumerateObject())
        {
            if (!seen.Add(property.Name))
            {
                throw new VersionException($"{_file}: the key \"{property.Name}\" is there twice");
            }

            Take(property.Name, property.Value);
        }

        return _machine.Problem() is { } problem ? throw new VersionException($"{_file}: {problem.TrimEnd('.')}")
            : new BootOptions(_machine, _depth, _seed, _hostClock, _inputs);
    }

    private void Take(string key, JsonElement value)
    {
        switch (key)
        {
            case "image":
                _machine = _machine with { Image = FileOf(key, value) };
                break;
            case "bios":
                _machine = _machine with { Bios = FileOf(key, value) };
                break;
            case "kernel":
                _machine = _machine with { Kernel = FileOf(key, value) };
                break;
            case "initrd":
                _machine = _machine with { Initrd = FileOf(key, value) };
                break;
            case "dtb":
                _machine = _machine with { DeviceTree = FileOf(key, value) };
                break;
            case "append":
                _machine = _machine with { Arguments = Text(key, value) };
                break;
            case "disk":
                _machine = _machine with { Disks = [.. Texts(key, value).Select(DiskOf)] };
                break;
            case "net":
                _machine = _machine with { Network = Word(key, value, ("none", NetworkMode.None), ("user", NetworkMode.User)) };
                break;
            case "publish":
                var ports = Texts(key, value).Select(
                    text => PublishOption.Parse(text) ?? throw Wrong(key, text, "HOSTPORT:GUESTPORT, each from 1 to 65535,"));
                _machine = _machine with { Publish = [.. ports] };
                break;
            case "paging":
                var paging = Word(key, value, ("sv39", PagingMode.Sv39), ("sv48", PagingMode.Sv48), ("sv57", PagingMode.Sv57));
                _machine = _machine with { Paging = paging };
                break;
            default:
                TakeRun(key, value);
                break;
        }
    }

    private void TakeRun(string key, JsonElement value)
    {
        switch (key)
        {
            case "no-reboot":
                bool isFlag = value.ValueKind is JsonValueKind.True or JsonValueKind.False;
                _machine = _machine with { Reboots = isFlag ? !value.GetBoolean() : throw Wrong(key, value.ToString(), "true or false") };
                break;
            case "harts":
                _machine = _machine with { Harts = (int)Whole(key, value, 1, 8) };
                break;
            case "memory":
                _machine = _machine with
                {
                    Memory = Quantities.TryParseSize(Text(key, value), out ulong bytes) && bytes is >= 1 << 20 and <= 1UL << 40
                        && bytes % 4096 == 0
                        ? bytes : throw Wrong(key, value.ToString(), "a size from 1M to 1T in whole pages of 4K"),
                };
                break;
            case "depth":
                _depth = (int)Whole(key, value, 0, 256);
                break;
            case "budget":
                _machine = _machine with
                {
                    Instructions = Quantities.TryParseCount(Text(key, value), out ulong count) && count is >= 1 and <= long.MaxValue
                        ? count : throw Wrong(key, value.ToString(), "a count of at least 1"),
                };
                break;
            case "timeout":
                _machine = _machine with
                {
                    Timeout = Quantities.TryParseTime(Text(key, value), out var time)
                        ? time : throw Wrong(key, value.ToString(), "a number of seconds"),
                };
                break;
            case "seed":
                _seed = Whole(key, value, 0, ulong.MaxValue);
                break;
            case "clock":
                _hostClock = Word(key, value, ("virtual", false), ("host", true));
                break;
            case "inputs":
                _inputs = Word(key, value, ("live", ObjectOS.Inputs.Live), ("deterministic", ObjectOS.Inputs.Deterministic));
                break;
            default:
                throw new VersionException($"{_file}: there is no key \"{key}\": {string.Join(", ", Keys)} are known");
        }
    }

    private BootFile FileOf(string key, JsonElement value)
    {
        string path = FullPath(key, Text(key, value));
        return File.Exists(path) ? new BootFile(path) : throw NotThere(key, path);
    }

    private DiskSpec DiskOf(string text)
    {
        var policy = text.EndsWith(":ro", StringComparison.Ordinal) ? BlockPolicy.ReadOnly
            : text.EndsWith(":snapshot", StringComparison.Ordinal) ? BlockPolicy.Snapshot : BlockPolicy.ReadWrite;
        string path = FullPath("disk", policy == BlockPolicy.ReadWrite ? text : text[..text.LastIndexOf(':')]);
        return File.Exists(path) ? new DiskSpec(path, policy) : throw NotThere("disk", path);
    }

    private VersionException NotThere(string key, string path) =>
        new($"{_file}: \"{key}\" names {path}: {(Directory.Exists(path) ? "Is a directory" : "No such file or directory")}");

    private string FullPath(string key, string path) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal) ? throw Wrong(key, path, "a file")
            : Path.GetFullPath(path, _folder);

    private string Text(string key, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetRawText(),
        _ => throw new VersionException($"{_file}: \"{key}\" is {NameOf(value)}; a string or a number is wanted"),
    };

    private IEnumerable<string> Texts(string key, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(item => Text(key, item)) : [Text(key, value)];

    private ulong Whole(string key, JsonElement value, ulong least, ulong most)
    {
        bool isWhole = ulong.TryParse(Text(key, value), NumberStyles.None, CultureInfo.InvariantCulture, out ulong number);
        string wanted = most == ulong.MaxValue ? "a whole number, 0 or more," : $"a whole number from {least} to {most}";
        return isWhole && number >= least && number <= most ? number : throw Wrong(key, value.ToString(), wanted);
    }

    private T Word<T>(string key, JsonElement value, params (string Word, T Meaning)[] words)
    {
        string text = Text(key, value);
        int index = Array.FindIndex(words, word => word.Word == text);
        return index >= 0 ? words[index].Meaning : throw Wrong(key, text, string.Join(" or ", words.Select(word => word.Word)));
    }

    private VersionException Wrong(string key, string found, string wanted) =>
        new($"{_file}: \"{key}\" is \"{found}\"; {wanted} is wanted");

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        JsonValueKind.Null => "null",
        _ => "true or false",
    };
}

using System.Globalization;

namespace ObjectOS.Testing.Comparing;

/// <summary>
/// Reads scenarios from text. Each line is a word and what belongs to it; empty lines and lines that begin with <c>#</c> are skipped. Words can be quoted
/// with <c>"</c>; in quotes <c>\n</c>, <c>\t</c>, <c>\"</c>, <c>\\</c> and <c>\xHH</c> stand for themselves.
/// </summary>
/// <remarks>
/// <c>run [FILE|-] [ARG…]</c> (<c>-</c>: the version's program), <c>dir HOST=GUEST[:rw]</c>, <c>cwd DIR</c>, <c>env K=V</c>, <c>memory BYTES</c>, <c>budget N</c>, <c>depth N</c>,
/// <c>timeout SECONDS</c>, <c>type TEXT</c> (a newline follows), <c>send TEXT</c>, <c>wait TEXT [SECONDS]</c> (guest time), <c>end-input</c>, <c>expect exit N</c>,
/// <c>expect output TEXT</c>, <c>expect file PATH TEXT</c>, <c>expect at-most PROPERTY N</c>, <c>fail call N [ERRNO]</c>, <c>fail request TARGET N [ERRNO]</c>, <c>cut TARGET [N]</c>,
/// <c>full TARGET [N]</c>, <c>delay TARGET TIME [N]</c> (guest time, such as <c>5ms</c>), <c>accept LANE EVENT</c>.
/// </remarks>
public static class ScenarioText
{
    private const int NoSpace = 28, BrokenPipe = 32;

    /// <summary>Reads a scenario file; paths in it are relative to its folder.</summary>
    /// <exception cref="ScenarioException">The file cannot be read, or a line is wrong.</exception>
    public static Scenario Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ScenarioException($"{path}: No such file or directory", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ScenarioException($"{path}: {e.Message.TrimEnd('.')}", e);
        }

        return Parse(text, Path.GetFileNameWithoutExtension(path), Path.GetDirectoryName(Path.GetFullPath(path))!, path);
    }

    /// <summary>Reads a scenario.</summary>
    /// <param name="text">The text.</param>
    /// <param name="name">Its name.</param>
    /// <param name="folder">The folder that paths are relative to.</param>
    /// <param name="source">What messages call the text; null: its name.</param>
    /// <exception cref="ScenarioException">A line is wrong; the message names it.</exception>
    public static Scenario Parse(string text, string name, string folder, string? source = null)
    {
        ArgumentNullException.ThrowIfNull(text);
        var scenario = new Scenario { Name = name };
        var steps = new List<(int Line, Scenario Scenario)>();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length == 0 || line[0] == '#')
            {
                continue;
            }

            try
            {
                scenario = Add(scenario, Words(line), folder);
                steps.Add((i + 1, scenario));
            }
            catch (FormatException e)
            {
                throw At(i + 1, e.Message, e);
            }
        }

        // A line may need one that comes later: the whole is judged, and the first line with which the same is wrong is to blame.
        return scenario.Problem() is { } problem ? throw At(steps.Find(step => step.Scenario.Problem() == problem).Line, problem) : scenario;

        ScenarioException At(int line, string problem, Exception? inner = null) =>
            new(string.Create(CultureInfo.InvariantCulture, $"{source ?? name}:{line}: {problem}"), inner);
    }

    /// <summary>Reads a guest time: a whole number with <c>ns</c>, <c>us</c>, <c>ms</c> or <c>s</c>.</summary>
    /// <param name="text">The text.</param>
    /// <param name="nanoseconds">The time.</param>
    public static bool TryParseTime(string text, out ulong nanoseconds)
    {
        ArgumentNullException.ThrowIfNull(text);
        string number = text.TrimEnd('n', 'u', 'm', 's');
        ulong unit = text[number.Length..] switch { "ns" => 1, "us" => 1_000, "ms" => 1_000_000, "s" => 1_000_000_000, _ => 0 };
        bool isTime = ulong.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out ulong count) && unit > 0 && count <= long.MaxValue / unit;
        nanoseconds = isTime ? count * unit : 0;
        return isTime;
    }

    private static Scenario Add(Scenario scenario, List<string> words, string folder)
    {
        string[] rest = [.. words.Skip(1)];
        return words[0] switch
        {
            "run" => scenario with { Program = rest.Length == 0 || rest[0] == "-" ? null : Path.GetFullPath(rest[0], folder), Arguments = [.. rest.Skip(1)] },
            "dir" => scenario with { Directories = [.. scenario.Directories, Grant(One(rest, "HOST=GUEST[:rw]"), folder)] },
            "cwd" => scenario with { WorkingDirectory = One(rest, "DIR") },
            "env" => scenario with { Environment = WithVariable(scenario.Environment, One(rest, "K=V")) },
            "memory" => scenario with { Memory = Number(One(rest, "BYTES")) },
            "budget" => scenario with { Budget = Number(One(rest, "N")) },
            "depth" => scenario with { Depth = (int)Math.Min(Number(One(rest, "N")), int.MaxValue) },
            "timeout" => scenario with { Timeout = Seconds(One(rest, "SECONDS")) },
            "type" => WithStep(scenario, new ScenarioStep(StepKind.Type, string.Join(' ', rest) + "\n", default)),
            "send" => WithStep(scenario, new ScenarioStep(StepKind.Type, One(rest, "TEXT"), default)),
            "wait" => WithStep(scenario, Wait(rest)),
            "end-input" => WithStep(scenario, new ScenarioStep(StepKind.End, "", default)),
            "expect" => scenario with { Checks = [.. scenario.Checks, Check(rest, folder)] },
            "fail" or "cut" or "full" or "delay" => scenario with { Faults = [.. scenario.Faults, Fault(words)] },
            "accept" when rest.Length == 2 => scenario with { Accepted = [.. scenario.Accepted, new AcceptedDifference(rest[0], rest[1])] },
            "accept" => throw new FormatException("accept LANE EVENT is wanted"),
            var other => throw new FormatException(
                $"\"{Shown(other)}\" is no step: run, dir, cwd, env, memory, budget, depth, timeout, type, send, wait, end-input, expect, fail, cut, full, delay or accept is wanted"),
        };
    }

    /// <summary>A word of the file as a message can show it: a file that is no text holds anything.</summary>
    private static string Shown(string word) => string.Concat(word.Take(40).Select(c => char.IsControl(c) || c == '\uFFFD' ? '?' : c));

    private static Scenario WithStep(Scenario scenario, ScenarioStep step) => scenario with { Steps = [.. scenario.Steps, step] };

    private static Dictionary<string, string> WithVariable(IReadOnlyDictionary<string, string> variables, string text)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals < 1 ? throw new FormatException($"\"{text}\" is no variable: K=V is wanted")
            : new Dictionary<string, string>(variables) { [text[..equals]] = text[(equals + 1)..] };
    }

    private static DirectoryGrant Grant(string text, string folder)
    {
        bool isWritable = text.EndsWith(":rw", StringComparison.Ordinal);
        string[] halves = (isWritable ? text[..^3] : text).Split('=');
        return halves.Length != 2 || halves[0].Length == 0 || !halves[1].StartsWith('/') ? throw new FormatException($"\"{text}\" grants nothing: HOST=GUEST[:rw] is wanted")
            : new DirectoryGrant(Path.GetFullPath(halves[0], folder), halves[1], isWritable);
    }

    private static ScenarioStep Wait(string[] rest) => rest.Length switch
    {
        1 => new ScenarioStep(StepKind.Wait, rest[0], ScenarioStep.UsualWait),
        2 => new ScenarioStep(StepKind.Wait, rest[0], Seconds(rest[1])),
        _ => throw new FormatException("wait TEXT [SECONDS] is wanted"),
    };

    private static ScenarioCheck Check(string[] rest, string folder) => rest switch
    {
        ["exit", var code] => new ScenarioCheck(CheckKind.ExitCode, "", Number(code).ToString(CultureInfo.InvariantCulture)),
        ["output", var text] => new ScenarioCheck(CheckKind.Output, "", text),
        ["file", var path, var text] => new ScenarioCheck(CheckKind.File, Path.GetFullPath(path, folder), text),
        ["at-most", "instructions" or "charged" or "memory" or "time", var most] => new ScenarioCheck(CheckKind.Property, rest[1], Number(most).ToString(CultureInfo.InvariantCulture)),
        _ => throw new FormatException("expect exit N, expect output TEXT, expect file PATH TEXT or expect at-most instructions|charged|memory|time N is wanted"),
    };

    private static InjectedFault Fault(List<string> words)
    {
        try
        {
            return words switch
            {
                ["fail", "call", var call] => InjectedFault.FailCall(Number(call)),
                ["fail", "call", var call, var error] => InjectedFault.FailCall(Number(call), (int)Math.Min(Number(error), int.MaxValue)),
                ["fail", "request", var target, var request] => InjectedFault.FailRequest(target, Number(request)),
                ["fail", "request", var target, var request, var error] => InjectedFault.FailRequest(target, Number(request), (int)Math.Min(Number(error), int.MaxValue)),
                ["cut", var target] => InjectedFault.FailRequest(target, 1, BrokenPipe, andLater: true),
                ["cut", var target, var request] => InjectedFault.FailRequest(target, Number(request), BrokenPipe, andLater: true),
                ["full", var target] => InjectedFault.FailRequest(target, 1, NoSpace, andLater: true),
                ["full", var target, var request] => InjectedFault.FailRequest(target, Number(request), NoSpace, andLater: true),
                ["delay", var target, var time] => InjectedFault.DelayRequest(target, 1, Time(time), andLater: true),
                ["delay", var target, var time, var request] => InjectedFault.DelayRequest(target, Number(request), Time(time), andLater: true),
                _ => throw new FormatException(
                    "fail call N [ERRNO], fail request TARGET N [ERRNO], cut TARGET [N], full TARGET [N] or delay TARGET TIME [N] is wanted"),
            };
        }
        catch (ArgumentException e)
        {
            throw new FormatException($"\"{string.Join(' ', words)}\" is out of range: counts begin at 1, error numbers are 1 to 4095, delays at most 1000000s, and a target has a name", e);
        }
    }

    private static string One(string[] rest, string wanted) => rest.Length == 1 ? rest[0] : throw new FormatException($"one {wanted} is wanted, {rest.Length} were found");

    private static ulong Number(string text) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number) && number <= long.MaxValue ? number : throw new FormatException($"\"{text}\" is no number");

    private static ulong Time(string text) =>
        TryParseTime(text, out ulong time) ? time : throw new FormatException($"\"{text}\" is no time: a whole number with ns, us, ms or s is wanted");

    /// <summary>More seconds than a time can hold are as many as it can: they are refused as any that are too many.</summary>
    private static TimeSpan Seconds(string text) => TimeSpan.FromSeconds((long)Math.Min(Number(text), (ulong)(TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond)));

    /// <summary>Splits a line into words; quotes keep spaces together.</summary>
    private static List<string> Words(string line)
    {
        var words = new List<string>();
        for (int i = 0; i < line.Length;)
        {
            if (char.IsWhiteSpace(line[i]))
            {
                i++;
                continue;
            }

            words.Add(line[i] == '"' ? Quoted(line, ref i) : Plain(line, ref i));
        }

        return words;
    }

    private static string Plain(string line, ref int i)
    {
        int start = i;
        while (i < line.Length && !char.IsWhiteSpace(line[i]))
        {
            i++;
        }

        return line[start..i];
    }

    private static string Quoted(string line, ref int i)
    {
        var text = new System.Text.StringBuilder();
        for (i++; i < line.Length && line[i] != '"'; i++)
        {
            if (line[i] != '\\' || i + 1 == line.Length)
            {
                text.Append(line[i]);
                continue;
            }

            i++;
            if (line[i] == 'x' && i + 2 < line.Length && byte.TryParse(line.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
            {
                text.Append((char)value);
                i += 2;
            }
            else
            {
                text.Append(line[i] switch { 'n' => '\n', 't' => '\t', var other => other });
            }
        }

        return i == line.Length ? throw new FormatException("a quoted word has no end") : Ended(text, ref i);

        static string Ended(System.Text.StringBuilder text, ref int i)
        {
            i++;
            return text.ToString();
        }
    }
}

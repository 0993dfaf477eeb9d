using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace ObjectOS.Benchmarks.Peers;

/// <summary>Measures jobs: pairs of runs on one processor, each command first in every other pair.</summary>
/// <param name="measure">The compiled <c>programs/measure.c</c>.</param>
/// <param name="folder">Where the commands run.</param>
/// <param name="processor">The processor.</param>
internal sealed partial class Meter(string measure, string folder, int processor)
{
    /// <summary>Runs a job once to see that it does its work, then measures it.</summary>
    public Result Measure(Job job, int pairs)
    {
        string peer = "";
        string? problem = Check(job, job.Ours, out string ours);
        problem ??= Check(job, job.Peer, out peer);
        if (problem is not null)
        {
            return Result.Failed(job, problem);
        }

        if (job.PrintsTheSame && ours != peer)
        {
            return Result.Failed(job, $"the tool and {job.PeerName} print different bytes");
        }

        if (job.Figures is { } figures && Instructions(figures.Ours) != Instructions(figures.Peer))
        {
            return Result.Failed(job, $"{Instructions(figures.Ours)} and {Instructions(figures.Peer)} instructions were counted");
        }

        var left = new List<Sample>();
        var right = new List<Sample>();
        for (int i = 0; i < pairs; i++)
        {
            bool isPeerFirst = i % 2 == 1;
            Sample? first = isPeerFirst ? Run(job, job.Peer) : null;
            left.Add(Run(job, job.Ours));
            right.Add(first ?? Run(job, job.Peer));
        }

        var (oursTime, peerTime) = (new Series(left.Select(s => s.Seconds)), new Series(right.Select(s => s.Seconds)));
        return new Result(job, oursTime, peerTime, oursTime.Over(peerTime), new(left.Select(s => s.Kibibytes)), new(right.Select(s => s.Kibibytes)));
    }

    private string? Check(Job job, string command, out string digest)
    {
        string output = Path.Combine(folder, "output");
        digest = "";
        int code = Run(job, command, output, out _);
        byte[] bytes = File.ReadAllBytes(output);
        if (code != 0)
        {
            return $"{command} ended with code {code}: {LastLine(bytes)}";
        }

        digest = Convert.ToHexStringLower(SHA256.HashData(bytes));
        return job.Expected is { } expected && !System.Text.Encoding.UTF8.GetString(bytes).Contains(expected, StringComparison.Ordinal)
            ? $"{command} did not print {expected}"
            : null;
    }

    private Sample Run(Job job, string command)
    {
        int code = Run(job, command, "/dev/null", out var sample);
        return code == 0 ? sample : throw new InvalidOperationException($"{command} ended with code {code}, which it did not before");
    }

    private int Run(Job job, string command, string output, out Sample sample)
    {
        string repeated = job.Repeats == 1 ? command : $"i=0; while [ $i -lt {job.Repeats} ]; do {command} || exit; i=$((i+1)); done";
        var start = new ProcessStartInfo(measure, [processor.ToString(CultureInfo.InvariantCulture), folder, output, repeated, .. job.EndsAt is { } text ? [text] : Array.Empty<string>()])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        string line = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        long[] words = process.ExitCode == 0 ? [.. line.Split(' ').Select(word => long.Parse(word, CultureInfo.InvariantCulture))] : [0, 0, 125];
        sample = new Sample(words[0] / 1e6 / job.Repeats, words[1]);
        return (int)words[2];
    }

    private static string LastLine(byte[] bytes) => System.Text.Encoding.UTF8.GetString(bytes).TrimEnd().Split('\n')[^1];

    private static string Instructions(string file) => CountOfInstructions().Match(File.ReadAllText(file)).Groups[1].Value;

    [GeneratedRegex("\"instructions\":([0-9]+)")]
    private static partial Regex CountOfInstructions();
}

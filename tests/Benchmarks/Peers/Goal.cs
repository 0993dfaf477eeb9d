namespace ObjectOS.Benchmarks.Peers;

/// <summary>A line of the goals: what was reached beside what is wanted.</summary>
/// <param name="Name">What is measured.</param>
/// <param name="Reached">The figure; the worse quartile counts.</param>
/// <param name="Must">The most that is allowed.</param>
/// <param name="Aim">The figure that is aimed at.</param>
internal sealed record Goal(string Name, double Reached, double Must, double Aim)
{
    public bool IsReached => Reached <= Must;

    /// <summary>The goals that the rows given say something of.</summary>
    public static List<Goal> Of(IReadOnlyList<Result> results)
    {
        var goals = new List<Goal>();
        Result[] good = [.. results.Where(result => result.Problem is null)];
        foreach (var result in good.Where(result => result.Job.Goal is not null))
        {
            goals.Add(new(result.Job.Name, result.Ratio.Upper, result.Job.Goal!.Value.Must, result.Job.Goal!.Value.Aim));
        }

        Add("short jobs, geometric mean", good.Where(result => result.Job.Group == "short"), Mean, 1.5, 1.0);
        Add("CoreMark steady", Named("CoreMark"), Worst, 0.57, 0.42);
        Add("lua fib(33)", Named("lua fib(33)"), Worst, 0.40, 0.30);
        Add("programs, geometric mean", good.Where(result => result.Job.Group == "program"), Mean, 0.8, 0.6);
        Add("programs, the worst", good.Where(result => result.Job.Group == "program"), Worst, 1.5, 1.2);
        Add("floats, the worst", Named("nbody", "spectral", "fft"), Worst, 0.8, 0.5);
        AddMemory("memory of hello", "hello");
        AddMemory("memory of a booted Linux", "Linux to its marker");
        return goals;

        Result[] Named(params string[] names) => [.. good.Where(result => result.Job.Group == "program" && names.Contains(result.Job.Name))];

        void Add(string name, IEnumerable<Result> of, Func<IEnumerable<double>, double> figure, double must, double aim)
        {
            double[] ratios = [.. of.Select(result => result.Ratio.Upper)];
            if (ratios.Length > 0)
            {
                goals.Add(new(name, figure(ratios), must, aim));
            }
        }

        void AddMemory(string name, string job)
        {
            if (Array.Find(good, result => result.Job.Name == job) is { } found)
            {
                goals.Add(new(name, found.OurMemory.Over(found.PeerMemory).Upper, 1.5, 1.2));
            }
        }
    }

    private static double Mean(IEnumerable<double> values) => Math.Exp(values.Average(Math.Log));

    private static double Worst(IEnumerable<double> values) => values.Max();
}

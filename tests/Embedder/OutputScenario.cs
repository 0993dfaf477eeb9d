using System.Text;
using ObjectOS;

namespace Embedder;

/// <summary>4. Captured output that is cut says so, and two outputs in one stream keep their order.</summary>
internal static class OutputScenario
{
    private const ulong Written = 80UL << 20;

    public static async Task RunAsync(Guests guests)
    {
        await using var os = await ObjectOs.BootAsync();
        var cut = (await os.RunAsync(guests.Flood).WaitAsync(Limits.Soon)).EnsureSuccess();
        ulong limit = new ProgramLimits().CapturedOutput;
        Check.That(cut.OutputTruncated && (ulong)cut.OutputBytes.Length == limit, "80 MiB are cut at the usual limit, with a flag");
        var larger = guests.Flood with { Limits = new ProgramLimits { CapturedOutput = Written } };
        var whole = (await os.RunAsync(larger).WaitAsync(Limits.Soon)).EnsureSuccess();
        Check.That(!whole.OutputTruncated && (ulong)whole.OutputBytes.Length == Written, "a larger limit keeps all");
        Console.WriteLine($"80 MiB in {whole.Duration.TotalSeconds:0.00} s");

        using var both = new MemoryStream();
        (await os.RunAsync(guests.Alternate with { StandardOutput = both, StandardError = both }).WaitAsync(Limits.Soon)).EnsureSuccess();
        string text = Encoding.ASCII.GetString(both.ToArray());
        Check.That(text == string.Concat(Enumerable.Repeat("o\ne\n", 5_000)), "10,000 lines of two outputs keep their order");
    }
}

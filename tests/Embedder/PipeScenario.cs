using System.IO.Pipelines;
using System.Text;
using ObjectOS;

namespace Embedder;

/// <summary>1. Two programs of one OS object, joined by a pipe of 64 KiB.</summary>
internal static class PipeScenario
{
    private const int Lines = 100_000;

    public static async Task RunAsync(Guests guests)
    {
        await using var os = await ObjectOs.BootAsync();
        var pipe = new Pipe();
        string text = string.Concat(Enumerable.Range(0, Lines).Select(i => $"line {i}\n"));
        var reader = await os.StartAsync(guests.Cat with { StandardInput = pipe.Reader.AsStream() });
        var source = new MemoryStream(Encoding.ASCII.GetBytes(text));
        var writer = await os.StartAsync(guests.Cat with { StandardInput = source, StandardOutput = pipe.Writer.AsStream() });
        (await writer.WaitAsync().WaitAsync(Limits.Soon)).EnsureSuccess();
        await pipe.Writer.CompleteAsync();
        var result = (await reader.WaitAsync().WaitAsync(Limits.Soon)).EnsureSuccess();
        Check.That(result.Output == text, "all lines come through the pipe");
        Console.WriteLine($"{Lines} lines in {result.Duration.TotalSeconds:0.00} s");
    }
}

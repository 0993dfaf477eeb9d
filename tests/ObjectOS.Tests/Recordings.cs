using System.Text;
using ObjectOS.Recording;

namespace ObjectOS.Tests;

/// <summary>Records what a test does with an OS object, and replays it.</summary>
internal static class Recordings
{
    public static async Task<string> RecordAsync(MemoryStream file, int depth, Action<ObjectOsOptions> configure, Func<ObjectOs, Task<string>> work)
    {
        await using var root = await ObjectOs.BootAsync(o =>
        {
            (o.Memory, o.Recording, o.Seed) = (256.MiB(), file, 7);
            configure(o);
        });
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        string output = await work(os);
        root.RecordingFailure.Should().BeNull();
        return output;
    }

    public static async Task<string> ReplayAsync(MemoryStream file, ReplayOptions? options = null)
    {
        using var output = new MemoryStream();
        using var replay = Replay.Open(new MemoryStream(file.ToArray()), (options ?? new ReplayOptions()) with { Output = output });
        (await replay.RunAsync()).Should().BeTrue();
        (replay.IsAtEnd, replay.IsComplete).Should().Be((true, true));
        replay.OtherBuilds.Should().BeEmpty();
        return Encoding.UTF8.GetString(output.ToArray());
    }
}

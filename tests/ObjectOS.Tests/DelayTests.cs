using System.Globalization;

namespace ObjectOS.Tests;

/// <summary>Devices that are made slow: the answers come later by guest time, and all else is as before.</summary>
public sealed class DelayTests
{
    private const string Source = """
        #include <fcntl.h>
        #include <stdio.h>
        #include <time.h>
        #include <unistd.h>

        int main(void) {
            struct timespec a, b;
            char c[4];
            int fd = open("/d/text", O_RDONLY);
            clock_gettime(CLOCK_MONOTONIC, &a);
            for (int i = 0; i < 4; i++)
                if (pread(fd, &c[i], 1, i) != 1) return 1;
            clock_gettime(CLOCK_MONOTONIC, &b);
            printf("%.4s %ld\n", c, ((b.tv_sec - a.tv_sec) * 1000000000 + b.tv_nsec - a.tv_nsec) / 1000);
            return 0;
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData(Inputs.Deterministic, true, 15_000)]
    [InlineData(Inputs.Deterministic, false, 5_000)]
    [InlineData(Inputs.Live, true, 15_000)]
    public async Task Answers_OfADelayedDirectory_ComeLaterByGuestTime(Inputs inputs, bool andLater, int microseconds)
    {
        using var program = await CrossProgram.MakeAsync(Source, "-O1");
        var folder = Directory.CreateTempSubdirectory("objectos-delay-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "text"), "abcd");
            // The first request opens the file.
            var fault = InjectedFault.DelayRequest("1.files1", 3, 5_000_000, andLater);
            var seen = new List<(string Text, int Time, ulong Instructions)>();
            foreach (IReadOnlyList<InjectedFault> faults in (IReadOnlyList<InjectedFault>[])[[], [fault], [fault]])
            {
                await using var os = await ObjectOs.BootAsync(o => (o.Inputs, o.Faults) = (inputs, faults));
                var result = await os.RunAsync(new ProgramSpec { Path = program.Path, Directories = [new DirectoryGrant(folder.FullName, "/d")] });
                string[] words = result.EnsureSuccess().Output.Split(' ');
                seen.Add((words[0], int.Parse(words[1], CultureInfo.InvariantCulture), result.Instructions));
                if (faults.Count > 0)
                {
                    (await os.GetFaultsAsync()).Should().OnlyContain(progress => progress.IsReached);
                }
            }

            seen.Should().OnlyContain(run => run.Text == "abcd");
            seen[0].Time.Should().BeLessThan(1_000);
            seen[1].Time.Should().BeInRange(microseconds, microseconds + 1_000);
            seen[2].Time.Should().BeInRange(microseconds, microseconds + 1_000);
            if (inputs == Inputs.Deterministic)
            {
                seen[2].Should().Be(seen[1]);
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void Delays_OutOfTheirRange_AreRefused()
    {
        FluentActions.Invoking(() => InjectedFault.DelayRequest("1.disk1", 1, 0)).Should().Throw<ArgumentOutOfRangeException>();
        new InjectedFault { Call = 3, Delay = 5 }.Problem().Should().Be("A fault delays a target's request or makes it fail; one of the two is wanted.");
        new InjectedFault { Target = "1.disk1", Request = 1, Delay = ulong.MaxValue }.Problem().Should().StartWith("A fault delays by 18446744073709551615 ns; at most ");
    }
}

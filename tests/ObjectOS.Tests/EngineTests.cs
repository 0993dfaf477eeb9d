using ObjectOS.Machine;

namespace ObjectOS.Tests;

/// <summary>Both engines do the same where real programs have their code: above 4 GiB, and in pages that store to themselves.</summary>
public sealed class EngineTests
{
    /// <summary>Code in a mapped page that stores to its own page, then counts on; what it returns is summed up.</summary>
    private const string SelfStoring = """
        #include <stdint.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        #include <sys/mman.h>
        int main(int count, char **words) {
            uint64_t at = strtoull(words[1], 0, 0);
            unsigned offset = (unsigned)strtoul(words[2], 0, 0);
            unsigned char *page = mmap((void *)at, 8192, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);
            if (page == MAP_FAILED) return 2;
            /* sw a0,0(a1); addi a0,a0,1; addi a0,a0,2; ret */
            uint32_t code[] = { 0x00a5a023, 0x00150513, 0x00250513, 0x00008067 };
            memcpy(page + offset, code, sizeof code);
            __builtin___clear_cache((char *)page, (char *)page + 8192);
            long (*function)(long, void *) = (long (*)(long, void *))(page + offset);
            long sum = 0;
            for (long i = 0; i < 500; i++)
                sum += function(i, page + 2048 + 4 * (i & 63));
            printf("%ld\n", sum);
            return count != 3;
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData("0", "0")]
    [InlineData("0", "4088")]
    [InlineData("0x200000000", "400")]
    [InlineData("0x10000000", "64")]
    public async Task CodeThatStoresToItsPage_IsAlikeWithEachEngine(string address, string offset)
    {
        using var program = await CrossProgram.MakeAsync(SelfStoring, "-O2");
        var results = new List<RunResult>();
        foreach (var engine in (Engine[])[Engine.Interpreter, Engine.Auto, Engine.Translator])
        {
            await using var os = await ObjectOs.BootAsync(o => (o.Inputs, o.Engine) = (Inputs.Deterministic, engine));
            results.Add(await os.RunAsync(new ProgramSpec { Path = program.Path, Arguments = [address, offset], ReportsState = true, Limits = new ProgramLimits { Instructions = 5_000_000 } }));
        }

        results[0].Output.Should().Be("126250\n");
        results.Should().OnlyContain(result => result.Output == results[0].Output && result.Instructions == results[0].Instructions
            && result.Charged == results[0].Charged && result.StateHash == results[0].StateHash);
    }
}

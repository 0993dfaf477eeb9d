using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using ObjectOS.Host.Symbols;
using ObjectOS.Services.Programs;

namespace ObjectOS.Tests;

/// <summary>The functions and lines of a fault, compared with what binutils say of the same file.</summary>
public sealed class SymbolTests
{
    /// <summary>Faults three calls deep; with an argument, by a call of nothing; with two, by endless recursion.</summary>
    private const string Source = """
        #include <stdio.h>
        typedef int (*action)(int);
        static int __attribute__((noipa)) innermost(int *to, int index) {
            to[index] = 7;
            return to[0];
        }
        static int __attribute__((noipa)) middle(int *to, int index) {
            int got = innermost(to, index + 1);
            return got + index;
        }
        int __attribute__((noipa)) outer(int count) {
            printf("about to fault\n");
            return middle((int *)0, count) * 2;
        }
        int __attribute__((noipa)) jump(action to, int count) { return to(count) + 1; }
        int __attribute__((noipa)) endless(volatile int *last) {
            volatile int here[200];
            here[0] = *last + 1;
            return endless(here) + here[0];
        }
        int main(int count, char **words) {
            (void)words;
            if (count == 2) return jump((action)0x4141414140, count);
            if (count == 3) return endless(&(volatile int){ 1 });
            return outer(count) + 1;
        }
        """;

    [NeedsFact(CrossProgram.Compiler, CrossProgram.AddressReader)]
    public async Task Fault_InAProgramWithSymbols_HasTheFunctionsAndLinesOfBinutils()
    {
        string[][] ways = [["-g", "-O2"], ["-g", "-O0"], ["-gdwarf-4", "-O2"], ["-g", "-O2", "-gz"], ["-g", "-O2", "-fasynchronous-unwind-tables"], ["-gdwarf-5", "-gdwarf64", "-O2"]];
        foreach (string[] way in ways)
        {
            using var program = await CrossProgram.MakeAsync(Source, way);
            var result = await RunAsync(program.Path);
            string[] names = [.. result.Fault!.Backtrace.Take(4).Select(frame => frame.Function ?? "")];
            names.Should().Equal(["innermost", "middle", "outer", "main"], string.Join(' ', way));
            result.Message.Should().EndWith($" in innermost ({result.Fault.Backtrace[0].File}:4)");
            if (!way.Contains("-gdwarf64"))
            {
                await CompareAsync(program, result.Fault); // binutils 2.40 cannot read the 64-bit format.
            }
        }
    }

    [NeedsFact(CrossProgram.Compiler, CrossProgram.AddressReader)]
    public async Task Fault_InAPositionIndependentProgram_HasTheFunctionsAndLinesOfBinutils()
    {
        const string Bare = """
            int __attribute__((noipa)) store(int *to) { return *to = 7; }
            int __attribute__((noipa)) call(int *to) { return store(to) + 1; }
            void _start(void) {
                call((int *)8);
                for (;;) ;
            }
            """;
        using var program = await CrossProgram.MakeAsync(Bare, "-g", "-O2", "-static-pie", "-fPIE", "-nostdlib", "-Wl,--no-dynamic-linker");
        var fault = (await RunAsync(program.Path)).Fault!;
        fault.Pc.Should().BeGreaterThan(ElfImage.PositionIndependentBase);
        fault.Backtrace.Select(frame => frame.Function).Should().Equal("store", "call", "_start");
        await CompareAsync(program, fault);
    }

    [NeedsFact(CrossProgram.Compiler, CrossProgram.AddressReader, CrossProgram.Copier)]
    public async Task Fault_WithoutFrameInformation_FollowsTheFramePointer()
    {
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O0", "-fno-omit-frame-pointer", "-fno-asynchronous-unwind-tables");
        await CrossProgram.RunAsync(CrossProgram.Copier, ["--remove-section=.debug_frame", program.Path]);
        var result = await RunAsync(program.Path);
        result.Fault!.Backtrace.Select(frame => frame.Function).Take(4).Should().Equal("innermost", "middle", "outer", "main");
        await CompareAsync(program, result.Fault);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Fault_ByACallOfNothing_NamesTheCaller()
    {
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O1", "-fno-optimize-sibling-calls");
        var frames = (await RunAsync(program.Path, "1")).Fault!.Backtrace;
        frames.Select(frame => frame.Function).Take(3).Should().Equal(null, "jump", "main");
        frames[1].Line.Should().Be(15);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Fault_ByEndlessRecursion_HasAsManyFunctionsAsAreKept()
    {
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O1", "-fno-optimize-sibling-calls");
        var frames = (await RunAsync(program.Path, "1", "2")).Fault!.Backtrace;
        frames.Should().HaveCount(StackUnwinder.MostFrames).And.OnlyContain(frame => frame.Function == "endless");
    }

    [NeedsFact(CrossProgram.Compiler, CrossProgram.Stripper)]
    public async Task Fault_InAStrippedProgram_IsReportedAndChargedTheSame()
    {
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O2");
        var named = await RunAsync(program.Path);
        await CrossProgram.RunAsync(CrossProgram.Stripper, [program.Path]);
        var stripped = await RunAsync(program.Path);
        stripped.Fault!.Backtrace.Should().BeEmpty();
        named.Message.Should().StartWith(stripped.Message + " in ");
        (named.Instructions, named.Charged, named.Traps, named.PeakMemory).Should().Be((stripped.Instructions, stripped.Charged, stripped.Traps, stripped.PeakMemory));
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Fault_AtEveryDepth_HasTheSameFunctions()
    {
        using var program = await CrossProgram.MakeAsync(Source, "-g", "-O2");
        await using var os = await ObjectOs.BootAsync();
        var child = await os.CreateChildAsync();
        var grandchild = await child.CreateChildAsync();
        var expected = (await os.RunAsync(program.Path)).Fault;
        expected!.Backtrace.Should().HaveCountGreaterThan(3);
        (await child.RunAsync(program.Path)).Fault.Should().Be(expected);
        (await grandchild.RunAsync(program.Path)).Fault.Should().Be(expected);
    }

    [NeedsFact(CrossProgram.Compiler)]
    public async Task Backtrace_OfDamagedFiles_NeverThrowsAndTakesLittleTime()
    {
        foreach (string[] way in (string[][])[["-g", "-O2"], ["-gdwarf-4", "-O1"]])
        {
            using var program = await CrossProgram.MakeAsync(Source, way);
            byte[] whole = await File.ReadAllBytesAsync(program.Path);
            var fault = (await RunAsync(program.Path)).Fault!;
            var record = PictureOf(fault);
            int first = whole.Length * 3 / 4;
            for (int seed = 0; seed < TestScale.Of(1500); seed++)
            {
                byte[] damaged = Damage(whole, first, new Random(seed));
                long began = Stopwatch.GetTimestamp();
                if (ElfImage.TryParse(damaged, out var image, out _))
                {
                    this.Invoking(_ => Backtrace.Read(new ElfSections(damaged), image, record)).Should().NotThrow("seed {0}", seed);
                }

                Stopwatch.GetElapsedTime(began).Should().BeLessThan(TimeSpan.FromSeconds(5), "seed {0}", seed);
            }
        }
    }

    /// <summary>A stack that is full of return addresses, so that damaged rules find something wherever they lead.</summary>
    private static ProgramEndRecord PictureOf(FaultReport fault)
    {
        byte[] stack = new byte[ProgramEndRecord.MostStack];
        for (int i = 0; i < stack.Length; i += 8)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(stack.AsSpan(i), fault.Backtrace[1 + (i / 8 % 3)].Pc);
        }

        const ulong Top = 0x3f_0000_0000;
        ulong[] registers = [.. Enumerable.Repeat(Top + 0x100, 32)];
        return new ProgramEndRecord { Cause = 15, Pc = fault.Pc, Registers = registers, StackAddress = Top, Stack = stack };
    }

    /// <summary>Changes some bytes, mostly of the sections that are not loaded: they, and the table of them, are the last quarter of the file.</summary>
    private static byte[] Damage(byte[] whole, int first, Random random)
    {
        byte[] damaged = [.. whole];
        byte[] extremes = [0, 1, 0x7f, 0x80, 0xff];
        for (int count = random.Next(1, 60); count > 0; count--)
        {
            int at = random.Next(4) == 0 ? random.Next(damaged.Length) : random.Next(first, damaged.Length);
            int run = random.Next(4) == 0 ? random.Next(1, 16) : 1;
            byte value = random.Next(2) == 0 ? extremes[random.Next(extremes.Length)] : (byte)random.Next(256);
            damaged.AsSpan(at, Math.Min(run, damaged.Length - at)).Fill(value);
        }

        return random.Next(8) == 0 ? damaged[..random.Next(first, damaged.Length)] : damaged;
    }

    private static async Task<RunResult> RunAsync(string path, params string[] arguments)
    {
        await using var os = await ObjectOs.BootAsync(o => o.Inputs = Inputs.Deterministic);
        var result = await os.RunAsync(new ProgramSpec { Path = path, Arguments = arguments, ReportsState = true });
        result.End.Should().Be(RunEnd.Fault, result.ToString());
        return result;
    }

    /// <summary>Up to DWARF 4, the directory of the compiler is not in the line table: a file there has its name alone.</summary>
    private static async Task CompareAsync(CrossProgram program, FaultReport fault)
    {
        ulong loadBase = ElfImage.TryParse(await File.ReadAllBytesAsync(program.Path), out var image, out _) ? image.LoadBase : 0;
        for (int i = 0; i < fault.Backtrace.Count; i++)
        {
            var frame = fault.Backtrace[i];
            var (function, file, line) = await program.PlaceOfAsync(frame.Pc - loadBase - (i == 0 ? 0UL : 1));
            string which = string.Create(CultureInfo.InvariantCulture, $"frame {i} is {frame}");
            (frame.Function, frame.Line).Should().Be((function, line), which);
            (frame.File is null).Should().Be(file is null, which);
            Path.GetFullPath(frame.File ?? "/", Path.GetDirectoryName(program.Source)!).Should().Be(Path.GetFullPath(file ?? "/"), which);
        }
    }
}

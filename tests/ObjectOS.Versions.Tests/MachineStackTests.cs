using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Versions;

/// <summary>The stack of a hart at the first difference of two machines, with functions and lines of the image.</summary>
public sealed class MachineStackTests
{
    /// <summary>A supervisor-mode kernel: its stack is at an address that only its page table knows. The constant SHOWN is what it prints.</summary>
    private const string Kernel = """
        typedef unsigned long u64;
        static u64 table[512] __attribute__((aligned(4096)));
        char stack[8192] __attribute__((aligned(4096), used));
        volatile long shown = SHOWN;
        static void __attribute__((noinline)) call(u64 a0, u64 a6, u64 a7) {
            register u64 r0 __asm__("a0") = a0;
            register u64 r1 __asm__("a1") = 0;
            register u64 r6 __asm__("a6") = a6;
            register u64 r7 __asm__("a7") = a7;
            __asm__ volatile("ecall" : "+r"(r0), "+r"(r1) : "r"(r6), "r"(r7) : "memory");
        }
        static void __attribute__((noinline)) inner(int c) { call(c, 0, 1); __asm__ volatile(""); }
        static void __attribute__((noinline)) outer(int c) { inner(c); __asm__ volatile(""); }
        void start_kernel(void) {
            outer('a');
            outer(shown);
            call(0, 0, 0x53525354);
            for (;;)
                ;
        }
        void __attribute__((naked, section(".entry"))) _start(void) {
            __asm__ volatile("la sp, stack_top\n call setup\n li t0, 0x40000000\n add sp, sp, t0\n li s0, 0\n call start_kernel\n");
        }
        __asm__(".global stack_top\n.set stack_top, stack + 8192\n");
        void setup(void) {
            table[2] = (0x80000000ul >> 12 << 10) | 0xcf;
            table[3] = (0x80000000ul >> 12 << 10) | 0xcf;
            __asm__ volatile("csrw satp, %0\n sfence.vma" : : "r"((8ul << 60) | ((u64)table >> 12)) : "memory");
        }
        """;

    [NeedsTheory(CrossProgram.Compiler)]
    [InlineData("-fno-asynchronous-unwind-tables")]
    [InlineData("-fasynchronous-unwind-tables")]
    public async Task Machines_ThatDiffer_ShowTheStackOfTheHart(string tables)
    {
        using var left = await MakeAsync("-DSHOWN='b'", tables);
        using var right = await MakeAsync("-DSHOWN='c'", tables);
        var report = await Comparison.RunAsync(VersionOf(left), VersionOf(right));
        string text = TextReport.Write(report);
        var divergence = report.Scenarios[0].Divergence!;
        divergence.Left!.Text.Should().StartWith("console_putchar 'b'", text);
        divergence.Right!.Text.Should().StartWith("console_putchar 'c'", text);
        foreach (var side in new[] { divergence.Left, divergence.Right })
        {
            side.Stack.Select(frame => frame.Split(' ')[0]).Take(4).Should().Equal(["call", "inner", "outer", "start_kernel"], text);
            side.Stack.Should().OnlyContain(frame => frame.Contains("program.c:", StringComparison.Ordinal));
        }

        divergence.Memory.Should().Contain(word => word.Place == "shown" && word.Left == "0x62" && word.Right == "0x63", text);
    }

    private static Task<CrossProgram> MakeAsync(params string[] options) => CrossProgram.MakeAsync(
        Kernel, [.. options, "-g", "-O1", "-fno-omit-frame-pointer", "-fno-optimize-sibling-calls", "-ffreestanding", "-nostdlib", "-mcmodel=medany", "-mno-relax", "-march=rv64imac_zicsr_zifencei", "-mabi=lp64",
            "-fno-pie", "-no-pie", "-Wl,--build-id=none", "-Wl,--section-start=.entry=0x80200000", "-Wl,-Ttext=0x80201000", "-Wl,-e,_start", "-Wl,-z,norelro"]);

    private static LocalVersion VersionOf(CrossProgram program) => new(Path.GetFileName(program.Path))
    {
        Machine = new MachineSpec { Kernel = program.Path, Memory = 16UL << 20, Instructions = 50_000_000 },
    };
}

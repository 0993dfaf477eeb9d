using System.Diagnostics;
using ObjectOS.Debugging;
using ObjectOS.Recording;

namespace ObjectOS.Tests;

/// <summary>The real gdb at guests, in runs and in replays.</summary>
public sealed class GdbTests
{
    private const string Gdb = "gdb-multiarch";

    private const string Program = """
        #include <stdio.h>
        volatile int counter = 3;
        int table[8];
        __attribute__((noipa)) void poke(int i) { table[i & 7] = i * 3; }
        __attribute__((noipa)) void spoil(int *p) { *p = 666; }
        __attribute__((noipa)) void say(void) { printf("counter %d table %d\n", counter, table[3]); }
        int main(void) {
            for (int i = 0; i < 1000; i++) { poke(i); if (i == 500) spoil((int *)&counter); }
            say();
            return 5;
        }
        """;

    private const string Kernel = """
        asm(".globl _start\n_start: lla sp, stack\n li t0, 8192\n add sp, sp, t0\n call enter\n");
        char stack[8192] __attribute__((aligned(16)));
        unsigned long root[512] __attribute__((aligned(4096)));
        volatile long total;
        __attribute__((noipa)) void tick(long n) { total += n; }
        static void sbi(long call, long value) {
            register long a0 asm("a0") = value;
            register long a7 asm("a7") = call;
            asm volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
        }
        void enter(void) {
            root[2] = root[510] = (0x80000UL << 10) | 0xcf;
            asm volatile("csrw satp, %0\n sfence.vma" :: "r"((8UL << 60) | ((unsigned long)root >> 12)) : "memory");
            asm volatile("csrw sscratch, %0" :: "r"(0x1234L));
            for (long i = 0; i < 100; i++) tick(i);
            sbi(1, total == 4950 ? 'y' : 'n');
            sbi(8, 0);
        }
        """;

    [NeedsFact(CrossProgram.Compiler, Gdb)]
    public async Task Program_AtDepth3_StopsAtBreakpointsAndWatchpoints_AndCannotTell()
    {
        using var program = await CrossProgram.MakeAsync(Program, "-g", "-O1");
        var alone = await RunAsync(program.Path, 3, null);
        await using var server = GdbServer.Listen(0);
        var run = RunAsync(program.Path, 3, server);
        string said = await GdbAsync(
            program.Path,
            $"target remote :{server.Port}", "break main", "continue", "info threads", "watch counter", "continue", "print counter", "delete", "tbreak say", "continue", "backtrace",
            "stepi", "stepi", "x/i $pc", "print table[3]", "rwatch table[3]", "continue", "delete", "continue");
        said.Should().Contain("a thread of a program").And.Contain("Old value = 3").And.Contain("New value = 666").And.Contain("= 666").And.Contain("say () at").And.Contain("in main ()")
            .And.Contain("Value = 2985").And.Contain("exited with code 05");
        var result = await run;
        result.Output.Should().Be("counter 666 table 2985\n");
        (result.ExitCode, result.StateHash, result.Instructions, result.Charged).Should().Be((5, alone.StateHash, alone.Instructions, alone.Charged));
    }

    [NeedsFact(CrossProgram.Compiler, Gdb)]
    public async Task Replay_GoesBackToTheStoreThatBrokeAValue()
    {
        using var program = await CrossProgram.MakeAsync(Program, "-g", "-O1");
        using var file = new MemoryStream();
        await using (var root = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs, o.Recording) = (64.MiB(), Inputs.Deterministic, file)))
        {
            await (await root.CreateChildAsync()).RunAsync(new ProgramSpec { Path = program.Path });
        }

        using var replay = Replay.Open(new MemoryStream(file.ToArray()));
        await using var server = GdbServer.Listen(0);
        var serving = server.ServeAsync(replay);
        string said = await GdbAsync(
            program.Path,
            $"target remote :{server.Port}", "break say", "continue", "watch counter", "reverse-continue", "backtrace 1", "print counter",
            "python\ntry:\n  gdb.execute('set var counter = 5')\nexcept gdb.error as e:\n  print('refused', e)\nend",
            "reverse-stepi", "info registers pc", "stepi", "reverse-continue", "continue", "continue", "print counter", "delete", "continue");
        await serving;
        said.Should().Contain("Old value = 666\nNew value = 3\nspoil (").And.Contain("#0  spoil").And.Contain("refused Cannot access memory")
            .And.Contain("Old value = 3\nNew value = 666").And.Contain("No more reverse-execution history");
    }

    [NeedsFact(CrossProgram.Compiler, Gdb)]
    public async Task Kernel_InSMode_StopsInAFunction_WithItsControlRegisters()
    {
        using var kernel = await CrossProgram.MakeAsync(Kernel, "-g", "-O1", "-nostdlib", "-ffreestanding", "-fno-pic", "-mcmodel=medany", "-Wl,-Ttext=0x80200000,--build-id=none");
        var alone = await BootAsync(kernel.Path, null);
        await using var server = GdbServer.Listen(0);
        var boot = BootAsync(kernel.Path, server);
        string said = await GdbAsync(
            kernel.Path,
            $"target remote :{server.Port}", "info registers priv satp", "break tick if n == 50", "continue", "print n", "print total", "info registers satp sscratch priv", "info threads",
            "x/x 0xffffffff80200000", "delete", "continue");
        said.Should().MatchRegex("Breakpoint 1, tick \\(n=(n@entry=)?50\\)").And.Contain("= 1225").And.MatchRegex("satp +0x80000000000").And.MatchRegex("sscratch +0x1234").And.Contain("[Supervisor]")
            .And.Contain("hart 0").And.MatchRegex("0xffffffff80200000.*:\\s+0x[0-9a-f]+").And.Contain("exited normally");
        var result = await boot;
        result.Output.Should().Be("y");
        (result.StateHash, result.Instructions, result.Charged).Should().Be((alone.StateHash, alone.Instructions, alone.Charged));
    }

    private static async Task<RunResult> RunAsync(string path, int depth, GdbServer? server)
    {
        await using var root = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs, o.Debugger) = (64.MiB(), Inputs.Deterministic, server));
        var os = root;
        for (int level = 0; level < depth; level++)
        {
            os = await os.CreateChildAsync();
        }

        var result = await os.RunAsync(new ProgramSpec { Path = path, ReportsState = true });
        server?.ReportExit(result.ExitCode);
        return result;
    }

    private static async Task<RunResult> BootAsync(string path, GdbServer? server)
    {
        await using var os = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs, o.Debugger) = (64.MiB(), Inputs.Deterministic, server));
        var result = await os.BootMachineAsync(new MachineSpec { Kernel = path, Memory = 16.MiB(), ReportsState = true });
        server?.ReportExit(result.ExitCode);
        return result;
    }

    private static async Task<string> GdbAsync(string program, params string[] commands)
    {
        string script = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(script, string.Join('\n', ["set pagination off", "set confirm off", "set width 0", .. commands]) + "\n");
            using var gdb = Process.Start(new ProcessStartInfo(Gdb, ["-nx", "-batch", "-x", script, program]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            using var limit = new CancellationTokenSource(TestTime.Seconds(60));
            var error = gdb.StandardError.ReadToEndAsync(limit.Token);
            string output = await gdb.StandardOutput.ReadToEndAsync(limit.Token);
            await gdb.WaitForExitAsync(limit.Token);
            return output + await error;
        }
        finally
        {
            File.Delete(script);
        }
    }
}

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using ObjectOS.Tests;

namespace ObjectOS.Cli.Tests;

/// <summary>
/// What code has of the host that got out of a guest: a debugger puts instructions of the host's into the translation that is executed, as an error of the translator would.
/// </summary>
public sealed class JailTests
{
    private const int Permission = -1, Access = -13; // EPERM, EACCES
    private const int Openat = 257, Socket = 41, Fork = 57, Clone = 56, Execve = 59, Unlink = 87, Mprotect = 10, Getpid = 39;
    private const int ReadOnly = 0, WriteOnly = 1, Create = 0x40;

    // Takes the thread that executes a translation, and has it make one call after the other. The code is written through its view for writing; the other cannot be written.
    private const string Injector = """
        set pagination off
        set confirm off
        handle SIG34 SIG35 nostop noprint pass
        python
        import gdb, os
        inferior = gdb.selected_inferior()
        maps = [line.split() for line in open('/proc/%d/maps' % inferior.pid) if 'objectos-code' in line]
        view = lambda rights: [[int(x, 16) for x in m[0].split('-')] for m in maps if m[1].startswith(rights)][0]
        code, written = view('r-x'), view('rw')
        for thread in inferior.threads():
            thread.switch()
            pc = int(gdb.parse_and_eval('(unsigned long)$pc'))
            if code[0] <= pc < code[1]:
                break
        else:
            raise gdb.GdbError('no thread executes a translation')
        gdb.execute('set scheduler-locking on')
        inferior.write_memory(written[0] + pc - code[0], b'\x0f\x05\xcc')
        room = int(gdb.parse_and_eval('(unsigned long)$rsp')) - 16384
        for line in open(os.environ['CALLS']):
            words = line.rstrip('\n').split('\t')
            at, values = room, []
            for word in words[1:]:
                if word.startswith('"'):
                    inferior.write_memory(at, word[1:].encode() + b'\0')
                    values.append(at)
                    at += len(word)
                else:
                    values.append(int(word) if word != 'page' else room & ~4095)
            for register, value in zip(['rax', 'rdi', 'rsi', 'rdx', 'r10', 'r8', 'r9'], [int(words[0])] + values + [0] * (6 - len(values))):
                gdb.execute('set $%s = %d' % (register, value))
            gdb.execute('set $pc = %d' % pc)
            try:
                gdb.execute('continue', to_string=True)
                print('RESULT', int(gdb.parse_and_eval('(long)$rax')), flush=True)
            except gdb.error:
                os._exit(0)
        end
        kill
        """;

    // Executes a program on a host that lacks two system calls.
    private const string Refusal = """
        #include <errno.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <stdlib.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        int main(int count, char **words) {
            struct sock_filter code[] = {
                BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(words[1]), 1, 0),
                BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(words[2]), 0, 1),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
            };
            struct sock_fprog program = {5, code};
            if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return 1;
            execv(words[3], words + 3);
            return 1;
        }
        """;

    [NativeToolFact]
    public async Task Escape_WithoutGrants_GetsNothing()
    {
        using var folder = new TemporaryFolder();
        string outside = folder.Write("outside", [1]);
        var results = await EscapeAsync(
            folder,
            [],
            [Openat, -100, "/etc/passwd", ReadOnly],
            [Openat, -100, outside, ReadOnly],
            [Openat, -100, "/proc/self/mem", ReadOnly],
            [Openat, -100, outside, WriteOnly],
            [Openat, -100, folder.PathOf("new"), Create | WriteOnly, 0x1ff],
            [Openat, -100, Tool.Misbehave, ReadOnly],
            [Unlink, outside],
            [Socket, 2, 1, 0],
            [Socket, 1, 1, 0],
            [Fork],
            [Clone, 0x1200011, 0],
            [Mprotect, "page", 4096, 7]);
        results[..5].Should().Equal(Access, Access, Access, Permission, Permission);
        results[5].Should().BeGreaterThan(2, "the program's own file may be read");
        results[6..].Should().AllBeEquivalentTo(Permission);
        folder.Names.Should().NotContain("new");
    }

    [NativeToolFact]
    public async Task Escape_IntoAnotherProgram_EndsTheTool()
    {
        using var folder = new TemporaryFolder();
        const int BadSystemCall = 128 + 31; // SIGSYS
        using var process = Tool.Start(Loop([]));
        (await EscapeAsync(folder, process, [Getpid], [Execve, "/bin/true", 0, 0], [Getpid])).Should().Equal(process.Id);
        process.ExitCode.Should().Be(BadSystemCall);
    }

    [NativeToolFact]
    public async Task Escape_WithGrants_GetsThoseAlone()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("ro"));
        Directory.CreateDirectory(folder.PathOf("rw"));
        string read = folder.Write("ro/file", [1]), written = folder.Write("rw/file", [1]), outside = folder.Write("outside", [1]);
        var results = await EscapeAsync(
            folder,
            ["--dir", folder.PathOf("ro") + "=/ro", "--dir", folder.PathOf("rw") + "=/rw:rw"],
            [Openat, -100, read, ReadOnly],
            [Openat, -100, written, WriteOnly],
            [Openat, -100, folder.PathOf("rw/new"), Create | WriteOnly, 0x1ff],
            [Openat, -100, read, WriteOnly],
            [Openat, -100, folder.PathOf("ro/new"), Create | WriteOnly, 0x1ff],
            [Openat, -100, outside, ReadOnly],
            [Unlink, outside],
            [Unlink, read],
            [Fork]);
        results[..3].Should().OnlyContain(descriptor => descriptor > 2);
        results[3..].Should().Equal(Access, Access, Access, Access, Access, Permission);
        File.Exists(outside).Should().BeTrue();
    }

    [NativeToolFact]
    public async Task Escape_WithoutJail_GetsFilesSocketsAndProcesses()
    {
        using var folder = new TemporaryFolder();
        (await EscapeAsync(folder, ["--no-jail"], [Openat, -100, "/etc/passwd", ReadOnly], [Socket, 2, 1, 0], [Fork])).Should().OnlyContain(result => result > 2);
    }

    [NativeToolFact]
    public async Task Threads_OfARun_AreAllConfined() => await ThreadsAreConfinedAsync("run", "--gdb", $"{FreePort()}", Tool.Misbehave, "endless-loop");

    [NativeToolFact]
    public async Task Threads_OfAReplay_AreAllConfined()
    {
        using var folder = new TemporaryFolder();
        string recording = folder.PathOf("recording");
        (await Tool.RunAsync("run", "--record", recording, Tool.Misbehave, "exit-42")).ExitCode.Should().Be(42);
        await ThreadsAreConfinedAsync("replay", "--gdb", $"{FreePort()}", recording);
    }

    [NativeToolFact]
    public async Task Threads_OfASuite_AreAllConfined()
    {
        using var folder = new TemporaryFolder();
        folder.Write("loop", MachineElves.Loops());
        await ThreadsAreConfinedAsync("conformance", "--suite", folder.PathOf("."), "--budget", "100T");
    }

    [NativeToolFact]
    public async Task Tour_WorksConfined()
    {
        var process = Tool.Start("tour", "--json");
        int id = process.Id;
        var ended = Tool.EndAsync(process);
        bool isConfined = false;
        while (!isConfined && !ended.IsCompleted)
        {
            await Task.Delay(5);
            isConfined = await StatusAsync(id) is { } status && status.Contains("Seccomp:\t2") && status.Contains("NoNewPrivs:\t1");
        }

        isConfined.Should().BeTrue();
        var tour = await ended;
        tour.ExitCode.Should().Be(0, tour.Error);
        using var json = JsonDocument.Parse(tour.Text);
        json.RootElement.GetProperty("steps").EnumerateArray().Should().OnlyContain(step => step.GetProperty("ok").GetBoolean());
    }

    /// <summary>Null: the process has ended.</summary>
    private static async Task<string?> StatusAsync(int process)
    {
        try
        {
            return await File.ReadAllTextAsync($"/proc/{process}/status");
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Starts the tool with a guest that does not end, and waits until each thread has a filter and no more privileges to gain.</summary>
    private static async Task ThreadsAreConfinedAsync(params string[] args)
    {
        using var process = Tool.Start(args);
        try
        {
            using var limit = new CancellationTokenSource(TestTime.Seconds(10));
            string[] threads;
            do
            {
                await Task.Delay(50, limit.Token);
                threads = [.. Directory.GetDirectories($"/proc/{process.Id}/task").Select(thread => File.ReadAllText(thread + "/status"))];
            }
            while (!threads.All(status => status.Contains("Seccomp:\t2")));
            threads.Should().HaveCountGreaterThan(2).And.OnlyContain(status => status.Contains("NoNewPrivs:\t1"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    [NativeToolFact]
    public async Task Host_WithoutAWall_RunsAndSaysSo()
    {
        const int Seccomp = 317, CreateRuleset = 444, RestrictSelf = 446, NoCall = 9999;
        using var folder = new TemporaryFolder();
        string source = folder.Write("refuse.c", System.Text.Encoding.UTF8.GetBytes(Refusal)), refuse = folder.PathOf("refuse");
        (await Tool.EndAsync(Tool.Start(new ProcessStartInfo("gcc", ["-o", refuse, source])))).ExitCode.Should().Be(0);
        (await WallsWithoutAsync(Seccomp, NoCall)).Should().Be("landlock");
        (await WallsWithoutAsync(CreateRuleset, NoCall)).Should().Be("seccomp");
        (await WallsWithoutAsync(RestrictSelf, NoCall)).Should().Be("seccomp");
        (await WallsWithoutAsync(CreateRuleset, Seccomp)).Should().Be("none");

        async Task<string?> WallsWithoutAsync(int first, int second)
        {
            string figures = folder.PathOf("figures.json");
            var run = await Tool.EndAsync(Tool.Start(new ProcessStartInfo(refuse, [$"{first}", $"{second}", NativeToolFactAttribute.Path!, "run", $"--stats={figures}", Tool.Misbehave, "exit-42"])));
            run.ExitCode.Should().Be(42);
            return await WallsAsync(figures);
        }
    }

    [NativeToolFact]
    public async Task Run_WithEverythingThatAsksTheHost_WorksConfined()
    {
        using var folder = new TemporaryFolder();
        string figures = folder.PathOf("figures.json"), trace = folder.PathOf("trace"), recording = folder.PathOf("recording");
        var run = await Tool.RunAsync(
            "run", "--depth", "2", $"--stats={figures}", "--trace", trace, "--record", recording, "--clock", "host", "--timeout", "20", "--dir", Tool.Scripts + "=/s", Tool.Lisp, "/s/fib.scm");
        (run.ExitCode, run.Error).Should().Be((0, ""));
        (await WallsAsync(figures)).Should().Be("seccomp, landlock");
        (await Tool.RunAsync("replay", recording)).Output.Should().Equal(run.Output);
        folder.Names.Should().BeEquivalentTo("figures.json", "trace", "recording");
    }

    [NativeToolFact]
    public async Task Boot_WithDisksAndPorts_WorksConfined()
    {
        using var folder = new TemporaryFolder();
        string figures = folder.PathOf("figures.json"), disk = folder.Write("disk", new byte[1 << 20]), other = folder.Write("other", new byte[1 << 20]);
        var run = await Tool.RunAsync(
            "boot", $"--stats={figures}", "--disk", disk, "--disk", other + ":snapshot", "--net", "user", "--publish", $"{FreePort()}:80", "--append", "selftest");
        run.ExitCode.Should().Be(0, run.Error);
        (await WallsAsync(figures)).Should().Be("seccomp, landlock");
    }

    [NativeToolFact]
    public async Task NoJail_IsSaidInTheFigures()
    {
        using var folder = new TemporaryFolder();
        string figures = folder.PathOf("figures.json");
        (await Tool.RunAsync("run", "--no-jail", $"--stats={figures}", Tool.Misbehave, "exit-42")).ExitCode.Should().Be(42);
        (await WallsAsync(figures)).Should().Be("none");
    }

    private static async Task<string?> WallsAsync(string figures)
    {
        using var json = JsonDocument.Parse(await File.ReadAllTextAsync(figures));
        return json.RootElement.GetProperty("jail").GetString();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string[] Loop(string[] options) => ["run", "--engine", "translator", .. options, Tool.Misbehave, "endless-loop"];

    /// <summary>Runs an endless loop, has its translation make calls, and returns their results.</summary>
    private static async Task<List<long>> EscapeAsync(TemporaryFolder folder, string[] options, params object[][] calls)
    {
        using var process = Tool.Start(Loop(options));
        var results = await EscapeAsync(folder, process, calls);
        results.Should().HaveCount(calls.Length);
        return results;
    }

    /// <summary>The same for a loop that runs; results end with the call that ends the tool.</summary>
    private static async Task<List<long>> EscapeAsync(TemporaryFolder folder, Process process, params object[][] calls)
    {
        try
        {
            (await process.StandardError.ReadLineAsync()).Should().Be("misbehave: never ends");
            await Task.Delay(TestTime.Seconds(1));
            string script = folder.PathOf("injector.gdb"), list = folder.PathOf("calls");
            await File.WriteAllTextAsync(script, Injector);
            await File.WriteAllLinesAsync(list, calls.Select(call => string.Join('\t', call.Select(word => word is string text && text != "page" ? '"' + text : $"{word}"))));
            var info = new ProcessStartInfo("gdb-multiarch", ["-nx", "-batch", "-p", $"{process.Id}", "-x", script]);
            info.Environment["CALLS"] = list;
            var debugger = await Tool.EndAsync(Tool.Start(info));
            var results = debugger.Text.Split('\n').Where(line => line.StartsWith("RESULT ", StringComparison.Ordinal)).Select(line => long.Parse(line[7..])).ToList();
            results.Should().NotBeEmpty(debugger.Text + debugger.Error);
            return results;
        }
        finally
        {
            await Task.WhenAny(process.WaitForExitAsync(), Task.Delay(TestTime.Seconds(1)));
            process.Kill();
            await process.WaitForExitAsync();
        }
    }
}

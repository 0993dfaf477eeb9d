using System.Net;
using System.Net.Sockets;
using System.Text;
using ObjectOS.Debugging;

namespace ObjectOS.Tests;

/// <summary>The remote protocol without gdb: what a script does not type.</summary>
public sealed class GdbProtocolTests
{
    [Fact]
    public async Task Interrupt_OfAGuestThatWaits_StopsIt_AndLeavingLetsItGoOn()
    {
        await using var server = GdbServer.Listen(0);
        await using var os = await ObjectOs.BootAsync(o => (o.Memory, o.Debugger) = (64.MiB(), server));
        var input = new System.IO.Pipelines.Pipe();
        var run = os.RunAsync(new ProgramSpec { Path = Programs.LispPath, StandardInput = input.Reader.AsStream() });
        using (var gdb = await Client.ConnectAsync(server.Port))
        {
            (await gdb.AskAsync("?")).Should().MatchRegex("^T02thread:[0-9a-f]+;$", "it has not executed an instruction");
            (await gdb.AskAsync("qSupported:swbreak+")).Should().Contain("qXfer:features:read+").And.NotContain("ReverseStep");
            await gdb.SendAsync("vCont;c");
            await Task.Delay(300);
            await gdb.InterruptAsync();
            (await gdb.ReceiveAsync()).Should().StartWith("T02thread:");
            string pc = await gdb.AskAsync("p20");
            pc.Should().HaveLength(16);
            (await gdb.AskAsync("m10000,4")).Should().HaveLength(8);
            (await gdb.AskAsync("m0,4")).Should().Be("E01");
        }

        run.IsCompleted.Should().BeFalse();
        await input.Writer.WriteAsync("(display (* 6 7))"u8.ToArray());
        await input.Writer.CompleteAsync();
        (await run).EnsureSuccess().Output.Should().Contain("42");
    }

    [Fact]
    public async Task RegistersAndMemory_OfARun_CanBeChanged()
    {
        // a0 = 1, then exit with it.
        byte[] image = TinyPrograms.ExitWith(1);
        await using var server = GdbServer.Listen(0);
        await using var os = await ObjectOs.BootAsync(o => (o.Memory, o.Debugger) = (64.MiB(), server));
        var run = os.RunAsync(Programs.Tiny(image));
        using var gdb = await Client.ConnectAsync(server.Port);
        await gdb.AskAsync("?");
        ulong sp = BitConverter.ToUInt64(Convert.FromHexString(await gdb.AskAsync("p2")));
        (await gdb.AskAsync($"M{sp:x},2:abcd")).Should().Be("OK");
        (await gdb.AskAsync($"m{sp:x},2")).Should().Be("abcd");
        (await gdb.AskAsync("vCont;s:1")).Should().StartWith("T05thread:1;");
        (await gdb.AskAsync("vCont;s:1")).Should().StartWith("T05thread:1;");
        (await gdb.AskAsync("Pa=2900000000000000")).Should().Be("OK");
        (await gdb.AskAsync("pa")).Should().Be("2900000000000000");
        await gdb.SendAsync("c");
        var result = await run;
        server.ReportExit(result.ExitCode);
        (await gdb.ReceiveAsync()).Should().Be("W29");
        result.ExitCode.Should().Be(0x29);
    }

    [Fact]
    public async Task RandomPackets_AreAnswered_AndChangeNothing()
    {
        await using var server = GdbServer.Listen(0);
        await using var os = await ObjectOs.BootAsync(o => (o.Memory, o.Debugger) = (64.MiB(), server));
        var run = os.RunAsync(Programs.Tiny(TinyPrograms.ExitWith(7)));
        using (var gdb = await Client.ConnectAsync(server.Port))
        {
            await gdb.AskAsync("?");
            var random = new Random(1);
            const string Letters = "qHTgpmZzvQ01234567890abef,;:=-+X";
            for (int i = 0; i < TestScale.Of(2000); i++)
            {
                string packet = string.Concat(Enumerable.Range(0, random.Next(1, 24)).Select(_ => Letters[random.Next(Letters.Length)]));
                // Neither c nor s, which let the guest go on, nor writes.
                (await gdb.AskAsync(packet)).Should().NotStartWith("OKOK", packet);
            }
        }

        (await run).ExitCode.Should().Be(7);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(1, true)]
    public async Task StopsAllOverThePlace_ChangeNothing(int depth, bool isMachine)
    {
        var alone = await RunAsync(null);
        await using var server = GdbServer.Listen(0);
        var run = RunAsync(server);
        using var gdb = await Client.ConnectAsync(server.Port);
        await gdb.AskAsync("?");
        int stops = await StopAllOverThePlaceAsync(new Random(depth + 1));
        stops.Should().BeGreaterThan(40);
        var result = await run;
        (result.StateHash, result.Instructions, result.Charged, result.Output).Should().Be((alone.StateHash, alone.Instructions, alone.Charged, alone.Output));

        async Task<int> StopAllOverThePlaceAsync(Random random)
        {
            int stopped = 0;
            for (int round = 0; round < 8; round++)
            {
                // Some of the instructions that come next, and some of the stack.
                var places = new List<string>();
                for (int step = 0; step < 40; step++, stopped++)
                {
                    if ((await gdb.AskAsync("s")).StartsWith('W'))
                    {
                        return stopped;
                    }

                    places.Add($"0,{await WordAsync("p20"):x},2");
                }

                places = [.. places.Distinct().Where(_ => random.Next(4) == 0), $"2,{Math.Max(await WordAsync("p2"), 64) - 64:x},80", $"4,{await WordAsync("pa") & 0xffff_ffff_fff8:x},8"];
                foreach (string place in places)
                {
                    (await gdb.AskAsync($"Z{place}")).Should().Be("OK");
                }

                for (int stop = random.Next(60); stop > 0; stop--, stopped++)
                {
                    if ((await gdb.AskAsync("c")).StartsWith('W'))
                    {
                        return stopped;
                    }
                }

                foreach (string place in places)
                {
                    (await gdb.AskAsync($"z{place}")).Should().Be("OK");
                }

                await gdb.SendAsync("c");
                await Task.Delay(random.Next(5));
                await gdb.InterruptAsync();
                if ((await gdb.ReceiveAsync()).StartsWith('W'))
                {
                    return stopped;
                }
            }

            await gdb.SendAsync("c");
            return stopped;
        }

        async Task<ulong> WordAsync(string packet) => BitConverter.ToUInt64(Convert.FromHexString(await gdb.AskAsync(packet)));

        async Task<RunResult> RunAsync(GdbServer? debugger)
        {
            await using var root = await ObjectOs.BootAsync(o => (o.Memory, o.Inputs, o.Debugger) = (64.MiB(), Inputs.Deterministic, debugger));
            var os = root;
            for (int level = 0; level < depth; level++)
            {
                os = await os.CreateChildAsync();
            }

            var ended = isMachine
                ? await os.BootMachineAsync(new MachineSpec { Image = Path.Combine(Repository.Root, "images", "tiny", "tiny.elf"), Arguments = "selftest", Harts = 2, Memory = 16.MiB(), ReportsState = true })
                : await os.RunAsync(Programs.Lisp("fib.scm") with { ReportsState = true });
            debugger?.ReportExit(ended.ExitCode);
            return ended;
        }
    }

    [Fact]
    public async Task Port_ThatIsTaken_IsOneSentence()
    {
        await using var server = GdbServer.Listen(0);
        FluentActions.Invoking(() => GdbServer.Listen(server.Port)).Should().Throw<IOException>().WithMessage($"port {server.Port} for gdb: *");
    }

    private sealed class Client(TcpClient client) : IDisposable
    {
        private readonly NetworkStream _stream = client.GetStream();

        public static async Task<Client> ConnectAsync(int port)
        {
            var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            var made = new Client(client);
            (await made.AskAsync("QStartNoAckMode")).Should().Be("OK");
            await made._stream.WriteAsync("+"u8.ToArray());
            return made;
        }

        public async Task<string> AskAsync(string packet)
        {
            await SendAsync(packet);
            return await ReceiveAsync();
        }

        public async Task SendAsync(string packet) =>
            await _stream.WriteAsync(Encoding.Latin1.GetBytes($"${packet}#{(byte)packet.Sum(c => c):x2}"));

        public async Task InterruptAsync() => await _stream.WriteAsync(new byte[] { 3 });

        public async Task<string> ReceiveAsync()
        {
            using var limit = new CancellationTokenSource(TestTime.Seconds(30));
            var one = new byte[1];
            var packet = new StringBuilder();
            while (await ByteAsync() != '$')
            {
            }

            for (char c = await ByteAsync(); c != '#'; c = await ByteAsync())
            {
                packet.Append(c);
            }

            await ByteAsync();
            await ByteAsync();
            return packet.ToString();

            async ValueTask<char> ByteAsync()
            {
                await _stream.ReadExactlyAsync(one, limit.Token);
                return (char)one[0];
            }
        }

        public void Dispose() => client.Dispose();
    }
}

using System.Net;
using System.Net.Sockets;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using ObjectOS.Recording;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests;

/// <summary>All that can reach a kernel from outside, in live runs whose timing is the host's, replays to the same state.</summary>
public sealed class BusyRecordingTests
{
    private static string Image(string name) => Repository.PathOf("images", name, $"{name}.elf");

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task PortAndDisks_OfAMachine_Replay(int depth, bool hostClock)
    {
        using var file = new MemoryStream();
        string disk = Path.GetTempFileName();
        await File.WriteAllBytesAsync(disk, new byte[10240]);
        string output = await Recordings.RecordAsync(file, depth, o => o.HostClock = hostClock, async os =>
        {
            using var free = new TcpListener(IPAddress.Loopback, 0);
            free.Start();
            int port = ((IPEndPoint)free.LocalEndpoint).Port;
            free.Stop();
            var net = await os.StartMachineAsync(new MachineSpec
            {
                Image = Image("netcheck"), Arguments = "tcp-echo 7", Memory = 4.MiB(), Network = NetworkMode.User, Publish = [new PublishSpec(port, 7)],
            });
            var blocks = os.BootMachineAsync(new MachineSpec { Image = Image("virtiocheck"), Memory = 4.MiB(), Disks = [new DiskSpec(disk, BlockPolicy.ReadWrite)] });
            using (var client = new TcpClient())
            {
                await client.ConnectAsync(IPAddress.Loopback, port);
                var stream = client.GetStream();
                var echo = new byte[50_000];
                await stream.WriteAsync(echo.Select((_, i) => (byte)i).ToArray());
                client.Client.Shutdown(SocketShutdown.Send);
                await stream.ReadExactlyAsync(echo);
            }

            string said = (await net.Completion).EnsureSuccess().Output;
            return said + (await blocks).EnsureSuccess().Output;
        });
        File.Delete(disk);
        output.Should().Contain("echoed 50000").And.Contain("VIRTIO-OK");
        (await Recordings.ReplayAsync(file)).Order().Should().Equal(output.Order());
    }

    [Fact]
    public async Task HolderThatGrantsMemory_StopsAndPauses_Replay()
    {
        using var file = new MemoryStream();
        ulong granted = 512.KiB();
        int grants = 0;
        await Recordings.RecordAsync(file, 1, _ => { }, async os =>
        {
            await using var child = await os.CreateChildAsync(o =>
            {
                o.Memory = granted;
                o.ExitHandler = (cpu, exit) =>
                {
                    grants++;
                    cpu.SetMemoryLimit(granted += 16.KiB());
                    cpu.Resume(exit.Kind == ExitKind.MemoryExhausted ? ExitAction.Continue : ExitAction.Deliver);
                };
            });
            var endless = await os.StartAsync(Programs.Endless);
            var lisp = child.RunAsync(Programs.Lisp("fib.scm"));
            for (int i = 0; i < 5; i++)
            {
                await Task.Delay(5);
                child.Pause();
                await endless.PauseAsync();
                await Task.Delay(5);
                await endless.ResumeAsync();
                child.Resume();
            }

            (await lisp).EnsureSuccess();
            (await endless.StopAsync()).End.Should().Be(RunEnd.Stopped);
            (await os.RunAsync(Programs.Endless with { Limits = new ProgramLimits { Timeout = TimeSpan.FromMilliseconds(60) } })).End.Should().Be(RunEnd.TimedOut);
            return "";
        });
        grants.Should().BeGreaterThan(3);
        await Recordings.ReplayAsync(file);
    }

    [Fact]
    public async Task NativePrograms_AndCallsOfTheEmbeddingProgram_Replay()
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(file, 0, _ => { }, async os =>
        {
            var pingpong = os.RunAsync(new ProgramSpec { Path = Image("pingpong"), Arguments = ["1000"] });
            for (int i = 0; i < 20; i++)
            {
                await os.InvokeAsync(kernel =>
                {
                    var root = new CellCapability(new Invoker(kernel.Root, 40_000), 1);
                    root.CreateMemory(4096, out var memory).Should().Be(KernelStatus.Ok);
                    memory.Write(0, new byte[300]).Should().Be(KernelStatus.Ok);
                    kernel.Cpu.Memory.Write(new PhysicalAddress((1UL << 45) + 8), new byte[] { 1, 2, 3 }, kernel.Cpu.Account).Should().Be(MemoryStatus.Ok);
                    memory.Delete();
                    return true;
                });
                await Task.Delay(1);
            }

            return (await pingpong).EnsureSuccess().Output;
        });
        (await Recordings.ReplayAsync(file)).Should().Be(output);
    }

    [Fact]
    public async Task DeviceAndInstructionOfOnesOwn_ReplayWithTheirClasses()
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(
            file, 1, o => o.Instructions = [new HammingDistance()],
            async os => (await os.BootMachineAsync(new MachineSpec { Image = Image("matrix"), Devices = [new MatrixUnit()] })).EnsureSuccess().Output);
        FluentActions.Invoking(() => Replay.Open(new MemoryStream(file.ToArray()))).Should().Throw<UnfitRecordingException>().WithMessage("it uses the instruction *, which ReplayOptions.Instructions does not have");
        var options = new ReplayOptions { Instructions = [new HammingDistance()] };
        await FluentActions.Awaiting(() => Recordings.ReplayAsync(file, options)).Should().ThrowAsync<UnfitRecordingException>().WithMessage("it has a device of the class *MatrixUnit*");
        (await Recordings.ReplayAsync(file, options with { Devices = name => name == typeof(MatrixUnit).FullName ? new MatrixUnit() : null })).Should().Be(output);
    }
}

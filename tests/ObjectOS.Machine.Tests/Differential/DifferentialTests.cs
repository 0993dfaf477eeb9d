using System.Diagnostics;
using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Differential;

/// <summary>Random programs end here as they end under qemu-riscv64: every register, every flag, memory.</summary>
public sealed class DifferentialTests
{
    private const int Programs = 14_000;

    [NeedsFact("riscv64-linux-gnu-gcc", "qemu-riscv64")]
    public async Task RandomPrograms_HereAndUnderQemu_EndInTheSameState()
    {
        int count = TestScale.Of(Programs);
        int first = int.Parse(Environment.GetEnvironmentVariable("OBJECTOS_TEST_SEED") ?? "1", CultureInfo.InvariantCulture);
        byte[] answers = await RunUnderQemuAsync(Enumerable.Range(first, count).Select(seed => new RandomProgram(seed)));
        answers.Length.Should().Be(count * FinalState.Size, "qemu answers every program");

        using var machine = new Machine();
        using var cpu = new RealCpu(machine, new RealCpuOptions { Engine = TestEngine.Default });
        using IAddressSpace space = cpu.CreateAddressSpace(cpu.Account);
        space.Map(new(RandomProgram.Code), default, RandomProgram.CodeSize, PageRights.Read | PageRights.Write | PageRights.Execute);
        space.Map(new(RandomProgram.Data), new(1 << 20), RandomProgram.DataSize, PageRights.Read | PageRights.Write);
        ulong retired = 0;
        for (int i = 0; i < count; i++)
        {
            var program = new RandomProgram(first + i);
            FinalState ours = Run(cpu, space, program, ref retired);
            FinalState theirs = FinalState.Parse(answers.AsSpan(i * FinalState.Size));
            string difference = ours.Difference(theirs);
            if (difference.Length != 0)
                Assert.Fail($"Seed {program.Seed}, ours and qemu's: {difference}\n{program.Listing()}");
        }

        retired.Should().BeGreaterThan((ulong)count * 700, "the programs execute most of what they have");
    }

    private static FinalState Run(RealCpu cpu, IAddressSpace space, RandomProgram program, ref ulong retired)
    {
        cpu.Memory.Write(default, program.Image, cpu.Account).Should().Be(MemoryStatus.Ok);
        cpu.Memory.Write(new(1 << 20), program.InitialData(), cpu.Account).Should().Be(MemoryStatus.Ok);
        HartContext hart = program.NewHart();
        cpu.Run(hart, space, new RunLimits(RandomProgram.Budget, 0, 0), out Trap trap);
        retired += trap.Retired;

        byte[] data = new byte[RandomProgram.DataSize];
        cpu.Memory.Read(new(1 << 20), data).Should().Be(MemoryStatus.Ok);
        ulong signal = trap.Cause switch
        {
            TrapCause.Breakpoint => 5,
            TrapCause.IllegalInstruction => 4,
            TrapCause.LoadPageFault or TrapCause.StorePageFault or TrapCause.InstructionPageFault => 11,
            var cause => 1000 + (ulong)cause,
        };
        hart.X[0] = hart.Pc;
        return new FinalState([signal, .. hart.X, .. hart.F, hart.Fcsr, FinalState.Hash(data)]);
    }

    private static async Task<byte[]> RunUnderQemuAsync(IEnumerable<RandomProgram> programs)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("objectos-differential-");
        try
        {
            string engine = Path.Combine(directory.FullName, "engine");
            string source = Path.Combine(AppContext.BaseDirectory, "Differential", "differential.c");
            using (Process compiler = Start("riscv64-linux-gnu-gcc", "-O1", "-static", "-Wl,--no-relax", "-o", engine, source))
                await compiler.WaitForExitAsync();
            using Process qemu = Start("qemu-riscv64", "-cpu", "rv64,zba=true,zbb=true,zbc=true,zbkb=true,zbkx=true,zbs=true,Zfh=true", engine);
            using var output = new MemoryStream();
            Task reading = qemu.StandardOutput.BaseStream.CopyToAsync(output);
            await using (var writer = new BinaryWriter(new BufferedStream(qemu.StandardInput.BaseStream, 1 << 16)))
            {
                foreach (RandomProgram program in programs)
                    Send(writer, program);
            }

            await reading;
            await qemu.WaitForExitAsync();
            qemu.ExitCode.Should().Be(0);
            return output.ToArray();
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static void Send(BinaryWriter writer, RandomProgram program)
    {
        foreach (ulong x in program.X)
            writer.Write(x);
        foreach (ulong f in program.F)
            writer.Write(f);
        writer.Write((ulong)program.Fcsr);
        writer.Write(program.MemorySeed);
        writer.Write((ulong)program.Image.Length);
        writer.Write(program.Image);
    }

    private static Process Start(string program, params string[] arguments) =>
        Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException($"{program} did not start");
}

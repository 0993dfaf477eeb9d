using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Benchmarks;

/// <summary>What supervisor mode costs: the same loop of loads, stores, arithmetic and branches over 64 pages as user code and on a paged hart.</summary>
internal static class MachineBenchmark
{
    private const int Runs = 11;
    private const ulong Instructions = 50_000_000;
    private const ulong Code = 0x10000, Data = 0x100000, Table = 0x80000;
    private const ulong DataBytes = 64 * 4096;

    public static void Run()
    {
        using var machine = new Machine.Machine();
        using var cpu = new RealCpu(machine);
        using var space = cpu.CreateAddressSpace(cpu.Account);
        space.Map(default, default, 0x200000, PageRights.Read | PageRights.Write | PageRights.Execute);
        cpu.Memory.Write(new PhysicalAddress(Code), Loop(), cpu.Account);

        // A tree of 4 KiB pages that maps the first 2 MiB to itself: V R W X A D.
        WriteEntry(cpu, Table, ((Table + 0x1000) >> 2) | 1);
        WriteEntry(cpu, Table + 0x1000, ((Table + 0x2000) >> 2) | 1);
        for (ulong page = 0; page < 512; page++)
            WriteEntry(cpu, Table + 0x2000 + (page * 8), (page << 10) | 0xCF);

        double Time(HartMode mode)
        {
            var context = new HartContext { Mode = mode, Pc = Code };
            if (mode == HartMode.Supervisor)
            {
                context.System = PrivilegedState.AfterReset(mode, 0, 39, updatesAccessed: false);
                context.System.Satp = (8UL << 60) | (Table >> 12);
            }

            var before = Environment.CpuUsage.TotalTime;
            cpu.Run(context, space, new RunLimits(Instructions, 0, 0), out Trap trap);
            if (trap.Cause != TrapCause.BudgetEnd)
                throw new InvalidOperationException($"The loop ended with {trap.Cause} at pc 0x{trap.Pc:x}.");
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }

        Time(HartMode.User);
        Time(HartMode.Supervisor);
        var (user, supervisor) = Series.Alternate(Runs, () => Time(HartMode.User), () => Time(HartMode.Supervisor));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"speed of a paged supervisor-mode hart ÷ user code: {user.Over(supervisor).Median:0.000} (worse quartile {user.Over(supervisor).Lower:0.000}; wanted 0.6), {Instructions / user.Median / 1e6:0} and {Instructions / supervisor.Median / 1e6:0} MIPS"));
    }

    /// <summary>
    /// From reset to Linux's first program and power-off beside qemu-system-riscv64: the kernel and initramfs of the directory that OBJECTOS_LINUX names, whose
    /// init powers off where the command line says <c>markonly</c>.
    /// </summary>
    public static async Task BootAsync()
    {
        const string Arguments = "earlycon=sbi console=ttyS0 markonly";
        string? directory = Environment.GetEnvironmentVariable("OBJECTOS_LINUX");
        if (directory is null || !HostCommand.Exists("qemu-system-riscv64"))
        {
            Console.WriteLine("linux: OBJECTOS_LINUX names no directory with Image and initramfs.cpio.gz, or qemu-system-riscv64 is not there");
            return;
        }

        (string image, string initramfs) = (Path.Combine(directory, "Image"), Path.Combine(directory, "initramfs.cpio.gz"));
        await using var os = await ObjectOs.BootAsync();
        var spec = new MachineSpec { Kernel = image, Initrd = initramfs, Arguments = Arguments, Memory = 256UL << 20 };
        RunResult result = await os.BootMachineAsync(spec);
        double Ours()
        {
            var before = Environment.CpuUsage.TotalTime;
            result = os.BootMachineAsync(spec).GetAwaiter().GetResult().EnsureSuccess();
            return (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        }

        string peer = $"qemu-system-riscv64 -M virt -m 256M -nographic -kernel {image} -initrd {initramfs} -append '{Arguments}'";
        var (ours, qemu) = Series.Alternate(Runs, Ours, () => HostCommand.CpuSeconds(peer));
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"Linux to its first program and off: {ours.Format("0.00", " s")}, {result.Instructions} instructions; qemu-system-riscv64 with its firmware {qemu.Format("0.00", " s")}; its speed relative to ours {ours.Over(qemu).Median:0.00} (quartiles {ours.Over(qemu).Lower:0.00}–{ours.Over(qemu).Upper:0.00})"));
    }

    private static byte[] Loop()
    {
        var code = new Asm(Code).Li(S0, (int)Data).Li(S1, (int)(Data + DataBytes));
        ulong outer = code.Here;
        code.Addi(A0, S0, 0);
        ulong inner = code.Here;
        code.Load("ld", A1, 0, A0).Addi(A1, A1, 1).Store("sd", A1, 0, A0).R("xor", A2, A2, A1).I("slli", A3, A2, 3).R("add", A2, A2, A3)
            .Load("lw", A4, 512, A0).R("sub", A5, A4, A1).Addi(A0, A0, 1024).Branch("bltu", A0, S1, inner);
        return code.Jal(0, outer).ToArray();
    }

    private static void WriteEntry(RealCpu cpu, ulong address, ulong entry) =>
        cpu.Memory.Write(new PhysicalAddress(address), BitConverter.GetBytes(entry), cpu.Account);
}

using System.Diagnostics;
using System.Globalization;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Tracing;

namespace ObjectOS.Lockstep.Reference;

/// <summary>Spike, the reference model of RISC-V, as a program beside us: it runs a program for a number of steps, logs them, and leaves memory.</summary>
internal sealed class Spike(string path) : IDisposable
{
    // What a RealCpu has, in the model's words; "zicclsm" is that misaligned loads and stores work.
    private const string Isa = "rv64imafdcb_zicsr_zifencei_zicntr_zihpm_zihintpause_zbc_zbkb_zbkx_zicond_zfh_zicboz_zicbom_zicbop_svadu_svinval_svpbmt_sstc_zicclsm";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("objectos-lockstep-");

    /// <summary>Runs a program for so many steps, those of the boot code among them.</summary>
    /// <exception cref="IOException">The model has not done what it was asked to.</exception>
    public async Task<MachineTrace> RunAsync(LockstepProgram program, ulong steps)
    {
        string elf = PathOf("program.elf"), commands = PathOf("commands"), log = PathOf("log");
        string memory = PathOf(string.Create(CultureInfo.InvariantCulture, $"mem.0x{Layout.Ram:x}.bin"));
        File.Delete(memory);
        await File.WriteAllBytesAsync(elf, ElfFile.Make(program));
        await File.WriteAllTextAsync(commands, string.Create(CultureInfo.InvariantCulture, $"r {steps}\ndump\nq\n"));
        string[] arguments =
        [
            $"--isa={Isa}", string.Create(CultureInfo.InvariantCulture, $"-m0x{Layout.Ram:x}:0x{Layout.RamSize:x}"), "--triggers=0",
            "-d", "-l", "--log-commits", $"--log={log}", $"--debug-cmd={commands}", elf,
        ];
        var start = new ProcessStartInfo(path, arguments) { WorkingDirectory = _directory.FullName, RedirectStandardError = true, RedirectStandardOutput = true };
        using Process process = Process.Start(start) ?? throw new IOException($"{path} did not start.");
        Task<string> said = process.StandardOutput.ReadToEndAsync();
        string complaint = await process.StandardError.ReadToEndAsync();
        await said;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0 || !File.Exists(memory))
            throw new IOException($"{path} ended with {process.ExitCode} and without memory for seed {program.Seed}: {complaint.Trim()}");
        return new MachineTrace(SpikeLog.Read(log, program.Begin), await File.ReadAllBytesAsync(memory), steps, Wakes: false, Hart: []);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_directory.FullName, name);
}

using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Recording;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Host;

/// <content>Virtual machines are jobs, too.</content>
internal sealed partial class ProgramJobs
{
    /// <summary>Milliseconds that the host waits for connections and bytes, where the kernel stands still meanwhile.</summary>
    private const ulong DeterministicWait = 1;

    private readonly Dictionary<ulong, HostNetwork> _networks = [];

    /// <summary>Begins a virtual machine. What becomes of it, one that cannot be begun included, is its end.</summary>
    /// <exception cref="IOException">A disk cannot be opened, or a port not be listened on or opened.</exception>
    /// <exception cref="UnauthorizedAccessException">A disk may not be opened so.</exception>
    public Job StartMachine(MachineSpec spec, IReadOnlyList<FileToBoot> files, CancellationToken stopping)
    {
        var job = new Job(++_lastNumber, spec.AsProgram(), stopping) { Machine = spec, Ordinal = ++_started };
        try
        {
            foreach (var disk in spec.Disks)
            {
                job.Disks.Add(++_lastNumber, new HostDisk(disk));
            }

            OpenNetwork(job, spec);
        }
        catch
        {
            job.Dispose();
            throw;
        }

        foreach (var (number, disk) in job.Disks)
        {
            AddFiles(job, number, disk.Execute);
        }

        if (job.Network is { } network)
        {
            _networks.Add(network.Number, network.Host);
            Name(network.Number, string.Create(CultureInfo.InvariantCulture, $"{job.Ordinal}.net"));
        }

        (var status, job.Endpoint, var service) = vmm();
        _jobs.Add(job.Number, job);
        byte[] record = Describe(job, spec, files).ToBytes();
        foreach (var file in files)
        {
            if (file.Problem is { } problem)
            {
                EndUnstartedMachine(job, $"{file.Source.Path}: {problem}");
                return job;
            }

            job.Sha256 = ReferenceEquals(file.Source, spec.Main) ? file.Sha256 : job.Sha256;
            status = status == KernelStatus.Ok ? HandOver(job, file) : status;
        }

        service?.Offer(job.Number, spec.Devices);
        if (spec.Devices.Count > 0)
        {
            (kernel as RecordingKernel)?.NoteDevices(job.Number, spec.Devices);
        }

        status = status == KernelStatus.Ok ? HandOverRecord(job, record) : status;
        if (status != KernelStatus.Ok)
        {
            EndUnstartedMachine(job, $"{spec.Name}: {NotStarted(status)}");
        }

        return job;
    }

    private void OpenNetwork(Job job, MachineSpec spec)
    {
        if (spec.Publish.Count > 0)
        {
            var network = new HostNetwork(PortsOf(spec, PublishProtocol.Tcp), PortsOf(spec, PublishProtocol.Udp), Post);
            job.Network = (++_lastNumber, network);
            network.OpenAll();
        }
    }

    private static HashSet<ushort> PortsOf(MachineSpec spec, PublishProtocol protocol) =>
        [.. spec.Publish.Where(p => p.Protocol == protocol).Select(p => (ushort)p.HostPort)];

    private PortGrant[] Published(Job job, MachineSpec spec) => job.Network is not { } network ? []
        : [.. spec.Publish.Select(p => new PortGrant(
            network.Number, (ushort)p.HostPort, (ushort)p.GuestPort, options.IsDeterministic ? DeterministicWait : ulong.MaxValue, p.Protocol))];

    private void EndUnstartedMachine(Job job, string sentence)
    {
        Send(job, MachineProtocol.Drop, job.Number, 0, 0, 0);
        EndUnlessEnded(job, new RunResult { End = RunEnd.NotRunnable, ExitCode = 126, Message = sentence });
    }

    private void EndMachine(Job job, HostRequest request) =>
        End(job, MachineReport.Read((MachineEnd)request.Argument0, request.Argument1, MachineEndRecord.FromBytes(request.Data), job, kernel.Cpu.Description.Depth));

    private void Note(Job job, HostRequest request)
    {
        string text = Encoding.UTF8.GetString(request.Data.Span);
        text = request.Argument0 == (ulong)MachineNotice.Machine ? $"{MachineReport.Subject(job.Cell, job, kernel.Cpu.Description.Depth)}: {text}" : text;
        log.LogWarning("{Text}", text);
        try
        {
            job.Machine?.Notices?.Report(text);
        }
        catch (Exception problem)
        {
            // The receiver is the embedding program's; the machine does not depend on it.
            log.LogError(problem, "The receiver of notices threw");
        }
    }

    private KernelStatus HandOver(Job job, in FileToBoot file)
    {
        var status = images.Load(file.Key, file.Bytes.Span, [], out var memory, out _);
        if (status == KernelStatus.Ok)
        {
            status = Send(job, MachineProtocol.File, job.Number, (ulong)file.File, (ulong)file.Bytes.Length, memory.Slot);
            memory.Delete();
        }

        return status;
    }

    private KernelStatus HandOverRecord(Job job, byte[] record)
    {
        var status = new CellCapability(root, 1).CreateMemory((ulong)record.Length, out var memory);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        status = images.Write(memory, 0, record);
        status = status == KernelStatus.Ok ? Send(job, MachineProtocol.Start, 0, (ulong)record.Length, 0, memory.Slot) : status;
        memory.Delete();
        return status;
    }

    private MachineRequest Describe(Job job, MachineSpec spec, IReadOnlyList<FileToBoot> files)
    {
        var cpu = kernel.Cpu.Description;
        string[] names = ["image", "bios", "kernel", "initrd", "device tree"];
        foreach (var file in files)
        {
            names[(int)file.File] = file.Source.Path;
        }

        return new MachineRequest
        {
            Job = job.Number,
            Name = spec.Name,
            FileNames = names,
            Harts = spec.Harts,
            Memory = spec.Memory,
            Isa = spec.Isa ?? IsaOf(cpu.Isa),
            TimebaseHz = cpu.TimebaseHz,
            Paging = spec.Paging,
            Arguments = spec.Arguments,
            Input = AddStream(job, 0),
            Output = AddStream(job, 1),
            Consoles = [.. spec.Consoles.Select(console => AddConsole(job, console))],
            Reboots = spec.Reboots,
            Disks = [.. job.Disks.Zip(spec.Disks, (disk, of) => new BlockBackend(disk.Key, HostDisk.Handle, disk.Value.Length, of.Policy, of.OverlayLimit))],
            HasNetwork = spec.Network == NetworkMode.User,
            Published = Published(job, spec),
            MemoryLimit = MemoryOf(job.Spec.Limits),
            ObjectLimit = job.Spec.Limits.Objects,
            InstructionLimit = spec.Instructions ?? 0,
            WallClockBase = (ulong)(options.WallClock - DateTimeOffset.UnixEpoch).Ticks * 100,
            Seed = spec.Seed ?? options.Seed,
            ReportsState = spec.ReportsState,
            ReportsSignature = spec.ReportsSignature,
            DescribesOnly = spec.DumpsDeviceTree,
            Platform = spec.Platform,
        };
    }

    private ConsoleRequest AddConsole(Job job, ConsoleSpec console) => new(
        AddStream(job, job.MakeStream(console.Input, isInput: true, Post, LogFailure)), AddStream(job, job.MakeStream(console.Output, isInput: false, Post, LogFailure)), (ushort)console.Columns, (ushort)console.Rows);

    /// <summary>A CPU's description names what user code has.</summary>
    private static string IsaOf(string cpu) => string.Concat(
        [cpu, .. ((string[])["_zicbom", "_zicboz"]).Where(extension => !cpu.Contains(extension, StringComparison.Ordinal)), MachineRequest.SupervisorExtensions]);
}

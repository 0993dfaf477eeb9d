using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Host;
using ObjectOS.Recording;
using ObjectOS.Services.Vmm;

namespace ObjectOS;

/// <content>Operating systems in cells.</content>
public sealed partial class ObjectOs
{
    private const uint VmmCell = 7;
    private const uint VmmEndpoint = 8;

    private IVirtualMachineService? _vmm;

    /// <summary>Boots a virtual machine in a cell of its own.</summary>
    /// <param name="spec">What to boot, and within which limits.</param>
    /// <param name="cancellationToken">Gives up before the start; a machine that has started goes on.</param>
    /// <returns>The cell; what becomes of the machine, files that cannot be booted included, is its <see cref="Cell.Completion"/>.</returns>
    /// <exception cref="ArgumentException">The specification is out of its range.</exception>
    /// <exception cref="NotSupportedException">The run is recorded, and a replay could not make a device of it.</exception>
    /// <exception cref="IOException">A file of it cannot be read, a disk not be opened, or a port not be listened on.</exception>
    /// <exception cref="UnauthorizedAccessException">A file of it may not be read or written.</exception>
    /// <exception cref="ObjectDisposedException">The OS object has been disposed of.</exception>
    /// <exception cref="ProgramCanceledException">The token was cancelled before the start.</exception>
    public async ValueTask<Cell> StartMachineAsync(MachineSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(spec);
        ObjectDisposedException.ThrowIf(_disposed != 0, this);
        if ((spec.Problem() ?? MemoryProblem(spec.Memory, "Memory")) is { } problem)
        {
            throw new ArgumentException(problem, nameof(spec));
        }

        if (_recorder is not null)
        {
            _ = spec.Devices.Select(device => RecordedProgram.NameOf(device.GetType(), "device")).ToArray();
        }

        var files = await BeforeStartAsync(() => BringAsync(spec, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await EnterAsync(() => _jobs.StartMachine(spec, files, _stopping.Token), spec.AsProgram().Limits.FiniteTimeout).ConfigureAwait(false);
    }

    /// <summary>Boots a virtual machine and waits for its end.</summary>
    /// <param name="spec">What to boot, and within which limits.</param>
    /// <param name="cancellationToken">Stops the machine.</param>
    /// <exception cref="ArgumentException">As for <see cref="StartMachineAsync"/>.</exception>
    /// <exception cref="ProgramCanceledException">The token was cancelled before the machine's end; it has the result so far.</exception>
    public async Task<RunResult> BootMachineAsync(MachineSpec spec, CancellationToken cancellationToken = default)
    {
        var cell = await StartMachineAsync(spec, cancellationToken).ConfigureAwait(false);
        return await cell.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads a machine's files and brings the large ones into the kernel's memory, a piece at a time: cells run in between.</summary>
    private async Task<List<FileToBoot>> BringAsync(MachineSpec spec, CancellationToken cancellationToken)
    {
        var files = new List<FileToBoot>();
        foreach (var (file, source) in ((MachineFile, BootFile?)[])[(MachineFile.Image, spec.Image), (MachineFile.Bios, spec.Bios), (MachineFile.Kernel, spec.Kernel), (MachineFile.Initrd, spec.Initrd), (MachineFile.DeviceTree, spec.DeviceTree)])
        {
            if (source is not null)
            {
                var bytes = source.Contents ?? await ProgramFile.ReadAllAsync(source.Path, cancellationToken).ConfigureAwait(false);
                files.Add(bytes.Length > ImageStore.Piece || GzipFile.IsGzip(bytes)
                    ? await Task.Run(() => Prepare(file, source, bytes, spec), cancellationToken).ConfigureAwait(false)
                    : Prepare(file, source, bytes, spec));
            }
        }

        // One that cannot be had so is told of by the start, which tries again.
        foreach (var file in files.Where(file => file.Bytes.Length > ImageStore.Piece && file.Problem is null))
        {
            while (await OnKernelAsync(() => _jobs.Images.Bring(file.Key, file.Bytes.Span, out bool isThere) == KernelStatus.Ok && !isThere).ConfigureAwait(false))
            {
                if (cancellationToken.IsCancellationRequested)
                {
                    await OnKernelAsync(() =>
                    {
                        _jobs.Images.Abandon(file.Key);
                        return true;
                    }).ConfigureAwait(false);
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }

        return files;
    }

    /// <summary>Unpacks a kernel that is compressed, and hashes what takes its time to be hashed.</summary>
    private static FileToBoot Prepare(MachineFile file, BootFile source, ReadOnlyMemory<byte> bytes, MachineSpec spec)
    {
        string? hash = spec.ReportsHash && ReferenceEquals(source, spec.Main) ? FileToStart.HashOf(bytes) : null;
        string? problem = ProgramFile.Problem(bytes);
        if (problem is not null || file is not (MachineFile.Image or MachineFile.Kernel) || !GzipFile.IsGzip(bytes))
        {
            return new FileToBoot(file, source, bytes, FileKey.Of(bytes), hash, problem);
        }

        problem = GzipFile.Unpack(bytes, Math.Min(spec.Memory, ProgramFile.Most), out var contents);
        return new FileToBoot(file, source, contents, FileKey.Of(contents), hash, problem);
    }

    /// <summary>Most OS objects never boot another: the service is made for the first machine.</summary>
    private (KernelStatus Status, uint Endpoint, IVirtualMachineService? Service) NeedVmmService(IKernel kernel)
    {
        var status = KernelStatus.Ok;
        if (_vmm is null)
        {
            var factory = _options.VmmFactory ?? new VmmFactory();
            var made = factory.Create();
            Described(made, new RecordedProgram(ProgramRole.Vmm, factory.Description));
            status = kernel.CreateManagedCell(RootCell, VmmCell, VmmEndpoint, made, ServiceMemory, VmmObjects);
            _vmm = status == KernelStatus.Ok ? made : null;
        }

        return (status, VmmEndpoint, _vmm);
    }
}

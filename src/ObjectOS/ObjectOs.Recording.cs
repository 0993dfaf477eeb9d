using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Recording;

namespace ObjectOS;

/// <content>Recording: all that reaches the kernels from outside goes to a file, from which <see cref="Replay"/> runs the same again.</content>
public sealed partial class ObjectOs
{
    private Stream? _ownRecording;

    /// <summary>
    /// Boots an OS object whose run is recorded in a file, from its start to its disposal. If the process ends before, the file holds the run as far
    /// as it was written.
    /// </summary>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="configure">Sets options; null: all as they are.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static async ValueTask<ObjectOs> RecordAsync(string path, Action<ObjectOsOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, 0);
        try
        {
            var os = await BootAsync(
                options =>
                {
                    configure?.Invoke(options);
                    options.Recording = file;
                },
                cancellationToken).ConfigureAwait(false);
            os._ownRecording = file;
            return os;
        }
        catch
        {
            await file.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Why the recording ended before the run, such as a full disk; null while it goes on, and if nothing is recorded.</summary>
    public Exception? RecordingFailure => _recorder?.Failure;

    /// <summary>The CPU that the kernel gets, and what records it.</summary>
    private static (ICpu Cpu, Recorder? Recorder) Recorded(RealCpu cpu, ObjectOsOptions options)
    {
        if (options.Recording is not { } stream)
        {
            return (options.Debugger is { } debugger ? debugger.Attach(cpu) : cpu, null);
        }

        var quiet = new QuietCpu(cpu, cpu);
        var builds = new RecordedBuilds(options.KernelFactory, options.LinuxFactory, options.VmmFactory);
        var kernel = builds.Kernel.Description;
        var header = new RecordingHeader(
            $"{kernel.Name} {kernel.Version}", kernel.AbiVersion, options.Memory, options.Seed, options.Inputs, options.HostClock,
            Recorder.SliceOf(options), [.. options.Instructions.Select(instruction => instruction.Mnemonic)], options.RecordingTitle, RecordingHeader.AssembliesNow(builds));
        return (quiet, new Recorder(stream, quiet, header, builds));
    }

    /// <summary>Refuses a child whose kernel or services a replay could not make.</summary>
    private static void CheckRecordable(ObjectOs parent, ObjectOsOptions options)
    {
        if (parent._recorder?.Builds.Problem(options) is { } problem)
        {
            throw new NotSupportedException(problem);
        }
    }

    private async ValueTask EndRecordingAsync()
    {
        _recorder?.Finish();
        if (_ownRecording is { } file)
        {
            await file.DisposeAsync().ConfigureAwait(false);
        }
    }
}

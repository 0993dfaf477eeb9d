using Microsoft.Extensions.Logging;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Events;
using ObjectOS.Machine;

namespace ObjectOS;

/// <summary>How an OS object is set up.</summary>
public sealed class ObjectOsOptions
{
    private Engine? _engine;

    /// <summary>Most memory, in bytes, that all its cells may hold together. It costs nothing until touched.</summary>
    public ulong Memory { get; set; } = 1UL << 30;

    /// <summary>
    /// For a child: bytes of <see cref="Memory"/> that are guaranteed to it. They count as used in its parent, and in all above, from the start.
    /// </summary>
    public ulong ReservedMemory { get; set; }

    /// <summary>Instructions of one's own, for all guests of the OS object and of those under it. A child has those of its root.</summary>
    public IReadOnlyList<ICustomInstruction> Instructions { get; set; } = [];

    /// <summary>
    /// How the code of guests is executed. Results and counts are the same with each. Unless it is set, the environment variable <c>OBJECTOS_ENGINE</c> names it:
    /// <c>auto</c>, <c>interpreter</c> or <c>translator</c>. A child has its root's.
    /// </summary>
    public Engine Engine
    {
        get => _engine ?? EngineVariable.Engine;
        set => _engine = value;
    }

    /// <summary>The seed of everything that is random to guests. The same seed and input give the same run.</summary>
    public ulong Seed { get; set; }

    /// <summary>
    /// What the realtime clock shows to guests when the OS starts. Left alone it is 2000-01-01, so that runs are the same; guest time
    /// goes on from there with the instructions retired.
    /// </summary>
    public DateTimeOffset WallClock { get; set; } = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>When the answers of the host reach guests. A child has its parent's.</summary>
    public Inputs Inputs { get; set; }

    /// <summary>How guest time passes while no cell can run; without effect with <see cref="HostClock"/>. A child has its parent's.</summary>
    public IdleTime IdleTime { get; set; }

    /// <summary>True: guest time follows the host's clock, and runs are no longer the same.</summary>
    public bool HostClock { get; set; }

    /// <summary>Where calls and traps are traced, one JSON line each; null: nowhere. Written by the OS object's thread, not closed.</summary>
    public TextWriter? Trace { get; set; }

    /// <summary>
    /// Where all that guests write to their standard streams and consoles is copied, in their order; null: nowhere. Written by the OS object's thread, not
    /// closed. What fails to be written is dropped.
    /// </summary>
    public Stream? ConsoleCopy { get; set; }

    /// <summary>
    /// Where the events of the OS object and of those under it go: what guests see of their kernel, to compare runs; null: nowhere. They cost no guest time.
    /// </summary>
    public EventStream? Events { get; set; }

    /// <summary>Faults that happen to guests; at most one of a system call. A child has its own.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; set; } = [];

    /// <summary>
    /// Where the run is recorded, for <see cref="Recording.Replay"/>; null: nowhere. Written by the OS object's thread until its disposal, not closed. Input then
    /// reaches guests at the ends of slices of some milliseconds at most. A child's run is part of its root's recording.
    /// </summary>
    public Stream? Recording { get; set; }

    /// <summary>What lets gdb at the guests of the OS object and of those under it, which then wait for one; null: nothing. Not together with <see cref="Recording"/>.</summary>
    public Debugging.GdbServer? Debugger { get; set; }

    /// <summary>What the recording says was run.</summary>
    public string RecordingTitle { get; set; } = "";

    /// <summary>What of machines' own doings goes to <see cref="Trace"/>, of the OS object and of those under it. A child's is its root's.</summary>
    public GuestEvents TraceGuest { get; set; }

    /// <summary>The host's time, for <see cref="HostClock"/> and for idle time that is paced.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Virtual instructions that a thread runs before the next one of its priority does.</summary>
    public uint Quantum { get; set; } = 100_000;

    /// <summary>The kernel version to boot; null: this package's own.</summary>
    public IKernelFactory? KernelFactory { get; set; }

    /// <summary>The Linux personality for programs; null: this package's own.</summary>
    public ILinuxFactory? LinuxFactory { get; set; }

    /// <summary>The service for virtual machines; null: this package's own.</summary>
    public IVmmFactory? VmmFactory { get; set; }

    /// <summary>
    /// For a child: called between slices when its virtual CPU has stopped for its holder, for instance with its memory exhausted; the handler
    /// changes what it wants and resumes, then or later. Until it is resumed nothing of the child ends, not even by a stop or a time-out. Null, or where it
    /// throws: the programs of the child and of those under it end with a report.
    /// </summary>
    public Action<IVirtualCpu, VirtualCpuExit>? ExitHandler { get; set; }

    /// <summary>
    /// Host time after which a stall is reported, in the log and to <see cref="StallHandler"/>: a kernel that neither runs nor returns from its slice, or,
    /// with <see cref="Inputs.Deterministic"/>, input that all cells wait for.
    /// </summary>
    public TimeSpan StallTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Called on another host thread with a sentence that names what stalls; a kernel's slice cannot be taken back from it.</summary>
    public Action<string>? StallHandler { get; set; }

    /// <summary>Where the OS object's life is logged; null: nowhere.</summary>
    public ILogger? Logger { get; set; }

    /// <summary>True if equal input gives equal runs.</summary>
    internal bool IsDeterministic => Inputs == Inputs.Deterministic && !HostClock;

    /// <summary>Says what is wrong with the options; null if nothing is.</summary>
    public string? Problem() =>
        Member.Null(Instructions, nameof(Instructions)) ?? Member.Null(TimeProvider, nameof(TimeProvider)) ?? Member.Null(Faults, nameof(Faults))
        ?? (Memory < 1UL << 16 ? $"Memory is {Memory} bytes; at least 64 KiB are wanted."
        : Memory > 1UL << 46 ? $"Memory is {Memory} bytes; at most 64 TiB can be addressed."
        : ReservedMemory > Memory ? $"ReservedMemory is {ReservedMemory} bytes, which is more than Memory, {Memory} bytes."
        : Quantum < 1000 ? $"Quantum is {Quantum}; at least 1000 virtual instructions are wanted."
        : Recording is not null && Debugger is not null ? "Recording and Debugger are both set; record first, then debug the replay."
        : StallTime < TimeSpan.FromMilliseconds(100) || StallTime > TimeSpan.FromDays(1) ? $"StallTime is {StallTime}; between 0.1 seconds and a day are wanted."
        : WallClock < DateTimeOffset.UnixEpoch ? $"WallClock is {WallClock:O}; guests count from 1970-01-01."
        : Faults.Select(fault => fault.Problem()).FirstOrDefault(problem => problem is not null) is { } faulty ? faulty
        : Faults.Count(fault => fault.Call != 0) > 1 ? "Faults holds more than one fault of a system call; one is wanted."
        : _engine is null && EngineVariable.Problem is { } variable ? variable
        : !Enum.IsDefined(Engine) ? $"Engine is {(int)Engine}; Auto, Interpreter or Translator is wanted."
        : !Enum.IsDefined(Inputs) ? $"Inputs is {(int)Inputs}; Live or Deterministic is wanted."
        : !Enum.IsDefined(IdleTime) ? $"IdleTime is {(int)IdleTime}; Warp or Paced is wanted."
        : null);
}

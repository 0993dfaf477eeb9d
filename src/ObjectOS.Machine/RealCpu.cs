using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine;

/// <summary>A CPU made by the host: it executes RV64GC with Zfh, Zba, Zbb, Zbc, Zbkb, Zbkx, Zbs and Zicond on the memory of a <see cref="Machine"/>.</summary>
/// <remarks>All members but <see cref="Interrupt"/> are called on one host thread at a time; CPUs of one machine may run side by side.</remarks>
public sealed class RealCpu : ICpu, IDisposable
{
    private const string Isa = "rv64imafdc_zicbom_zicbop_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zihpm_zfh_zba_zbb_zbc_zbkb_zbkx_zbs";

    // A block that was entered as often is likely to be entered as often again, which pays for its translation.
    private const int HotEntries = 30;

    private readonly GuestMemory _memory;
    private readonly Interpreter.Interpreter _interpreter;
    private readonly TranslatorSource? _translators;
    private ICpuGuest? _guest;

    /// <summary>Makes a CPU with an empty memory.</summary>
    /// <exception cref="ArgumentException">An option is outside of what it says of itself.</exception>
    public RealCpu(Machine machine, RealCpuOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(machine);
        options ??= new RealCpuOptions();
        if (options.MemorySize == 0 || options.MemorySize % Pages.Size != 0)
            throw new ArgumentException($"MemorySize is {options.MemorySize}; it has to be a positive multiple of {Pages.Size}.", nameof(options));
        if (options.TimebaseHz == 0 || 1_000_000_000 % options.TimebaseHz != 0)
            throw new ArgumentException($"TimebaseHz is {options.TimebaseHz}; it has to divide 10^9.", nameof(options));
        if (!Enum.IsDefined(options.Engine))
            throw new ArgumentException($"Engine is {(int)options.Engine}; Auto, Interpreter or Translator is wanted.", nameof(options));
        CustomInstructions? custom = options.Instructions.Count > 0 ? new CustomInstructions(options.Instructions) : null;
        _memory = machine.CreateMemory(options.MemorySize, options.MemoryLimit >> Pages.Shift);
        int threshold = options.Threshold >= 0 ? options.Threshold : options.Engine == Engine.Auto ? HotEntries : 0;
        _translators = options.Engine == Engine.Interpreter ? null : new TranslatorSource(threshold, options.CodeChunks);
        _interpreter = new Interpreter.Interpreter(IsaConfiguration.Rv64Gc with { Custom = custom }, options.TimebaseHz, _translators);
        Description = new CpuDescription(Isa + custom?.IsaSuffix, options.MemorySize, options.TimebaseHz, Depth: 0);
    }

    /// <inheritdoc/>
    public CpuDescription Description { get; }

    /// <summary>What executes code: the interpreter, or the translator.</summary>
    public Engine Engine => _translators is null || _translators.Problem is not null ? Engine.Interpreter : Engine.Translator;

    /// <summary>Why the host's code is interpreted though the options allow its translation; null: it is as they say.</summary>
    public string? EngineProblem => _translators?.Problem;

    /// <summary>Regions of code translated so far; for tests.</summary>
    internal long TranslatedRegions => _interpreter.TranslatedRegions;

    /// <summary>The most bytes of the host that decoded and translated code took.</summary>
    public long PeakCodeBytes => _memory.PeakCodeBytes;

    /// <inheritdoc/>
    public IGuestMemory Memory => _memory;

    /// <inheritdoc/>
    public IMemoryAccount Account => _memory.Account;

    /// <inheritdoc/>
    public IAddressSpace CreateAddressSpace(IMemoryAccount account) => account is MemoryAccount own && own.IsUnder(_memory.Account)
        ? new AddressSpace(_memory, own)
        : throw new ArgumentException("The account is neither this CPU's own nor below it.", nameof(account));

    /// <inheritdoc/>
    public void Attach(ICpuGuest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        if (_guest is not null)
            throw new InvalidOperationException("A guest is attached to this CPU already; make another CPU for another guest.");
        _guest = guest;
    }

    /// <inheritdoc/>
    /// <exception cref="ArgumentException">The address space is not one of this CPU's.</exception>
    public void Run(HartContext context, IAddressSpace space, in RunLimits limits, out Trap trap)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (space is not AddressSpace own || own.Memory != _memory)
            throw new ArgumentException("The address space was not made by this CPU.", nameof(space));
        _interpreter.Run(context, own, limits, out trap);
    }

    /// <inheritdoc/>
    public void Interrupt() => _interpreter.Interrupt();

    private AddressSpace Own(IAddressSpace space) => space is AddressSpace own && own.Memory == _memory
        ? own
        : throw new ArgumentException("The address space was not made by this CPU.", nameof(space));

    /// <summary>Receives the traps and page walks that harts handle without their kernel; null: no observer. Set it between runs only.</summary>
    public IGuestObserver? Observer
    {
        get => _memory.Observer;
        set => _memory.Observer = value;
    }

    /// <summary>Where runs stop for a debugger; null: nowhere. Changed between runs.</summary>
    public DebugStops? Stops
    {
        get => _interpreter.Stops;
        set => _interpreter.Stops = value;
    }

    /// <summary>
    /// Reads what a hart sees at a virtual address, or its physical one where its translation is off, and changes nothing. False: part of it is not mapped now; at
    /// a depth, pages that the guest has not touched are not.
    /// </summary>
    /// <exception cref="ArgumentException">The address space is not one of this CPU's.</exception>
    public bool TryReadVirtual(HartContext context, IAddressSpace space, ulong address, Span<byte> destination) =>
        DebugAccess.TryRead(context, Own(space), address, destination);

    /// <summary>Writes what a hart sees at a virtual address, whatever its rights there. False: part of it is not mapped now, or there is no memory for it.</summary>
    /// <exception cref="ArgumentException">The address space is not one of this CPU's.</exception>
    public bool TryWriteVirtual(HartContext context, IAddressSpace space, ulong address, ReadOnlySpan<byte> source) =>
        DebugAccess.TryWrite(context, Own(space), address, source);

    /// <summary>True while something is mapped in an address space: it has not been disposed of.</summary>
    /// <exception cref="ArgumentException">The address space is not one of this CPU's.</exception>
    public bool HasMappings(IAddressSpace space) => Own(space).ExtentCount > 0;

    /// <summary>Gives all of its memory back to the machine. It must not be running, and does nothing useful afterwards.</summary>
    public void Dispose()
    {
        _interpreter.Dispose();
        _memory.Dispose();
    }
}

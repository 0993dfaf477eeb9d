using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Native;

/// <summary>
/// Runs native programs: each is a cell that makes the kernel's invocations itself and starts as <c>images/include/objectos_start.h</c> says.
/// This service loads it, is its console, hears of its faults and tells the host of its end. It holds its own cell (slot 1), its endpoint
/// (2) and the host port (3). Protocol: <see cref="ProgramProtocol"/>.
/// </summary>
public sealed class NativeProgramService : IManagedProgram
{
    private const uint FirstFreeSlot = 16;
    private const int Version = 1;
    private const ulong LargestFile = 256UL << 20;
    private const int FewestObjects = 64;
    private const ulong AgainBit = 1;

    /// <summary>In badges of programs, so that badge 0 is the root's alone.</summary>
    private const ulong JobBit = 1UL << 63;

    private readonly SortedDictionary<ulong, NativeJob> _jobs = [];
    private Invoker _invoker = null!;
    private NotificationCapability _again;

    /// <inheritdoc/>
    public string Name => "native";

    private CellCapability Own => new(_invoker, 1);

    private EndpointCapability Endpoint => new(_invoker, 2);

    private HostPortCapability Host => new(_invoker, 3);

    /// <inheritdoc/>
    public void Start(IInvocationPort port)
    {
        ArgumentNullException.ThrowIfNull(port);
        _invoker = new Invoker(port, FirstFreeSlot);
    }

    /// <inheritdoc/>
    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        Begin();
        var result = HandleResult.Handled;
        switch (message.Kind)
        {
            case MessageKind.Endpoint when message.Badge == 0:
                result = Administer(message);
                break;
            case MessageKind.Endpoint when _jobs.TryGetValue(message.Badge & ~JobBit, out var job) && job.End is null:
                result = job.Serve(message);
                break;
            case MessageKind.Fault when _jobs.TryGetValue(message.Badge & ~JobBit, out var job):
                Fault(job, message);
                break;
            case MessageKind.CellEnded when _jobs.TryGetValue(message.Badge & ~JobBit, out var job):
                job.Finish(ProgramEnd.Exited, message.Words[0] & 0xff, new ProgramEndRecord());
                break;
            case MessageKind.Completion:
                Complete(message);
                break;
            default:
                break;
        }

        if (result == HandleResult.Handled)
        {
            Work();
        }

        return result;
    }

    internal static ulong BadgeOf(ulong job) => job | JobBit;

    /// <summary>Makes what the service needs for itself: with the first message, so that a restored service makes nothing twice.</summary>
    private void Begin()
    {
        if (_again.Slot == 0 && Own.CreateNotification(out _again) == KernelStatus.Ok)
        {
            Endpoint.Bind(_again);
            Host.Bind(Endpoint);
        }
    }

    private HandleResult Administer(in Message message)
    {
        switch (message.Label)
        {
            case ProgramProtocol.Start:
                return StartProgram(message);
            case ProgramProtocol.Stop:
                if (_jobs.TryGetValue(message.Words[0], out var job))
                {
                    job.Finish(ProgramEnd.Signalled, message.Words[1], new ProgramEndRecord());
                }

                Reply(message, 0);
                return HandleResult.Handled;
            case ProgramProtocol.Pause:
                if (_jobs.TryGetValue(message.Words[0], out var paused))
                {
                    _ = message.Words[1] != 0 ? paused.Cell.Pause() : paused.Cell.Resume();
                }

                Reply(message, 0);
                return HandleResult.Handled;
            default:
                Reply(message, 1);
                return HandleResult.Handled;
        }
    }

    private HandleResult StartProgram(in Message message)
    {
        var memory = new MemoryCapability(_invoker, message.CapabilitySlot);
        if (message.CapabilitySlot == 0 || message.Words[1] > 1 << 24 || message.Words[2] > LargestFile)
        {
            Reply(message, 1);
            return HandleResult.Handled;
        }

        var record = new byte[message.Words[1]];
        var status = memory.Read(message.Words[0], record);
        ElfImage? image = null;
        string unfit = "";
        status = status == KernelStatus.Ok ? ElfImage.Parse(memory, message.Words[2], out image, out unfit) : status;
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        if (status != KernelStatus.Ok || !TryReadRequest(record, out var request) || _jobs.ContainsKey(request.Job))
        {
            memory.Delete();
            Reply(message, 1);
            return HandleResult.Handled;
        }

        Reply(message, 0);
        if (image is { Interpreter.Length: > 0 })
        {
            unfit = $"it needs the dynamic linker {image.Interpreter}; programs that make ObjectOS invocations are static";
            image = null;
        }

        if ((image is null ? unfit : Make(request, memory, message.Words[2], image)) is { Length: > 0 } problem)
        {
            memory.Delete();
            Tell(request.Job, ProgramEnd.NotRunnable, 0, new ProgramEndRecord { Text = problem });
        }

        return HandleResult.Handled;
    }

    private static bool TryReadRequest(byte[] record, out ProgramRequest request)
    {
        request = null!;
        try
        {
            using var reader = new BinaryReader(new MemoryStream(record));
            request = ProgramRequest.Restore(reader);
            return request.MemoryLimit > 0 && (request.Job & JobBit) == 0;
        }
        catch (Exception problem) when (problem is InvalidDataException or EndOfStreamException or IOException or ArgumentException or FormatException)
        {
            return false;
        }
    }

    /// <summary>Makes the program's cell. Empty where that is done, else why it cannot be.</summary>
    private string Make(ProgramRequest request, MemoryCapability memory, ulong length, ElfImage image)
    {
        if (!image.IsNative)
        {
            return "the program has no note \"ObjectOS\" of type 1: it does not make ObjectOS invocations";
        }

        CellCapability cell = default;
        var status = request.ObjectLimit < FewestObjects ? KernelStatus.ObjectsExhausted : Own.CreateCell(request.MemoryLimit, request.ObjectLimit, out cell);
        if (status != KernelStatus.Ok)
        {
            return $"no cell with {request.MemoryLimit} bytes and {request.ObjectLimit} objects can be made ({status})";
        }

        status = cell.CreateAddressSpace(out var space);
        EndpointCapability badged = default;
        status = status == KernelStatus.Ok ? Endpoint.Badge(BadgeOf(request.Job), CapabilityRights.Write, out badged) : status;
        status = status == KernelStatus.Ok ? cell.SetFaultEndpoint(badged.Slot) : status;
        if (badged.Slot != 0)
        {
            _invoker.Delete(badged.Slot);
        }

        if (status != KernelStatus.Ok)
        {
            cell.Destroy();
            _invoker.Delete(cell.Slot);
            return $"the program's cell cannot be made ({status})";
        }

        cell.SetBudget(request.InstructionLimit);
        var job = new NativeJob(_invoker, request, image, length, memory, cell, space);
        _jobs.Add(request.Job, job);
        if (cell.Status(out var figures) == KernelStatus.Ok)
        {
            Host.Request(HostRequestKind.Started, request.Job, [], out _, figures.Number);
        }

        return "";
    }

    private static void Fault(NativeJob job, in Message message)
    {
        var record = new ProgramEndRecord
        {
            Cause = message.Label,
            Address = message.Words[0],
            Pc = message.Words[1],
            Instruction = (uint)message.Words[2],
        };
        var (reason, signal) = message.Label switch
        {
            FaultCause.MemoryExhausted => (ProgramEnd.MemoryExhausted, 9UL),
            FaultCause.BudgetEnd => (ProgramEnd.BudgetExhausted, 9UL),
            FaultCause.IllegalInstruction => (ProgramEnd.Fault, 4UL),
            FaultCause.Breakpoint => (ProgramEnd.Fault, 5UL),
            FaultCause.LoadMisaligned or FaultCause.StoreMisaligned or FaultCause.FetchMisaligned => (ProgramEnd.Fault, 7UL),
            _ => (ProgramEnd.Fault, 11UL),
        };
        job.Finish(reason, signal, record);
    }

    private void Complete(in Message message)
    {
        foreach (var job in _jobs.Values)
        {
            if (job.Complete(message))
            {
                break;
            }
        }
    }

    /// <summary>Does what can be done by now; for what is suspended the service signals itself.</summary>
    private void Work()
    {
        foreach (var job in _jobs.Values.ToArray())
        {
            if (!TryAdvance(job))
            {
                _again.Signal(AgainBit);
            }
        }
    }

    /// <summary>Loads, answers, ends. False: suspended.</summary>
    private bool TryAdvance(NativeJob job)
    {
        if (job.End is null && !job.IsLoaded)
        {
            switch (job.Load(Endpoint))
            {
                case KernelStatus.Ok:
                    break;
                case KernelStatus.Suspended or KernelStatus.InProgress:
                    return false;
                case KernelStatus.MemoryExhausted:
                    job.Finish(ProgramEnd.MemoryExhausted, 9, new ProgramEndRecord { Text = "its memory quota is too small to start it" });
                    break;
                case var status:
                    job.Finish(ProgramEnd.NotRunnable, 0, new ProgramEndRecord { Text = $"it cannot be loaded ({status})" });
                    break;
            }
        }

        return job.End is null ? job.ServeWaiting() : TryEnd(job, job.End.Value);
    }

    /// <summary>Takes the figures, destroys the cell, tells the host.</summary>
    private bool TryEnd(NativeJob job, (ProgramEnd Reason, ulong Code, ProgramEndRecord Record) end)
    {
        job.Cell.Status(out var figures);
        if (job.Cell.Destroy() != KernelStatus.Ok)
        {
            return false;
        }

        job.Release();
        _jobs.Remove(job.Request.Job);
        Tell(job.Request.Job, end.Reason, end.Code, end.Record with
        {
            Cell = figures.Number,
            Instructions = figures.Instructions,
            Charged = figures.Charged,
            Traps = figures.Traps,
            PeakBytes = figures.PeakBytes,
        });
        return true;
    }

    private void Tell(ulong job, ProgramEnd reason, ulong code, ProgramEndRecord record) =>
        Host.Request(HostRequestKind.Ended, job, record.ToBytes(), out _, (ulong)reason, code);

    private void Reply(in Message message, ulong label)
    {
        if (message.ReplySlot != 0)
        {
            new ReplyCapability(_invoker, message.ReplySlot).Send(label);
        }
    }

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Version);
        _invoker.Save(writer);
        writer.Write(_again.Slot);
        writer.Write(_jobs.Count);
        foreach (var job in _jobs.Values)
        {
            job.Save(writer);
        }
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.ReadInt32() is var version && version != Version)
        {
            throw new InvalidDataException($"The state is of version {version} of the native program service; {Version} is wanted.");
        }

        _invoker.Restore(reader);
        _again = new NotificationCapability(_invoker, reader.ReadUInt32());
        _jobs.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var job = NativeJob.Restore(_invoker, reader);
            _jobs.Add(job.Request.Job, job);
        }
    }
}

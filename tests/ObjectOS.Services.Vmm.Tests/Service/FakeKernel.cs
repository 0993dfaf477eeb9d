using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>
/// The kernel's side of the service's invocations, as far as it uses them, without any hart running: the test is the hart. Memory says Suspended now and then where it is asked to.
/// </summary>
internal sealed class FakeKernel : IInvocationPort
{
    private readonly Dictionary<uint, object> _slots = [];
    private readonly Random? _suspending;
    private readonly HashSet<(Call, ulong, ulong)> _brought = [];
    private ulong _numbers = 100;
    private int _readInMessage;

    public FakeKernel(int? suspendingSeed = null) => _suspending = suspendingSeed is { } seed ? new Random(seed) : null;

    public ulong Now { get; set; } = 1000;

    public List<HostRequest> Requests { get; } = [];

    public Dictionary<ulong, FakeHart> Harts { get; } = [];

    public Dictionary<uint, (ulong Label, ulong Word0, ulong Word1)> Replies { get; } = [];

    public ulong SignalledBits { get; set; }

    public ulong? Timer { get; set; }

    public FakeCell? Machine { get; private set; }

    public FakeSpace Space { get; private set; } = new();

    public int Suspensions { get; private set; }

    /// <summary>Bytes of memory objects that were read; with those that were read again.</summary>
    public ulong BytesRead { get; private set; }

    public int MostReadInAMessage { get; set; }

    public int Objects => _slots.Count;

    public uint Put(byte[] contents)
    {
        uint slot = CapabilitySlots.ChosenByKernel + (uint)_numbers++;
        var memory = new FakeMemory((ulong)contents.Length);
        memory.Write(0, contents);
        _slots.Add(slot, memory);
        return slot;
    }

    /// <summary>The service is given a message.</summary>
    public void BeginMessage() => _readInMessage = 0;

    public KernelStatus Invoke(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source = default, Span<byte> destination = default)
    {
        var status = Perform(number, ref frame, source, destination);
        frame[0] = (ulong)status;
        return status;
    }

    private KernelStatus Perform(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        switch (number)
        {
            case Call.CellCreate:
                Machine = new FakeCell();
                return Create(frame[1], Machine);
            case Call.CellStatus:
                frame[8] = Machine!.Instructions;
                frame[11] = 7;
                return KernelStatus.Ok;
            case Call.CellPause:
                Machine!.IsPaused = true;
                return KernelStatus.Ok;
            case Call.CellDestroy:
                Machine!.IsDestroyed = true;
                return KernelStatus.Ok;
            case Call.CapabilityCopy:
                return Create(frame[1], new object());
            case Call.CapabilityDelete:
                return _slots.Remove((uint)frame[0]) ? KernelStatus.Ok : KernelStatus.InvalidCapability;
            case Call.SpaceCreate or Call.NotificationCreate or Call.TimerCreate:
                Space = number == Call.SpaceCreate ? new FakeSpace() : Space;
                return Create(frame[1], number == Call.SpaceCreate ? Space : new object());
            case Call.NotificationSignal:
                SignalledBits |= frame[1];
                return KernelStatus.Ok;
            case Call.TimerSet:
                Timer = frame[1];
                return KernelStatus.Ok;
            case Call.TimerCancel:
                Timer = null;
                return KernelStatus.Ok;
            case Call.HostRequestPost:
                Requests.Add(new HostRequest(_numbers, (HostRequestKind)frame[1], frame[2], frame[3], frame[4], frame[5], frame[6], source.ToArray()));
                frame[1] = _numbers++;
                return KernelStatus.Ok;
            case Call.ReplySend:
                Replies.Add((uint)frame[0], (frame[1], frame[2], frame[3])); // An answer twice would throw.
                return KernelStatus.Ok;
            case Call.EndpointBind or Call.HostPortBind or Call.CellSetFaultEndpoint or Call.CellSetSystemCallEndpoint or Call.CellSetBudget:
                return KernelStatus.Ok;
            default:
                return number is >= Call.HartCreate and <= Call.HartSetTimeOffset or Call.HartSetCounter or Call.ThreadReadState or Call.ThreadWriteState or Call.ThreadResume or Call.ThreadSuspend
                    ? OnHart(number, ref frame, source, destination)
                    : OnMemory(number, ref frame, source, destination);
        }
    }

    private KernelStatus OnHart(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (number == Call.HartCreate)
        {
            var made = new FakeHart { Mode = frame[3] & 3, Id = frame[4] };
            Harts.Add(frame[4], made);
            ulong slot = frame[1];
            frame[1] = 500 + made.Id;
            return Create(slot, made);
        }

        var hart = (FakeHart)_slots[(uint)frame[0]];
        switch (number)
        {
            case Call.HartSetLines:
                hart.Flushes += (int)(frame[1] >> 63);
                hart.Lines = (hart.Lines & ~frame[1]) | (frame[1] & frame[2]);
                break;
            case Call.HartSetTimer:
                hart.Timer = frame[1];
                break;
            case Call.HartSetCounter:
                ulong value = (frame[3] & 1) != 0 ? frame[2] : hart.Counters[frame[1]].Value;
                hart.Counters[frame[1]] = (value, (frame[3] & 2) != 0);
                break;
            case Call.HartSetTimeOffset:
                hart.TimeOffset = frame[1];
                break;
            case Call.HartReset:
                (hart.IsRunning, hart.Timer, hart.Resets) = (false, ulong.MaxValue, hart.Resets + 1);
                hart.Counters = FakeHart.CountersAfterReset();
                Array.Clear(hart.Exceptions);
                (hart.Lines, hart.Stimecmp, hart.Sie) = frame[1] == 1 ? (hart.Lines & 2, hart.Stimecmp, 0UL) : (0UL, ulong.MaxValue, 0UL);
                break;
            case Call.HartReadState:
                destination.Clear();
                BitConverter.TryWriteBytes(destination[8..], 1UL);
                BitConverter.TryWriteBytes(destination[(21 * 8)..], hart.Satp);
                BitConverter.TryWriteBytes(destination[(26 * 8)..], hart.Stimecmp);
                BitConverter.TryWriteBytes(destination[(27 * 8)..], hart.Timer);
                BitConverter.TryWriteBytes(destination[(5 * 8)..], hart.Sie);
                BitConverter.TryWriteBytes(destination[(25 * 8)..], hart.Lines);
                for (int i = 0; i < hart.Exceptions.Length; i++)
                {
                    BitConverter.TryWriteBytes(destination[((49 + i) * 8)..], hart.Exceptions[i]);
                }

                frame[1] = !hart.Waits ? 0UL : hart.Timer != ulong.MaxValue && hart.Timer > (Now / 100) + hart.TimeOffset ? 1UL : 2UL;
                break;
            case Call.ThreadWriteState:
                hart.Pc = BitConverter.ToUInt64(source);
                hart.A0 = BitConverter.ToUInt64(source[80..]);
                hart.A1 = BitConverter.ToUInt64(source[88..]);
                hart.A2 = BitConverter.ToUInt64(source[96..]);
                break;
            case Call.ThreadResume or Call.ThreadSuspend:
                hart.IsRunning = number == Call.ThreadResume;
                break;
            default:
                destination.Clear();
                break;
        }

        return KernelStatus.Ok;
    }

    private KernelStatus OnMemory(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source, Span<byte> destination)
    {
        // A page that an ancestor has brought is there: the same access is suspended once at most.
        bool canSuspend = number is Call.MemoryRead or Call.MemoryWrite or Call.MemoryDiscard or Call.SpacePrepare;
        if (canSuspend && _suspending is not null && _brought.Add((number, frame[0], frame[1])) && _suspending.Next(2) == 0)
        {
            Suspensions++;
            return KernelStatus.Suspended;
        }

        switch (number)
        {
            case Call.MemoryCreate:
                return Create(frame[1], new FakeMemory(frame[2]));
            case Call.MemoryRead:
                BytesRead += (ulong)destination.Length;
                _readInMessage += destination.Length;
                MostReadInAMessage = Math.Max(MostReadInAMessage, _readInMessage);
                return ((FakeMemory)_slots[(uint)frame[0]]).Read(frame[1], destination) ? KernelStatus.Ok : KernelStatus.InvalidArgument;
            case Call.MemoryWrite:
                return ((FakeMemory)_slots[(uint)frame[0]]).Write(frame[1], source) ? KernelStatus.Ok : KernelStatus.InvalidArgument;
            case Call.MemoryDiscard:
                ((FakeMemory)_slots[(uint)frame[0]]).Discard();
                return KernelStatus.Ok;
            case Call.SpaceMap:
                ((FakeSpace)_slots[(uint)frame[0]]).Mappings.Add((frame[1], (FakeMemory)_slots[(uint)frame[2]], frame[3], frame[4], (PageRights)frame[5]));
                return KernelStatus.Ok;
            case Call.SpaceAnswerRead:
                var read = new AnsweredRead(new(frame[1]), (byte)frame[2], (AnswerKind)frame[3], frame[4], frame[5]);
                return ((FakeSpace)_slots[(uint)frame[0]]).Answers.TrySet(read) ? KernelStatus.Ok : KernelStatus.ObjectsExhausted;
            case Call.SpacePrepare:
                return ((FakeSpace)_slots[(uint)frame[0]]).IsWritable(frame[1], frame[2]) ? KernelStatus.Ok : KernelStatus.NotMapped;
            case Call.SpaceCopyOut:
                return ((FakeSpace)_slots[(uint)frame[0]]).Write(frame[1], source) ? KernelStatus.Ok : KernelStatus.NotMapped;
            default:
                throw new NotSupportedException(number.ToString());
        }
    }

    private KernelStatus Create(ulong slot, object item)
    {
        _slots.Add((uint)slot, item);
        return KernelStatus.Ok;
    }
}

internal sealed class FakeCell
{
    public bool IsPaused { get; set; }

    public bool IsDestroyed { get; set; }

    public ulong Instructions { get; set; }
}

internal sealed class FakeHart
{
    public ulong Mode { get; init; }

    public ulong Id { get; init; }

    public ulong Pc { get; set; }

    public ulong A0 { get; set; }

    public ulong A1 { get; set; }

    public ulong A2 { get; set; }

    public ulong Lines { get; set; }

    public ulong Timer { get; set; } = ulong.MaxValue;

    public ulong Stimecmp { get; set; } = ulong.MaxValue;

    public ulong Sie { get; set; } = 1 << 5;

    public ulong TimeOffset { get; set; }

    /// <summary>True: it has executed WFI.</summary>
    public bool Waits { get; set; }

    public ulong Satp { get; set; }

    public int Flushes { get; set; }

    public int Resets { get; set; }

    /// <summary>Of the CSRs that the SBI manages, by number: the value that was set last, and whether it counts.</summary>
    public Dictionary<ulong, (ulong Value, bool Counts)> Counters { get; set; } = CountersAfterReset();

    /// <summary>Exceptions that the hart has taken, by cause.</summary>
    public ulong[] Exceptions { get; } = new ulong[8];

    public static Dictionary<ulong, (ulong Value, bool Counts)> CountersAfterReset() => new() { [0] = (0, true), [2] = (0, true) };

    public bool IsRunning { get; set; }
}

internal sealed class FakeSpace
{
    public List<(ulong Address, FakeMemory Memory, ulong Offset, ulong Length, PageRights Rights)> Mappings { get; } = [];

    public AnsweredReads Answers { get; } = new();

    public bool IsWritable(ulong address, ulong length) => Mappings.Exists(map => map.Rights.HasFlag(PageRights.Write) && address >= map.Address && address + length <= map.Address + map.Length);

    public bool Write(ulong address, ReadOnlySpan<byte> source)
    {
        ulong length = (ulong)source.Length;
        int at = Mappings.FindIndex(map => map.Rights.HasFlag(PageRights.Write) && address >= map.Address && address + length <= map.Address + map.Length);
        return at >= 0 && Mappings[at].Memory.Write(address - Mappings[at].Address + Mappings[at].Offset, source);
    }
}

/// <summary>Sparse bytes.</summary>
internal sealed class FakeMemory(ulong length)
{
    private readonly Dictionary<ulong, byte[]> _pages = [];

    public bool Read(ulong offset, Span<byte> destination)
    {
        if (offset + (ulong)destination.Length > length)
        {
            return false;
        }

        for (int i = 0; i < destination.Length;)
        {
            ulong at = offset + (ulong)i;
            int part = (int)Math.Min(4096 - (at % 4096), (ulong)(destination.Length - i));
            if (_pages.TryGetValue(at / 4096, out byte[]? page))
            {
                page.AsSpan((int)(at % 4096), part).CopyTo(destination[i..]);
            }
            else
            {
                destination.Slice(i, part).Clear();
            }

            i += part;
        }

        return true;
    }

    public bool Write(ulong offset, ReadOnlySpan<byte> source)
    {
        if (offset + (ulong)source.Length > length)
        {
            return false;
        }

        for (int i = 0; i < source.Length;)
        {
            ulong at = offset + (ulong)i;
            int part = (int)Math.Min(4096 - (at % 4096), (ulong)(source.Length - i));
            if (!_pages.TryGetValue(at / 4096, out var page))
            {
                _pages.Add(at / 4096, page = new byte[4096]);
            }

            source.Slice(i, part).CopyTo(page.AsSpan((int)(at % 4096)));
            i += part;
        }

        return true;
    }

    public void Discard() => _pages.Clear();
}

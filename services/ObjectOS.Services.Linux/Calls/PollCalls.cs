using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>ppoll and pselect6: waiting for several files at once.</summary>
internal static class PollCalls
{
    /// <summary>Work per descriptor that is looked at.</summary>
    private const int CostOfEntry = 24;

    private const ulong HostPause = 100_000;

    /// <summary>Reads how long a call waits, once: afterwards <see cref="LinuxCall.Progress"/> is the time at which it ends.</summary>
    private static bool TryTimeout(LinuxCall call, ulong address)
    {
        if (call.Progress != 0)
        {
            return true;
        }

        Span<byte> time = stackalloc byte[16];
        if (address != 0 && !call.TryRead(address, time))
        {
            return false;
        }

        if (address != 0 && !TimeCalls.IsValid(time))
        {
            return call.Fail(Errno.EINVAL);
        }

        call.Progress = address == 0 ? LinuxCall.Never : TimeCalls.Later(call, TimeCalls.ReadTime(time));
        return true;
    }

    /// <summary>Reads a mask of signals that holds while the call waits; null if there is none.</summary>
    public static bool TryMask(LinuxCall call, ulong address, out ulong? mask)
    {
        Span<byte> bytes = stackalloc byte[8];
        mask = null;
        if (address == 0)
        {
            return true;
        }

        if (!call.TryRead(address, bytes))
        {
            return false;
        }

        mask = BinaryPrimitives.ReadUInt64LittleEndian(bytes) & ~LinuxSystem.Unmaskable;
        return true;
    }

    /// <summary>
    /// Parks the call until one of the numbers is woken or its time is over. EINTR if a signal has come. The mask is installed here, so that a call that
    /// need not wait delivers no signal that only its mask lets through (sigprocmask(2) after ppoll(2)).
    /// </summary>
    public static CallResult Wait(LinuxCall call, IEnumerable<ulong> waits, ulong? mask)
    {
        if (call.IsInterrupted)
        {
            return Errno.EINTR;
        }

        if (mask is { } wanted && call.Thread.SavedMask is null)
        {
            call.Thread.SavedMask = call.Thread.Mask;
            call.Thread.Mask = wanted;
        }

        foreach (ulong wait in waits)
        {
            call.System.Waits.Add(wait, call.Thread);
        }

        call.Deadline = call.Progress;
        return CallResult.Parked;
    }

    /// <summary>Ends a wait that found something, or whose time is over: the signals that only its mask let through stay pending.</summary>
    public static CallResult Finish(LinuxCall call, int count)
    {
        if (call.Thread.SavedMask is { } mask)
        {
            call.Thread.Mask = mask;
            call.Thread.SavedMask = null;
        }

        return count;
    }

    public static bool IsTimeOver(LinuxCall call) => call.System.Now >= call.Progress;

    /// <summary>
    /// Asks the host for input if the program looks for some and there is none: what it looks at comes only so. Not Ok: suspended, or the queue
    /// to the host is full and the call looks again a little later.
    /// </summary>
    public static KernelStatus AskForInput(LinuxCall call, OpenFile file)
    {
        bool asks = file.Kind == OpenFileKind.Input || (file.Kind == OpenFileKind.Poll && call.Job.WatchedInputs > 0);
        return asks && call.Job.Readers.TryGetValue(call.Job.Request.Input.Number, out var reader) ? reader.Ask(call.System.Host, 4096) : KernelStatus.Ok;
    }

    /// <summary>Parks a call whose request for input found no room in the queue to the host.</summary>
    public static CallResult WaitForHost(LinuxCall call, IEnumerable<ulong> waits, ulong? mask)
    {
        var result = Wait(call, waits, mask);
        call.Deadline = Math.Min(call.Progress, call.System.Now + HostPause);
        return result;
    }

    public static CallResult Poll(LinuxCall call)
    {
        if (call[1] > (ulong)call.Process.Descriptors.Most)
        {
            return Errno.EINVAL;
        }

        var bytes = new byte[(int)call[1] * 8];
        if (!TryTimeout(call, call[2]) || !call.TryRead(call[0], bytes) || !call.TryPrepare(call[0], (ulong)bytes.Length) || !TryMask(call, call[3], out ulong? mask))
        {
            return call.Failure;
        }

        int count = 0;
        call.Charge(bytes.Length / 8 * CostOfEntry);
        var waits = new HashSet<ulong>();
        ulong last = 0;
        OpenFile? input = null;
        for (int i = 0; i < bytes.Length; i += 8)
        {
            int descriptor = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i));
            uint events = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i + 4)) | PollEvents.Error | PollEvents.HangUp;
            uint ready = 0;
            if (descriptor >= 0)
            {
                if (call.Process.Descriptors.Find(descriptor) is { } file)
                {
                    ready = PollEvents.Of(file, out ulong wait) & events;
                    input = file.Kind is OpenFileKind.Input or OpenFileKind.Poll && (events & PollEvents.Read) != 0 && ready == 0 ? file : input;
                    if (wait != last)
                    {
                        waits.Add(last = wait);
                    }
                }
                else
                {
                    ready = PollEvents.Invalid;
                }
            }

            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i + 6), (ushort)ready);
            count += ready != 0 ? 1 : 0;
        }

        return End(call, count, waits, input, mask, () => call.Write(call[0], bytes), call[2]);
    }

    private static CallResult End(LinuxCall call, int count, HashSet<ulong> waits, OpenFile? input, ulong? mask, Action write, ulong timeout)
    {
        waits.Remove(0);
        bool hasRoom = timeout == 0 || call.TryPrepare(timeout, 16);
        if (!hasRoom && call.Failure.Outcome == CallOutcome.Suspended)
        {
            return CallResult.Suspended;
        }

        var asked = input is null ? KernelStatus.Ok : AskForInput(call, input);
        if (asked == KernelStatus.Suspended)
        {
            return CallResult.Suspended;
        }

        if (count == 0 && !IsTimeOver(call))
        {
            var result = asked == KernelStatus.Ok ? Wait(call, waits, mask) : WaitForHost(call, waits, mask);
            if (result.Outcome == CallOutcome.Parked)
            {
                return result;
            }

            WriteRest(call, hasRoom ? timeout : 0);
            return result;
        }

        write();
        WriteRest(call, hasRoom ? timeout : 0);
        return Finish(call, count);
    }

    /// <summary>Linux's own calls write back what is left of the time (poll_select_finish of fs/select.c); where that fails, it does not matter.</summary>
    private static void WriteRest(LinuxCall call, ulong timeout)
    {
        if (timeout == 0)
        {
            return;
        }

        var rest = new byte[16];
        HostFiles.PutTime(rest, (long)(call.Progress - Math.Min(call.Progress, call.System.Now)));
        call.Write(timeout, rest);
    }

    public static CallResult Select(LinuxCall call)
    {
        if (call.Int(0) < 0)
        {
            return Errno.EINVAL;
        }

        int count = Math.Min(call.Int(0), DescriptorTable.Limit);
        if (!TryTimeout(call, call[4]) || !TryReadSets(call, (count + 63) / 64 * 8, out var sets, out ulong at) || !TryMask(call, at, out ulong? mask))
        {
            return call.Failure;
        }

        byte[][] results = [.. sets.Select(set => new byte[set.Length])];
        call.Charge(count * CostOfEntry);
        var waits = new HashSet<ulong>();
        OpenFile? input = null;
        int ready = 0;
        for (int descriptor = 0; descriptor < count; descriptor++)
        {
            if (((sets[0][descriptor / 8] | sets[1][descriptor / 8] | sets[2][descriptor / 8]) & (1 << (descriptor % 8))) == 0)
            {
                continue;
            }

            if (call.Process.Descriptors.Find(descriptor) is not { } file)
            {
                return Errno.EBADF;
            }

            uint now = PollEvents.Of(file, out ulong wait);
            waits.Add(wait);
            const uint Reads = PollEvents.Read | PollEvents.BandIn | PollEvents.HangUp | PollEvents.Error;
            const uint Writes = PollEvents.Write | PollEvents.BandOut | PollEvents.Error;
            bool reads = Bit(sets[0], descriptor);
            input = reads && (now & Reads) == 0 && file.Kind is OpenFileKind.Input or OpenFileKind.Poll ? file : input;
            ready += Set(results[0], descriptor, reads && (now & Reads) != 0) + Set(results[1], descriptor, Bit(sets[1], descriptor) && (now & Writes) != 0);
        }

        return End(call, ready, waits, input, mask, Write, call[4]);

        void Write()
        {
            for (int i = 0; i < 3; i++)
            {
                if (call[i + 1] != 0)
                {
                    call.Write(call[i + 1], results[i]);
                }
            }
        }
    }

    /// <summary>The sets for reading, writing and exceptions, whose places can be written afterwards, and where the signal mask is, 0 for none.</summary>
    private static bool TryReadSets(LinuxCall call, int size, out byte[][] sets, out ulong mask)
    {
        sets = [new byte[size], new byte[size], new byte[size]];
        mask = 0;
        for (int i = 0; i < 3; i++)
        {
            if (call[i + 1] != 0 && (!call.TryRead(call[i + 1], sets[i]) || !call.TryPrepare(call[i + 1], (ulong)size)))
            {
                return false;
            }
        }

        Span<byte> pointer = stackalloc byte[8];
        if (call[5] != 0 && !call.TryRead(call[5], pointer))
        {
            return false;
        }

        mask = call[5] != 0 ? BinaryPrimitives.ReadUInt64LittleEndian(pointer) : 0;
        return true;
    }

    private static bool Bit(byte[] set, int index) => (set[index / 8] >> (index % 8) & 1) != 0;

    private static int Set(byte[] set, int index, bool value)
    {
        if (value)
        {
            set[index / 8] |= (byte)(1 << (index % 8));
        }

        return value ? 1 : 0;
    }
}

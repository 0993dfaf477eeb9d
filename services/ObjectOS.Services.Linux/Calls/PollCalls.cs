using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Waiting for several files at once.</summary>
internal static class PollCalls
{
    private const uint In = 1;
    private const uint Out = 4;
    private const uint Error = 8;
    private const uint HangUp = 16;
    private const uint Invalid = 32;

    /// <summary>What can be done now, and what to wait for where nothing can.</summary>
    private static uint Ready(LinuxCall call, OpenFile file, uint events, out ulong wait)
    {
        wait = 0;
        uint ready = In | Out;
        switch (file.Kind)
        {
            case OpenFileKind.Pipe when file.CanWrite:
                wait = file.Pipe!.Id;
                return (file.Pipe.Readers == 0 ? Error : 0) | (file.Pipe.Room >= Pipe.Atomic ? events & Out : 0);
            case OpenFileKind.Pipe:
                wait = file.Pipe!.Id;
                return (file.Pipe.Length > 0 ? events & In : 0) | (file.Pipe.Writers == 0 ? HangUp : 0);
            case OpenFileKind.Input when call.Job.Readers.TryGetValue(file.Stream, out var reader):
                wait = LinuxSystem.StreamWait(call.Job, file.Stream, false);
                if ((events & In) != 0 && !reader.IsReady)
                {
                    reader.Ask(call.System.Host, 4096);
                }

                ready = (reader.IsReady ? In : 0) | Out;
                break;
            case OpenFileKind.Output when call.Job.Writers.TryGetValue(file.Stream, out var writer):
                wait = LinuxSystem.StreamWait(call.Job, file.Stream, true);
                ready = writer.Error != 0 ? Out | Error : writer.Room > 0 ? Out : 0;
                return ready & (events | Error);
            case OpenFileKind.Event:
                wait = file.Id;
                ready = (file.Counter > 0 ? In : 0) | Out;
                break;
            default:
                break;
        }

        return ready & events;
    }

    private static bool TryDeadline(LinuxCall call, ulong address)
    {
        if (address == 0 || call.Progress != 0)
        {
            call.Progress = 1;
            return true;
        }

        Span<byte> time = stackalloc byte[16];
        if (!call.TryRead(address, time))
        {
            return false;
        }

        call.Deadline = TimeCalls.Later(call, TimeCalls.ReadTime(time));
        call.Progress = 1;
        return true;
    }

    private static bool TryMask(LinuxCall call, ulong address)
    {
        Span<byte> mask = stackalloc byte[8];
        if (address == 0 || call.Thread.SavedMask is not null)
        {
            return true;
        }

        if (!call.TryRead(address, mask))
        {
            return false;
        }

        call.Thread.SavedMask = call.Thread.Mask;
        call.Thread.Mask = BinaryPrimitives.ReadUInt64LittleEndian(mask) & ~LinuxSystem.Unmaskable;
        return true;
    }

    public static CallResult Poll(LinuxCall call)
    {
        if (call[1] > DescriptorTable.Limit)
        {
            return Errno.EINVAL;
        }

        var bytes = new byte[(int)call[1] * 8];
        if (!call.TryRead(call[0], bytes) || !call.TryPrepare(call[0], (ulong)bytes.Length) || !TryDeadline(call, call[2]) || !TryMask(call, call[3]))
        {
            return call.Failure;
        }

        int count = 0;
        var waits = new List<ulong>();
        for (int i = 0; i < bytes.Length; i += 8)
        {
            int descriptor = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(i));
            uint events = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i + 4));
            ulong wait = 0;
            uint ready = descriptor < 0 ? 0 : call.Process.Descriptors.Find(descriptor) is { } file ? Ready(call, file, events, out wait) : Invalid;
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i + 6), (ushort)ready);
            count += ready != 0 ? 1 : 0;
            waits.Add(wait);
        }

        if (count == 0 && !call.IsTimedOut)
        {
            return Wait(call, waits);
        }

        call.Write(call[0], bytes);
        return count;
    }

    private static CallResult Wait(LinuxCall call, List<ulong> waits)
    {
        if (call.IsInterrupted)
        {
            return Errno.EINTR;
        }

        foreach (ulong wait in waits.Where(wait => wait != 0))
        {
            call.System.Waits.Add(wait, call.Thread);
        }

        return CallResult.Parked;
    }

    public static CallResult Select(LinuxCall call)
    {
        int count = (int)Math.Min(call[0], DescriptorTable.Limit);
        if (!TryReadSets(call, (count + 63) / 64 * 8, out var sets, out ulong mask))
        {
            return call.Failure;
        }

        if (!TryDeadline(call, call[4]) || !TryMask(call, mask))
        {
            return call.Failure;
        }

        byte[][] results = [.. sets.Select(set => new byte[set.Length])];
        var waits = new List<ulong>();
        int ready = 0;
        for (int descriptor = 0; descriptor < count; descriptor++)
        {
            bool reads = Bit(sets[0], descriptor);
            bool writes = Bit(sets[1], descriptor);
            if (!reads && !writes && !Bit(sets[2], descriptor))
            {
                continue;
            }

            if (call.Process.Descriptors.Find(descriptor) is not { } file)
            {
                return Errno.EBADF;
            }

            uint now = Ready(call, file, (reads ? In : 0) | (writes ? Out : 0), out ulong wait);
            waits.Add(wait);
            ready += Set(results[0], descriptor, reads && (now & (In | HangUp | Error)) != 0) + Set(results[1], descriptor, writes && (now & (Out | Error)) != 0);
        }

        if (ready == 0 && !call.IsTimedOut)
        {
            return Wait(call, waits);
        }

        for (int i = 0; i < 3; i++)
        {
            if (call[i + 1] != 0)
            {
                call.Write(call[i + 1], results[i]);
            }
        }

        return ready;
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

    public static CallResult CreatePoll(LinuxCall call)
    {
        var file = new OpenFile(call.System.NewId(), OpenFileKind.Poll, "anon_inode:[eventpoll]", Linux.OpenReadWrite) { Watched = [], Job = call.Job };
        int made = call.Process.Descriptors.Add(file, ((uint)call[0] & Linux.OpenCloseOnExec) != 0);
        return made < 0 ? Errno.EMFILE : made;
    }

    public static CallResult ControlPoll(LinuxCall call)
    {
        if (call.Process.Descriptors.Find(call.Int(0))?.Watched is not { } watched || call.Process.Descriptors.Find(call.Int(2)) is null)
        {
            return Errno.EBADF;
        }

        if (call[1] == 2)
        {
            return watched.Remove(call.Int(2)) ? 0L : Errno.ENOENT;
        }

        var bytes = new byte[16];
        if (!call.TryRead(call[3], bytes))
        {
            return call.Failure;
        }

        if ((call[1] == 1) == watched.ContainsKey(call.Int(2)))
        {
            return call[1] == 1 ? Errno.EEXIST : Errno.ENOENT;
        }

        watched[call.Int(2)] = (BinaryPrimitives.ReadUInt32LittleEndian(bytes), BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)));
        return 0L;
    }

    public static CallResult WaitPoll(LinuxCall call)
    {
        if (!call.TryFile(0, out var poll) || poll.Watched is not { } watched || call.Int(2) <= 0)
        {
            return poll?.Watched is null ? Errno.EBADF : Errno.EINVAL;
        }

        int most = Math.Min(call.Int(2), DescriptorTable.Limit);
        if (!call.TryPrepare(call[1], (ulong)most * 16) || !TryMask(call, call[4]))
        {
            return call.Failure;
        }

        if (call.Progress == 0 && call.Int(3) >= 0)
        {
            call.Deadline = TimeCalls.Later(call, (ulong)call.Int(3) * 1_000_000);
        }

        call.Progress = 1;
        var waits = new List<ulong>();
        var bytes = new MemoryStream();
        int count = 0;
        foreach (var (descriptor, (events, data)) in watched)
        {
            if (count < most && call.Process.Descriptors.Find(descriptor) is { } file)
            {
                uint ready = Ready(call, file, events & 0x1f, out ulong wait);
                waits.Add(wait);
                if (ready != 0)
                {
                    bytes.Write(BitConverter.GetBytes((ulong)ready));
                    bytes.Write(BitConverter.GetBytes(data));
                    count++;
                }
            }
        }

        if (count == 0 && !call.IsTimedOut)
        {
            return Wait(call, waits);
        }

        call.Write(call[1], bytes.ToArray());
        return count;
    }
}

using System.Buffers.Binary;
using ObjectOS.Abi;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>epoll: sets of files that are watched (epoll(7); fs/eventpoll.c).</summary>
internal static class EventPollCalls
{
    private const int Add = 1;
    private const int Delete = 2;
    private const int Modify = 3;
    private const int Record = 16;

    /// <summary>Virtual instructions of an event that a wait reports.</summary>
    private const int CostOfReport = 80;


    public static CallResult Create(LinuxCall call)
    {
        uint flags = (uint)call[0];
        if ((flags & ~Linux.OpenCloseOnExec) != 0)
        {
            return Errno.EINVAL;
        }

        var file = new OpenFile(call.System.NewId(), OpenFileKind.Poll, "anon_inode:[eventpoll]", Linux.OpenReadWrite) { Job = call.Job };
        file.PollSet = new PollSet(file);
        int made = call.Process.Descriptors.Add(file, (flags & Linux.OpenCloseOnExec) != 0);
        return made < 0 ? Errno.EMFILE : made;
    }

    public static CallResult Control(LinuxCall call)
    {
        int operation = call.Int(1);
        var bytes = new byte[Record];
        if (operation != Delete && !call.TryRead(call[3], bytes))
        {
            return call.Failure;
        }

        var table = call.Process.Descriptors;
        if (table.Find(call.Int(0)) is not { } file || table.Find(call.Int(2)) is not { } watched)
        {
            return Errno.EBADF;
        }

        if (!PollEvents.CanWatch(watched))
        {
            return Errno.EPERM;
        }

        if (file.PollSet is not { } set || file == watched)
        {
            return Errno.EINVAL;
        }

        uint events = BinaryPrimitives.ReadUInt32LittleEndian(bytes);
        if (operation != Delete && (events & PollEvents.Exclusive) != 0 && (operation == Modify || watched.Kind == OpenFileKind.Poll))
        {
            return Errno.EINVAL;
        }

        var item = set.Find(call.Int(2), watched);
        switch (operation)
        {
            case Add:
                return item is not null ? Errno.EEXIST : AddItem(call, set, watched, events, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)));
            case Delete:
                return item is null ? Errno.ENOENT : RemoveItem(call, set, item);
            case Modify:
                return item is null ? Errno.ENOENT
                    : (item.Events & PollEvents.Exclusive) != 0 ? Errno.EINVAL
                    : SetItem(call, item, events, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(8)));
            default:
                return Errno.EINVAL;
        }
    }

    private static CallResult AddItem(LinuxCall call, PollSet set, OpenFile watched, uint events, ulong data)
    {
        if (watched.PollSet is { } inner && (Reaches(inner, set) || Depth(inner) + Height(set) > PollSet.MostNested))
        {
            return Errno.ELOOP;
        }

        if (call.Job.Watches >= Job.MostWatches)
        {
            return Errno.ENOSPC;
        }

        var asked = (events & PollEvents.Read) != 0 && watched.Kind == OpenFileKind.Input ? PollCalls.AskForInput(call, watched) : KernelStatus.Ok;
        if (asked == KernelStatus.Suspended)
        {
            return CallResult.Suspended;
        }

        var item = set.Add(call.System.Waits, call.Int(2), watched, PollEvents.WaitOf(watched), call.System.NewId());
        call.Job.Count(item, 1);
        return SetItem(call, item, events, data);
    }

    private static CallResult RemoveItem(LinuxCall call, PollSet set, PollItem item)
    {
        call.Job.Count(item, -1);
        set.Remove(call.System.Waits, item);
        return 0L;
    }

    /// <summary>Arms an item: it is ready at once if its file is, also with EPOLLET.</summary>
    private static CallResult SetItem(LinuxCall call, PollItem item, uint events, ulong data)
    {
        item.Events = events;
        item.Data = data;
        if ((PollEvents.Of(item.File, out _) & PollEvents.Wanted(item)) != 0 && !item.IsReady)
        {
            item.IsReady = true;
            call.System.Wake(item.Set.File.Id, PollEvents.Read);
        }

        return 0L;
    }

    /// <summary>True if the first set watches the second one, at whatever depth.</summary>
    private static bool Reaches(PollSet from, PollSet to)
    {
        var seen = new HashSet<PollSet> { from };
        var pending = new Queue<PollSet>([from]);
        while (pending.TryDequeue(out var at))
        {
            if (at == to)
            {
                return true;
            }

            foreach (var item in at.Items)
            {
                if (item.File.PollSet is { } inner && seen.Add(inner))
                {
                    pending.Enqueue(inner);
                }
            }
        }

        return false;
    }

    /// <summary>Sets below it on the longest way down, itself included.</summary>
    private static int Depth(PollSet set) => Longest(set, at => at.Items.Where(item => item.File.PollSet is not null).Select(item => item.File.PollSet!));

    /// <summary>Sets above it on the longest way up, itself included.</summary>
    private static int Height(PollSet set) => Longest(set, at => at.File.Watchers.Select(item => item.Set));

    /// <summary>The length of the longest way, level by level: a set is looked at once a level, and ways are short.</summary>
    private static int Longest(PollSet set, Func<PollSet, IEnumerable<PollSet>> next)
    {
        var level = new HashSet<PollSet> { set };
        int length = 0;
        for (; level.Count > 0 && length <= PollSet.MostNested + 1; length++)
        {
            level = [.. level.SelectMany(next)];
        }

        return length;
    }

    public static CallResult Wait(LinuxCall call)
    {
        if (call.Progress == 0)
        {
            call.Progress = call.Int(3) < 0 ? LinuxCall.Never : TimeCalls.Later(call, (ulong)call.Int(3) * 1_000_000);
        }

        return Collect(call);
    }

    /// <summary>epoll_pwait2: the time is a timespec.</summary>
    public static CallResult WaitLong(LinuxCall call)
    {
        Span<byte> time = stackalloc byte[16];
        if (call.Progress == 0)
        {
            if (call[3] != 0 && !call.TryRead(call[3], time))
            {
                return call.Failure;
            }

            if (call[3] != 0 && !TimeCalls.IsValid(time))
            {
                return Errno.EINVAL;
            }

            call.Progress = call[3] == 0 ? LinuxCall.Never : TimeCalls.Later(call, TimeCalls.ReadTime(time));
        }

        return Collect(call);
    }

    private static CallResult Collect(LinuxCall call)
    {
        const int MostEvents = int.MaxValue / Record;
        if (call.Int(2) is <= 0 or > MostEvents)
        {
            return Errno.EINVAL;
        }

        if (!call.TryFile(0, out var file))
        {
            return call.Failure;
        }

        if (file.PollSet is not { } set)
        {
            return Errno.EINVAL;
        }

        if (!PollCalls.TryMask(call, call[4], out ulong? mask))
        {
            return call.Failure;
        }

        var (reported, stale) = Look(set, call.Int(2));
        if (!call.TryPrepare(call[1], (ulong)reported.Count * Record))
        {
            return call.Failure;
        }

        var asked = PollCalls.AskForInput(call, file);
        if (asked == KernelStatus.Suspended)
        {
            return CallResult.Suspended;
        }

        // From here on nothing can fail.
        stale.ForEach(item => item.IsReady = false);
        if (reported.Count == 0 && !PollCalls.IsTimeOver(call))
        {
            return asked == KernelStatus.Ok ? PollCalls.Wait(call, [file.Id], mask) : PollCalls.WaitForHost(call, [file.Id], mask);
        }

        call.Charge(reported.Count * CostOfReport);
        call.Write(call[1], Report(reported));
        return PollCalls.Finish(call, reported.Count);
    }

    /// <summary>The ready items to report, at most that many, and those of them that turn out not to be ready.</summary>
    private static (List<(PollItem Item, uint Events)> Reported, List<PollItem> Stale) Look(PollSet set, int most)
    {
        var reported = new List<(PollItem, uint)>();
        var stale = new List<PollItem>();
        for (var node = set.Ready.First; node is not null && reported.Count < most; node = node.Next)
        {
            uint events = PollEvents.Of(node.Value.File, out _) & PollEvents.Wanted(node.Value);
            if (events != 0)
            {
                reported.Add((node.Value, events));
            }
            else
            {
                stale.Add(node.Value);
            }
        }

        return (reported, stale);
    }

    /// <summary>
    /// The records of what is reported. An item that is level-triggered goes to the end of the list, so that all get their turn; an edge is
    /// reported once, and a one-shot item is disabled.
    /// </summary>
    private static byte[] Report(List<(PollItem Item, uint Events)> reported)
    {
        var bytes = new byte[reported.Count * Record];
        for (int i = 0; i < reported.Count; i++)
        {
            var (item, events) = reported[i];
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * Record), events);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan((i * Record) + 8), item.Data);
            item.IsReady = false;
            if (item.IsOneShot)
            {
                item.Events &= PollEvents.Private;
            }
            else if (!item.IsEdge)
            {
                item.IsReady = true;
            }
        }

        return bytes;
    }
}

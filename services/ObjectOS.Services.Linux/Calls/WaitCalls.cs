using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>Waiting for children that end, stop or continue: wait4, waitid (kernel/exit.c).</summary>
internal static class WaitCalls
{
    private const ulong NoHang = 1;
    private const ulong Stopped = 2;
    private const ulong Exited = 4;
    private const ulong Continued = 8;
    private const ulong NoWait = 0x1000000;
    private const ulong Kinds = 0xe0000000; // __WNOTHREAD, __WALL, __WCLONE: every child is of the usual kind.
    private const int UsageBytes = 144;

    /// <summary>What there is to say of a child: the status of wait4, the code and status of siginfo.</summary>
    private sealed record News(int Id, int Status, int Code, int CodeStatus, Zombie? Zombie, LinuxProcess? Process)
    {
        /// <summary>Takes the news, so that it comes once.</summary>
        public void Take(LinuxProcess parent)
        {
            if (Zombie is not null)
            {
                parent.Zombies.Remove(Zombie);
            }
            else if (Code == SignalInfo.ChildStopped)
            {
                Process!.HasStopNews = false;
            }
            else
            {
                Process!.HasContinueNews = false;
            }
        }
    }

    public static CallResult Wait4(LinuxCall call)
    {
        ulong options = (uint)call[2];
        int target = call.Int(0);
        if ((options & ~(NoHang | Stopped | Continued | Kinds)) != 0)
        {
            return Errno.EINVAL;
        }

        if (target == int.MinValue)
        {
            return Errno.ESRCH;
        }

        target = target == -1 ? 0 : target == 0 ? -call.Process.GroupId : target;
        call.ChargeSearch(call.Process.Zombies.Count + call.Job.Processes.Count);
        if (Find(call.Process, target, options | Exited) is not { } news)
        {
            return NoneYet(call, target, (options & NoHang) != 0);
        }

        if ((call[3] != 0 && !call.TryPrepare(call[3], UsageBytes)) || (call[1] != 0 && !call.TryWrite(call[1], BitConverter.GetBytes(news.Status))))
        {
            return call.Failure;
        }

        if (call[3] != 0)
        {
            call.Write(call[3], new byte[UsageBytes]);
        }

        news.Take(call.Process);
        return news.Id;
    }

    /// <summary>News of a child: of any (0), of that one (positive), of one of that group (negative).</summary>
    private static News? Find(LinuxProcess parent, int target, ulong options)
    {
        if ((options & Exited) != 0 && parent.Zombies.Find(zombie => Matches(target, zombie.Id, zombie.GroupId)) is { } ended)
        {
            bool isExit = (ended.Status & 0x7f) == 0;
            return new News(
                ended.Id, ended.Status, isExit ? SignalInfo.ChildExited : SignalInfo.ChildKilled, isExit ? ended.Status >> 8 : ended.Status & 0x7f, ended, null);
        }

        foreach (var child in parent.Job.Processes.Values.Where(child => child.Parent == parent.Id && Matches(target, child.Id, child.GroupId)))
        {
            if ((options & Stopped) != 0 && child.HasStopNews)
            {
                return new News(child.Id, (child.StopSignal << 8) | 0x7f, SignalInfo.ChildStopped, child.StopSignal, null, child);
            }

            if ((options & Continued) != 0 && child.HasContinueNews)
            {
                return new News(child.Id, 0xffff, SignalInfo.ChildContinued, 18, null, child);
            }
        }

        return null;
    }

    private static bool Matches(int target, int id, int group) => target == 0 || id == target || group == -target;

    private static CallResult NoneYet(LinuxCall call, int target, bool noHang)
    {
        bool any = call.Process.Zombies.Exists(zombie => Matches(target, zombie.Id, zombie.GroupId))
            || call.Job.Processes.Values.Any(child => child.Parent == call.Process.Id && Matches(target, child.Id, child.GroupId));
        return !any ? Errno.ECHILD : noHang ? 0L : call.WaitFor(call.Process.ChildrenWait);
    }

    public static CallResult WaitId(LinuxCall call)
    {
        ulong options = (uint)call[3];
        int id = call.Int(1);
        if ((options & ~(NoHang | Stopped | Exited | Continued | NoWait | Kinds)) != 0 || (options & (Stopped | Exited | Continued)) == 0)
        {
            return Errno.EINVAL;
        }

        if (call[0] > 2 || (call[0] == 1 && id <= 0) || (call[0] == 2 && id < 0))
        {
            return Errno.EINVAL;
        }

        int target = call[0] switch
        {
            0 => 0,
            1 => id,
            _ => id == 0 ? -call.Process.GroupId : -id,
        };
        call.ChargeSearch(call.Process.Zombies.Count + call.Job.Processes.Count);
        var news = Find(call.Process, target, options);
        CallResult result = news is null ? NoneYet(call, target, (options & NoHang) != 0) : 0L;
        if (result.Outcome != CallOutcome.Done)
        {
            return result;
        }

        if (!TryWriteInfo(call, news))
        {
            return call.Failure;
        }

        if (news is not null && (options & NoWait) == 0)
        {
            news.Take(call.Process);
        }

        return result;
    }

    /// <summary>Fills the fields of siginfo that Linux fills, with zeros if there are no news; the rest stays as it was.</summary>
    private static bool TryWriteInfo(LinuxCall call, News? news)
    {
        const int Fields = 28;
        if ((call[2] != 0 && !call.TryPrepare(call[2], Fields)) || (call[4] != 0 && !call.TryPrepare(call[4], UsageBytes)))
        {
            return false;
        }

        var bytes = new byte[Fields];
        if (news is not null)
        {
            BinaryPrimitives.WriteInt32LittleEndian(bytes, 17);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(8), news.Code);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(16), news.Id);
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(20), call.Process.Identity.Real.User);
            BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(24), news.CodeStatus);
        }

        if (call[2] != 0)
        {
            call.Write(call[2], bytes.AsSpan(0, 12));
            call.Write(call[2] + 16, bytes.AsSpan(16));
        }

        if (call[4] != 0 && news is not null)
        {
            call.Write(call[4], new byte[UsageBytes]);
        }

        return true;
    }
}

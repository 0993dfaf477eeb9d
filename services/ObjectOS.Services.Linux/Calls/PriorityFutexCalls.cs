using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>
/// FUTEX_LOCK_PI and its kin (futex(2)): the word holds the owner's number, and the kernel hands it to the first waiter. All threads have one
/// priority here, so none is to be inherited. Waiters of an owner that ends try anew.
/// </summary>
internal static class PriorityFutexCalls
{
    private const uint Owner = 0x3fffffff;
    private const uint Waiters = 0x80000000;
    private const uint OwnerDied = 0x40000000;

    /// <summary>The progress of a call that waits, and of one whose owner has ended.</summary>
    private const ulong Waiting = 1;
    private const ulong Orphaned = 2;

    public static CallResult Lock(LinuxCall call, FutexKey key, bool isTry, bool isRealTime)
    {
        if (call.IsWoken)
        {
            return 0L; // The word was given to this thread by the one that woke it.
        }

        if (call.Progress == Waiting)
        {
            return Wait(call);
        }

        Span<byte> word = stackalloc byte[4];
        Span<byte> time = stackalloc byte[16];
        bool hasTime = call[3] != 0 && !isTry;
        if ((hasTime && !call.TryRead(call[3], time)) || !call.TryPrepare(call[0], 4) || !call.TryRead(call[0], word))
        {
            return call.Failure;
        }

        if (hasTime && !TimeCalls.IsValid(time))
        {
            return Errno.EINVAL;
        }

        uint value = BinaryPrimitives.ReadUInt32LittleEndian(word);
        uint owner = value & Owner;
        if (owner == (uint)call.Thread.Id)
        {
            return Errno.EDEADLK;
        }

        call.ChargeSearch(call.Job.ThreadCount);
        var holder = call.Job.Processes.Values.SelectMany(process => process.Threads).FirstOrDefault(thread => (uint)thread.Id == owner);
        if (owner == 0 || (call.Progress == Orphaned && holder is null))
        {
            uint died = owner == 0 ? value & OwnerDied : OwnerDied;
            BinaryPrimitives.WriteUInt32LittleEndian(word, died | (value & Waiters) | (uint)call.Thread.Id);
            call.Write(call[0], word);
            return 0L;
        }

        if (holder is null)
        {
            return Errno.ESRCH;
        }

        if (isTry)
        {
            return Errno.EAGAIN;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(word, value | Waiters);
        call.Write(call[0], word);
        call.Deadline = hasTime ? TimeCalls.At(call, isRealTime, TimeCalls.ReadTime(time)) : LinuxCall.Never;
        call.Progress = Waiting;
        call.System.Futexes.Add(key, call.Thread, uint.MaxValue);
        call.System.Futexes.SetHolder(key, holder.Number);
        return call.IsTimedOut ? Wait(call) : CallResult.Parked;
    }

    private static CallResult Wait(LinuxCall call)
    {
        if (!call.IsTimedOut && !call.IsInterrupted)
        {
            return CallResult.Parked;
        }

        call.System.Futexes.Remove(call.Thread);
        return call.IsTimedOut ? Errno.ETIMEDOUT : Errno.EINTR;
    }

    public static CallResult Unlock(LinuxCall call, FutexKey key)
    {
        Span<byte> word = stackalloc byte[4];
        if (!call.TryPrepare(call[0], 4) || !call.TryRead(call[0], word))
        {
            return call.Failure;
        }

        if ((BinaryPrimitives.ReadUInt32LittleEndian(word) & Owner) != (uint)call.Thread.Id)
        {
            return Errno.EPERM;
        }

        var next = call.System.Futexes.Take(key, 1, uint.MaxValue, out _).FirstOrDefault();
        BinaryPrimitives.WriteUInt32LittleEndian(word, next is null ? 0 : (uint)next.Id | Waiters);
        call.Write(call[0], word);
        if (next is not null)
        {
            next.Call.IsWoken = true;
            call.System.Enqueue(next);
            call.System.Futexes.SetHolder(key, next.Number);
        }

        return 0L;
    }

    /// <summary>Has the waiters of a thread that ends try anew.</summary>
    public static void OwnerEnds(LinuxThread owner)
    {
        var system = owner.Process.System;
        foreach (var key in system.Futexes.HeldBy(owner.Number))
        {
            foreach (var waiter in system.Futexes.Of(key).Where(IsLocking))
            {
                system.Futexes.Remove(waiter);
                waiter.Call.Progress = Orphaned;
                system.Enqueue(waiter);
            }
        }
    }

    private static bool IsLocking(LinuxThread waiter) =>
        waiter.Call.Number == LinuxCallTable.Futex && (waiter.Call[1] & 0x7f) is 6 or 13 && !waiter.Call.IsWoken;
}

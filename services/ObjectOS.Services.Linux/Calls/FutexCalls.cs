using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Calls;

/// <summary>futex: wait, wake, requeue.</summary>
internal static class FutexCalls
{
    public static FutexKey KeyOf(LinuxProcess process, ulong address, bool isPrivate)
    {
        var area = isPrivate ? null : process.Memory.Find(address);
        return area is { IsShared: true } ? new FutexKey(area.Block.Id, area.Offset + (address - area.Start)) : new FutexKey(process.Memory.Id, address);
    }

    public static int Wake(LinuxSystem system, FutexKey key, ulong count, uint bits)
    {
        var woken = system.Futexes.Take(key, count, bits, out int seen);
        system.Spend(seen * LinuxCall.CostOfSearched);
        foreach (var thread in woken)
        {
            thread.Call.IsWoken = true;
            system.Enqueue(thread);
        }

        return woken.Count;
    }

    public static CallResult Futex(LinuxCall call)
    {
        bool isPrivate = (call[1] & 0x80) != 0;
        bool isRealTime = (call[1] & 0x100) != 0;
        ulong operation = call[1] & 0x7f;
        if (call[0] % 4 != 0)
        {
            return Errno.EINVAL;
        }

        var key = KeyOf(call.Process, call[0], isPrivate);
        ulong count = (uint)call[2];
        switch (operation)
        {
            case 0:
                return Wait(call, key, uint.MaxValue, isAbsolute: false, isRealTime);
            case 9:
                return (uint)call[5] == 0 ? Errno.EINVAL : Wait(call, key, (uint)call[5], isAbsolute: true, isRealTime);
            case 1:
                return Wake(call.System, key, count, uint.MaxValue);
            case 10:
                return (uint)call[5] == 0 ? Errno.EINVAL : Wake(call.System, key, count, (uint)call[5]);
            case 3 or 4:
                return Requeue(call, key, KeyOf(call.Process, call[4], isPrivate), operation == 4);
            case 6 or 8 or 13:
                return PriorityFutexCalls.Lock(call, key, isTry: operation == 8, isRealTime || operation == 6);
            case 7:
                return PriorityFutexCalls.Unlock(call, key);
            case 5:
                return WakeOperation(call, key, KeyOf(call.Process, call[4], isPrivate));
            default:
                return Errno.ENOSYS;
        }
    }

    private static CallResult Wait(LinuxCall call, FutexKey key, uint bits, bool isAbsolute, bool isRealTime)
    {
        if (call.IsWoken)
        {
            return 0L;
        }

        if (call.Progress != 0)
        {
            if (call.IsTimedOut || call.IsInterrupted)
            {
                call.System.Futexes.Remove(call.Thread);
                return call.IsTimedOut ? Errno.ETIMEDOUT : Errno.EINTR;
            }

            return CallResult.Parked;
        }

        Span<byte> value = stackalloc byte[4];
        Span<byte> time = stackalloc byte[16];
        if ((call[3] != 0 && !call.TryRead(call[3], time)) || (call[3] != 0 && !TimeCalls.IsValid(time) && !call.Fail(Errno.EINVAL)) || !call.TryRead(call[0], value))
        {
            return call.Failure;
        }

        if (BinaryPrimitives.ReadUInt32LittleEndian(value) != (uint)call[2])
        {
            return Errno.EAGAIN;
        }

        if (call[3] != 0)
        {

            ulong nanoseconds = TimeCalls.ReadTime(time);
            call.Deadline = isAbsolute ? TimeCalls.At(call, isRealTime, nanoseconds) : TimeCalls.Later(call, nanoseconds);
            if (call.IsTimedOut)
            {
                return Errno.ETIMEDOUT;
            }
        }

        call.Progress = 1;
        call.System.Futexes.Add(key, call.Thread, bits);
        return CallResult.Parked;
    }

    private static CallResult Requeue(LinuxCall call, FutexKey from, FutexKey to, bool compares)
    {
        if (call.Int(2) < 0 || call.Int(3) < 0)
        {
            return Errno.EINVAL;
        }

        if (compares)
        {
            Span<byte> value = stackalloc byte[4];
            if (!call.TryRead(call[0], value))
            {
                return call.Failure;
            }

            if (BinaryPrimitives.ReadUInt32LittleEndian(value) != (uint)call[5])
            {
                return Errno.EAGAIN;
            }
        }

        int woken = Wake(call.System, from, (uint)call[2], uint.MaxValue);
        int moved = call.System.Futexes.Move(from, to, (uint)call[3]);
        call.ChargeSearch(moved);
        return woken + moved;
    }

    /// <summary>FUTEX_WAKE_OP: changes the second word, wakes the first's waiters, and the second's where its old value was so.</summary>
    private static CallResult WakeOperation(LinuxCall call, FutexKey first, FutexKey second)
    {
        Span<byte> bytes = stackalloc byte[4];
        if (!call.TryPrepare(call[4], 4) || !call.TryRead(call[4], bytes))
        {
            return call.Failure;
        }

        uint encoded = (uint)call[5];
        int old = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        int argument = (int)(encoded << 8) >> 20;
        int compared = (int)(encoded << 20) >> 20;
        argument = (encoded >> 31) != 0 ? 1 << (argument & 31) : argument;
        int changed = (encoded >> 28 & 7) switch
        {
            0 => argument,
            1 => old + argument,
            2 => old | argument,
            3 => old & ~argument,
            _ => old ^ argument,
        };
        BinaryPrimitives.WriteInt32LittleEndian(bytes, changed);
        call.Write(call[4], bytes);
        int woken = Wake(call.System, first, (uint)call[2], uint.MaxValue);
        bool also = (encoded >> 24 & 0xf) switch
        {
            0 => old == compared,
            1 => old != compared,
            2 => old < compared,
            3 => old <= compared,
            4 => old > compared,
            _ => old >= compared,
        };
        return also ? woken + Wake(call.System, second, (uint)call[3], uint.MaxValue) : woken;
    }
}

using System.Numerics;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// The SBI's performance monitoring unit (SBI specification v2.0, chapter "Performance Monitoring Unit Extension"): cycles and instructions are counted by the CSRs of those names,
/// firmware events by counters of the service. There are no snapshots, and no filters by privilege mode, which the specification leaves open.
/// </summary>
internal static class SbiPmu
{
    private const ulong SkipsMatch = 1, ClearsValue = 2, StartsAtOnce = 4, ConfigurationFlags = 0xff;
    private const ulong SetsValue = 1, InitializesSnapshot = 2, StartFlags = 3;
    private const ulong Frees = 1, TakesSnapshot = 2, StopFlags = 3;

    /// <summary>Types of events, bits 19–16 of an event's index; the code is below.</summary>
    private const ulong HardwareEvents = 0, FirmwareEvents = 15;

    private const ulong CpuCycles = 1, Instructions = 2;

    // counter_get_info: bits 11–0 the CSR, bits 17–12 its width less one, the highest bit set for firmware. The width of a firmware counter is "ignored", but Linux cuts values
    // off at it.
    private const ulong CycleRegister = 0xc00, Width = 63UL << 12, FirmwareCounter = (1UL << 63) | Width;

    public static SbiResult Call(in SbiCall call) => call.Function switch
    {
        0 => SbiResult.Success(HartCounters.Count),
        1 => Describe(call.Words[0]),
        2 => Configure(call),
        3 => Start(call),
        4 => Stop(call),
        5 => call.Words[0] < HartCounters.Count && HartCounters.IsFirmware((int)call.Words[0])
            ? SbiResult.Success(call.Hart.Counters.Read((int)call.Words[0])) : SbiResult.Fail(SbiError.InvalidParameter),
        6 => call.Words[0] < HartCounters.Count && HartCounters.IsFirmware((int)call.Words[0])
            ? SbiResult.Success() : SbiResult.Fail(SbiError.InvalidParameter),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    private static SbiResult Describe(ulong counter) =>
        counter >= HartCounters.Count ? SbiResult.Fail(SbiError.InvalidParameter)
        : HartCounters.IsHardware((int)counter) ? SbiResult.Success((CycleRegister + counter) | Width)
        : HartCounters.IsFirmware((int)counter) ? SbiResult.Success(FirmwareCounter)
        : SbiResult.Fail(SbiError.InvalidParameter);

    /// <summary>Function "Find and configure a matching counter".</summary>
    private static SbiResult Configure(in SbiCall call)
    {
        ulong flags = call.Words[2];
        if (!TryGetSet(call.Words[0], call.Words[1], out uint set) || (flags & ~ConfigurationFlags) != 0)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        var counters = call.Hart.Counters;
        bool skips = (flags & SkipsMatch) != 0;
        for (; set != 0; set = skips ? 0 : set & (set - 1))
        {
            int counter = BitOperations.TrailingZeroCount(set);
            if (EventFor(counter, call.Words[3]) is not { } of || (!skips && counters.EventOf(counter) != HartCounters.NoEvent))
            {
                continue;
            }

            counters.Configure(counter, of, (flags & ClearsValue) != 0);
            if ((flags & StartsAtOnce) != 0)
            {
                counters.Start(counter, null);
            }

            return SbiResult.Success((ulong)counter);
        }

        return SbiResult.Fail(SbiError.NotSupported);
    }

    /// <summary>The event as <see cref="HartCounters"/> names it; null: the counter cannot count it.</summary>
    private static int? EventFor(int counter, ulong index)
    {
        ulong type = index >> 16, code = index & 0xffff;
        return type == HardwareEvents && ((counter == HartCounters.Cycle && code == CpuCycles) || (counter == HartCounters.Instret && code == Instructions)) ? (int)code
            : type == FirmwareEvents && HartCounters.IsFirmware(counter) && code <= (ulong)FirmwareEvent.FenceVmaAsidReceived ? (int)code
            : null;
    }

    /// <summary>Function "Start a set of counters": those of the set that can be started are, whatever the others are.</summary>
    private static SbiResult Start(in SbiCall call)
    {
        ulong flags = call.Words[2];
        if (!TryGetSet(call.Words[0], call.Words[1], out uint set) || (flags & ~StartFlags) != 0)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        if ((flags & InitializesSnapshot) != 0)
        {
            return SbiResult.Fail(SbiError.NoSharedMemory);
        }

        var counters = call.Hart.Counters;
        var error = SbiError.Success;
        for (; set != 0; set &= set - 1)
        {
            int counter = BitOperations.TrailingZeroCount(set);
            var problem = counters.EventOf(counter) == HartCounters.NoEvent ? SbiError.InvalidParameter
                : counters.IsStarted(counter) ? SbiError.AlreadyStarted
                : SbiError.Success;
            if (problem == SbiError.Success)
            {
                counters.Start(counter, (flags & SetsValue) != 0 ? call.Words[3] : null);
            }

            error = error == SbiError.Success ? problem : error;
        }

        return error == SbiError.Success ? SbiResult.Success() : SbiResult.Fail(error);
    }

    /// <summary>Function "Stop a set of counters": all of the set are stopped, and freed where that is asked for, whatever the others are.</summary>
    private static SbiResult Stop(in SbiCall call)
    {
        ulong flags = call.Words[2];
        if (!TryGetSet(call.Words[0], call.Words[1], out uint set) || (flags & ~StopFlags) != 0)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        if ((flags & TakesSnapshot) != 0)
        {
            return SbiResult.Fail(SbiError.NoSharedMemory);
        }

        var counters = call.Hart.Counters;
        var error = SbiError.Success;
        for (; set != 0; set &= set - 1)
        {
            int counter = BitOperations.TrailingZeroCount(set);
            var problem = !HartCounters.IsHardware(counter) && !HartCounters.IsFirmware(counter) ? SbiError.InvalidParameter
                : counters.IsStarted(counter) ? SbiError.Success
                : SbiError.AlreadyStopped;
            counters.Stop(counter);
            if ((flags & Frees) != 0)
            {
                counters.Free(counter);
            }

            error = error == SbiError.Success ? problem : error;
        }

        return error == SbiError.Success ? SbiResult.Success() : SbiResult.Fail(error);
    }

    /// <summary>The counters that base and mask name, a bit each; false: one of them is beyond the last.</summary>
    private static bool TryGetSet(ulong start, ulong mask, out uint set)
    {
        set = 0;
        if (mask == 0)
        {
            return true;
        }

        bool isValid = start < HartCounters.Count && (ulong)(63 - BitOperations.LeadingZeroCount(mask)) < HartCounters.Count - start;
        set = isValid ? (uint)(mask << (int)start) : 0;
        return isValid;
    }
}

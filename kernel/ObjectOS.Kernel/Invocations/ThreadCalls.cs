using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Invocations on threads, and those that a thread makes on itself.</summary>
internal static class ThreadCalls
{
    /// <summary>pc, x1–x31, f0–f31, fcsr.</summary>
    internal const int StateBytes = 65 * 8;

    public static KernelStatus Create(ref Invocation call)
    {
        var status = call.Target<Cell>(out var cell);
        AddressSpace space = null!;
        if (status == KernelStatus.Ok)
        {
            status = call.Get(2, CapabilityRights.Manage, out space);
        }

        if (status == KernelStatus.Ok)
        {
            status = call.CheckCreate(cell);
        }

        if (status == KernelStatus.Ok)
        {
            var context = new HartContext { Pc = call[3] & ~1UL };
            context.X[2] = call[4];
            context.X[10] = call[5];
            var thread = new Thread(cell, call.Kernel.NextNumber(), space, context, call.Kernel.Quantum);
            call.Kernel.NoteBirth(thread);
            call.PassShare(thread);
            call.PutNew(thread);
            call[1] = thread.Number;
        }

        return status;
    }

    public static KernelStatus Resume(ref Invocation call)
    {
        var status = call.Target<Thread>(out var thread);
        if (status == KernelStatus.Ok && (thread.State != ThreadState.Suspended || thread.Owner.State == CellState.Ended))
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            if (thread.Context is { Retired: 0 })
            {
                // What its loader wrote is not the thread's doing.
                EventLog.Take(thread);
            }

            call.Kernel.Scheduler.MakeReady(thread);
        }

        return status;
    }

    public static KernelStatus Suspend(ref Invocation call)
    {
        var status = call.Target<Thread>(out var thread);
        if (status == KernelStatus.Ok && (thread.State is ThreadState.Suspended or ThreadState.Ended || thread.Context is null))
        {
            status = KernelStatus.InvalidState;
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.StopThread(thread);
        }

        // A thread that suspends itself goes on behind the call when it is resumed.
        return status == KernelStatus.Ok && thread == call.Thread ? Kernel.FinishLater(thread) : status;
    }

    public static KernelStatus ReadState(ref Invocation call)
    {
        var status = DecodeState(ref call, call.Destination.Length, out var context);
        if (status == KernelStatus.Ok)
        {
            SaveState(context, call.Destination);
        }

        return status;
    }

    public static KernelStatus WriteState(ref Invocation call)
    {
        var status = DecodeState(ref call, call.Source.Length, out var context);
        if (status == KernelStatus.Ok)
        {
            RestoreState(context, call.Source);
        }

        return status;
    }

    public static KernelStatus Destroy(ref Invocation call)
    {
        var status = call.Target<Thread>(out var thread);
        if (status == KernelStatus.Ok)
        {
            call.Kernel.EndThread(thread, 0);
        }

        return status == KernelStatus.Ok && thread == call.Thread ? Outcome.Blocked : status;
    }

    public static KernelStatus SetScheduling(ref Invocation call)
    {
        var status = call.Target<Thread>(out var thread);
        if (status == KernelStatus.Ok && (call[1] >= Scheduler.Priorities || thread.Context is null))
        {
            status = KernelStatus.InvalidArgument;
        }

        SchedulingContext? context = null;
        if (status == KernelStatus.Ok)
        {
            status = call.GetOptional(2, CapabilityRights.Manage, out context, out _);
        }

        if (status == KernelStatus.Ok && call.Thread is { } caller &&
            ((int)call[1] > caller.Priority || (caller.SchedulingContext is { } own && own != context)))
        {
            status = KernelStatus.MissingRights;
        }

        if (status == KernelStatus.Ok)
        {
            call.Kernel.Scheduler.Set(thread, (int)call[1], context, call.Kernel);
        }

        return status;
    }

    public static KernelStatus Yield(ref Invocation call)
    {
        if (call.Thread is { } thread)
        {
            Scheduler.Yield(thread);
        }

        return KernelStatus.Ok;
    }

    public static KernelStatus Exit(ref Invocation call)
    {
        if (call.Thread is not { } thread)
        {
            return KernelStatus.InvalidState;
        }

        call.Kernel.EndThread(thread, call[1]);
        return Outcome.Blocked;
    }

    public static KernelStatus Note(ref Invocation call)
    {
        var status = call.Target<Thread>(out var thread);
        if (status == KernelStatus.Ok)
        {
            call.Kernel.NoteOfPersonality(thread, call[1], call[2]);
        }

        return status;
    }

    public static KernelStatus Now(ref Invocation call)
    {
        call[1] = call.Kernel.Now;
        return KernelStatus.Ok;
    }

    /// <summary>Writes what <c>thread_read_state</c> gives.</summary>
    internal static void SaveState(HartContext context, Span<byte> words)
    {
        Put(words, 0, context.Pc);
        for (int i = 1; i < 32; i++)
        {
            Put(words, i, context.X[i]);
        }

        for (int i = 0; i < 32; i++)
        {
            Put(words, 32 + i, context.F[i]);
        }

        Put(words, 64, context.Fcsr);
    }

    /// <summary>Takes what <c>thread_write_state</c> is given.</summary>
    internal static void RestoreState(HartContext context, ReadOnlySpan<byte> words)
    {
        context.Pc = Take(words, 0) & ~1UL;
        for (int i = 1; i < 32; i++)
        {
            context.X[i] = Take(words, i);
        }

        for (int i = 0; i < 32; i++)
        {
            context.F[i] = Take(words, 32 + i);
        }

        context.Fcsr = (uint)Take(words, 64) & 0xff;
        context.Reservation = HartContext.NoReservation;
    }

    private static KernelStatus DecodeState(ref Invocation call, int length, out HartContext context)
    {
        context = null!;
        var status = call.Target<Thread>(out var thread);
        if (status != KernelStatus.Ok)
        {
            return status;
        }

        if (length != StateBytes || thread.Context is null || thread == call.Thread)
        {
            return KernelStatus.InvalidArgument;
        }

        context = thread.Context;
        return KernelStatus.Ok;
    }

    private static void Put(Span<byte> words, int index, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(words[(index * 8)..], value);

    private static ulong Take(ReadOnlySpan<byte> words, int index) => BinaryPrimitives.ReadUInt64LittleEndian(words[(index * 8)..]);
}

using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>SBI calls on harts: their state, interrupts between them, fences for each other.</summary>
internal sealed class SbiHarts(VirtualMachine machine)
{
    private const ulong LoadAccessFault = 5, LoadPageFault = 13;

    public SbiSuspend Suspended { get; } = new(machine);

    public SbiResult SendIpi(SbiCall call) => ForEach(call.Words[0], call.Words[1], hart => SendIpi(call.Hart, hart));

    /// <summary>
    /// FENCE.I, SFENCE.VMA and SFENCE.VMA with an ASID: harts interleave, so that a hart that forgets what it has cached does so at once. More than asked for is forgotten.
    /// </summary>
    public SbiResult Fence(SbiCall call)
    {
        var sent = call.Function switch { 0 => FirmwareEvent.FenceISent, 1 => FirmwareEvent.FenceVmaSent, _ => FirmwareEvent.FenceVmaAsidSent };
        return ForEach(call.Words[0], call.Words[1], hart => Fence(call.Hart, hart, sent));
    }

    public SbiResult ManageState(in SbiCall call) => call.Function switch
    {
        0 => Start(call.Words[0], call.Words[1], call.Words[2]),
        1 => Stop(call.Hart),
        2 => GetStatus(call.Words[0]),
        3 => Suspended.SuspendHart(call),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    /// <summary>
    /// Legacy IPI and fences: a0 is the virtual address of a mask of harts, 0 for all. A fault on the way to it is the caller's, at its ecall (chapter "Legacy Extensions").
    /// </summary>
    public SbiResult LegacyCall(in SbiCall call)
    {
        ulong mask = ulong.MaxValue;
        if (call.Words[0] != 0)
        {
            Span<byte> bytes = stackalloc byte[8];
            var status = Translate(call.Hart, call.Words[0], out ulong physical);
            ulong cause = status == DeviceStatus.Fault ? LoadPageFault : LoadAccessFault;
            status = status == DeviceStatus.Done ? machine.Ram.Read(physical, bytes) : status;
            if (status != DeviceStatus.Done)
            {
                return status == DeviceStatus.Suspended ? SbiResult.Suspended : SbiResult.Fault(cause, call.Words[0]);
            }

            mask = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        foreach (var hart in machine.Harts.Where(hart => hart.Status != HartStatus.Stopped && ((mask >> hart.Id) & 1) != 0))
        {
            if (call.Extension == SbiExtension.LegacySendIpi)
            {
                SendIpi(call.Hart, hart);
            }
            else
            {
                Fence(call.Hart, hart, call.Extension switch
                {
                    SbiExtension.LegacyFenceI => FirmwareEvent.FenceISent,
                    SbiExtension.LegacyFenceVma => FirmwareEvent.FenceVmaSent,
                    _ => FirmwareEvent.FenceVmaAsidSent,
                });
            }
        }

        return SbiResult.Legacy();
    }

    /// <summary>Legacy: clears the caller's own software interrupt, and tells whether it was pending.</summary>
    public static SbiResult ClearIpi(Hart hart)
    {
        bool isPending = hart.TryReadInterrupts(0, out ulong pending, out _, out _) && (pending & Hart.SoftwareInterrupt) != 0;
        hart.ClearSoftware();
        return SbiResult.Legacy(isPending ? 1 : 0);
    }

    private static void SendIpi(Hart sender, Hart receiver)
    {
        receiver.RaiseSoftware();
        Count(sender, receiver, FirmwareEvent.IpiSent);
    }

    private static void Fence(Hart sender, Hart receiver, FirmwareEvent sent)
    {
        receiver.ForgetCachedTranslations();
        Count(sender, receiver, sent);
    }

    /// <summary>What harts send to each other is an event of both; the receiver's follows the sender's in the table. What a hart does to itself is none.</summary>
    private static void Count(Hart sender, Hart receiver, FirmwareEvent sent)
    {
        if (sender != receiver)
        {
            sender.Counters.Add(sent);
            receiver.Counters.Add(sent + 1);
        }
    }

    private DeviceStatus Translate(Hart hart, ulong address, out ulong physical)
    {
        physical = address;
        return hart.TryReadTranslation(out ulong satp) ? GuestPageWalk.Translate(machine.Ram, satp, address, out physical) : DeviceStatus.Fault;
    }

    private SbiResult Start(ulong id, ulong address, ulong opaque)
    {
        if (id >= (ulong)machine.Harts.Count)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        var hart = machine.Harts[(int)id];
        if (hart.Status != HartStatus.Stopped)
        {
            return SbiResult.Fail(SbiError.AlreadyAvailable);
        }

        if (!machine.Ram.IsEntry(address))
        {
            return SbiResult.Fail(SbiError.InvalidAddress);
        }

        hart.Reset();
        hart.Start(address, opaque);
        return SbiResult.Success();
    }

    private static SbiResult Stop(Hart hart)
    {
        hart.Stop();
        return SbiResult.Silent;
    }

    private SbiResult GetStatus(ulong id) =>
        id < (ulong)machine.Harts.Count ? SbiResult.Success((ulong)machine.Harts[(int)id].Status) : SbiResult.Fail(SbiError.InvalidParameter);

    /// <summary>Chapter "Binary Encoding", hart list parameter: a base of all ones means all harts, whatever the mask.</summary>
    private SbiResult ForEach(ulong mask, ulong maskBase, Action<Hart> action)
    {
        if (maskBase == ulong.MaxValue)
        {
            (mask, maskBase) = ((1UL << machine.Harts.Count) - 1, 0);
        }

        ulong count = (ulong)machine.Harts.Count;
        if (mask != 0 && (maskBase >= count || (ulong)(63 - System.Numerics.BitOperations.LeadingZeroCount(mask)) >= count - maskBase))
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        foreach (var hart in machine.Harts)
        {
            if ((ulong)hart.Id >= maskBase && ((mask >> (int)((ulong)hart.Id - maskBase)) & 1) != 0 && hart.Status != HartStatus.Stopped)
            {
                action(hart);
            }
        }

        return SbiResult.Success();
    }
}

using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>SBI calls on harts: their state, interrupts between them, fences for each other.</summary>
internal sealed class SbiHarts(VirtualMachine machine)
{
    private const uint RetentiveSuspend = 0, NonRetentiveSuspend = 0x80000000;

    public SbiResult SendIpi(ulong mask, ulong maskBase) => ForEach(mask, maskBase, hart => hart.RaiseSoftware());

    /// <summary>
    /// FENCE.I, SFENCE.VMA and SFENCE.VMA with an ASID: harts interleave, so that a hart that forgets what it has cached does so at once. More than asked for is forgotten.
    /// </summary>
    public SbiResult Fence(ulong mask, ulong maskBase) => ForEach(mask, maskBase, hart => hart.ForgetCachedTranslations());

    public SbiResult ManageState(in SbiCall call) => call.Function switch
    {
        0 => Start(call.Words[0], call.Words[1], call.Words[2]),
        1 => Stop(call.Hart),
        2 => GetStatus(call.Words[0]),
        3 => Suspend(call),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    /// <summary>Legacy IPI and fences: a0 is the virtual address of a mask of harts, 0 for all.</summary>
    public SbiResult LegacyCall(in SbiCall call)
    {
        ulong mask = ulong.MaxValue;
        if (call.Words[0] != 0)
        {
            Span<byte> bytes = stackalloc byte[8];
            var status = ReadVirtual(call.Hart, call.Words[0], bytes);
            if (status != DeviceStatus.Done)
            {
                return status == DeviceStatus.Suspended ? SbiResult.Suspended : SbiResult.Legacy((long)SbiError.InvalidAddress);
            }

            mask = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        }

        foreach (var hart in machine.Harts.Where(hart => hart.Status == HartStatus.Started && ((mask >> hart.Id) & 1) != 0))
        {
            if (call.Extension == SbiExtension.LegacySendIpi)
            {
                hart.RaiseSoftware();
            }
            else
            {
                hart.ForgetCachedTranslations();
            }
        }

        return SbiResult.Legacy();
    }

    private DeviceStatus ReadVirtual(Hart hart, ulong address, Span<byte> bytes)
    {
        if (!hart.TryReadTranslation(out ulong satp))
        {
            return DeviceStatus.Fault;
        }

        var status = GuestPageWalk.Translate(machine.Ram, satp, address, out ulong physical);
        return status == DeviceStatus.Done ? machine.Ram.Read(physical, bytes) : status;
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

        if (!machine.Ram.Contains(address, 2))
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

    /// <summary>
    /// A retentive suspend may end for any event of the platform: it does so at once, and the caller's WFI does the waiting. A non-retentive one resumes at once, too,
    /// from the hart's reset state.
    /// </summary>
    private SbiResult Suspend(in SbiCall call)
    {
        switch ((uint)call.Words[0])
        {
            case RetentiveSuspend:
                return SbiResult.Success();
            case NonRetentiveSuspend when !machine.Ram.Contains(call.Words[1], 2):
                return SbiResult.Fail(SbiError.InvalidAddress);
            case NonRetentiveSuspend:
                call.Hart.Stop();
                call.Hart.Reset();
                call.Hart.Start(call.Words[1], call.Words[2]);
                return SbiResult.Silent;
            case (>= 0x10000000 and < 0x80000000) or >= 0x90000000:
                return SbiResult.Fail(SbiError.NotSupported);
            default:
                return SbiResult.Fail(SbiError.InvalidParameter);
        }
    }

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
            if ((ulong)hart.Id >= maskBase && ((mask >> (int)((ulong)hart.Id - maskBase)) & 1) != 0 && hart.Status == HartStatus.Started)
            {
                action(hart);
            }
        }

        return SbiResult.Success();
    }
}

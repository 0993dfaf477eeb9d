namespace ObjectOS.Services.Vmm;

/// <summary>
/// The supervisor binary interface v2.0 for kernels that run without firmware: base, timer, IPI, remote fences, hart state, system reset and suspend, debug console,
/// performance monitoring, and the legacy calls.
/// </summary>
internal sealed class SbiCalls(VirtualMachine machine)
{
    private const ulong Version = 2UL << 24;

    /// <summary>No number of the specification's list.</summary>
    private const ulong Implementation = 0x4f424a;

    private readonly SbiHarts _harts = new(machine);

    public SbiConsole Console { get; } = new(machine);

    public SbiSuspend Suspended => _harts.Suspended;

    public SbiResult Call(in SbiCall call) => call.Extension switch
    {
        <= SbiExtension.LegacyShutdown => Legacy(call),
        SbiExtension.Base => Base(call),
        SbiExtension.Time => call.Function == 0 ? SetTimer(call) : SbiResult.Fail(SbiError.NotSupported),
        SbiExtension.Ipi => call.Function == 0 ? _harts.SendIpi(call) : SbiResult.Fail(SbiError.NotSupported),
        SbiExtension.RemoteFence => call.Function <= 2 ? _harts.Fence(call) : SbiResult.Fail(SbiError.NotSupported),
        SbiExtension.HartState => _harts.ManageState(call),
        SbiExtension.SystemReset => call.Function == 0 ? SystemReset((uint)call.Words[0], (uint)call.Words[1]) : SbiResult.Fail(SbiError.NotSupported),
        SbiExtension.DebugConsole => Console.Debug(call),
        SbiExtension.Pmu => SbiPmu.Call(call),
        SbiExtension.SystemSuspend => call.Function == 0 ? Suspended.SuspendSystem(call) : SbiResult.Fail(SbiError.NotSupported),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    private static SbiResult Base(in SbiCall call) => call.Function switch
    {
        0 => SbiResult.Success(Version),
        1 => SbiResult.Success(Implementation),
        2 => SbiResult.Success(1),
        3 => SbiResult.Success(SbiExtension.IsThere(call.Words[0]) ? 1UL : 0),
        4 or 5 or 6 => SbiResult.Success(),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    private static SbiResult SetTimer(in SbiCall call)
    {
        call.Hart.Counters.Add(FirmwareEvent.SetTimer);
        call.Hart.SetTimer(call.Words[0]);
        return SbiResult.Success();
    }

    /// <summary>Table "SRST System Reset Errors": reserved types and reasons, and those of platforms, which are none of this one's, are invalid parameters.</summary>
    private SbiResult SystemReset(uint type, uint reason)
    {
        if (reason > 1)
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        switch (type)
        {
            case 0 when reason == 0:
                machine.End(MachineEnd.PowerOff, 0);
                return SbiResult.Silent;
            case 0:
                machine.End(MachineEnd.GuestFailure, 1);
                return SbiResult.Silent;
            case 1 or 2:
                machine.Reset();
                return SbiResult.Silent;
            default:
                return SbiResult.Fail(SbiError.InvalidParameter);
        }
    }

    private SbiResult Legacy(in SbiCall call)
    {
        switch (call.Extension)
        {
            case SbiExtension.LegacySetTimer:
                SetTimer(call);
                return SbiResult.Legacy();
            case SbiExtension.LegacyPutCharacter:
                return Console.PutCharacter(call, isLegacy: true);
            case SbiExtension.LegacyGetCharacter:
                return Console.GetCharacter();
            case SbiExtension.LegacyClearIpi:
                return SbiHarts.ClearIpi(call.Hart);
            case SbiExtension.LegacyShutdown:
                machine.End(MachineEnd.PowerOff, 0);
                return SbiResult.Silent;
            default:
                return _harts.LegacyCall(call);
        }
    }
}

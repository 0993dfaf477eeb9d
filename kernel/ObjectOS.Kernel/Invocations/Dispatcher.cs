using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// From a row to its code. Each handler decodes first (all checks, everything that can fail or be suspended), then commits, which
/// cannot fail. A handler that returns Suspended has changed nothing, and nothing is charged.
/// </summary>
internal static class Dispatcher
{
    public static KernelStatus Invoke(ref Invocation call)
    {
        var status = Run(ref call);
        if (status != KernelStatus.Suspended)
        {
            call.Kernel.CountInvocation();
            call.Kernel.Charge((ulong)call.Row.Cost + call.ExtraCost + call.Caller.CostOfDepth);
        }

        return status;
    }

    private static KernelStatus Run(ref Invocation call) => call.Row.Number switch
    {
        Call.CapabilityIdentify => CapabilityCalls.Identify(ref call),
        Call.CapabilityCopy => CapabilityCalls.Copy(ref call),
        Call.CapabilityDelete => CapabilityCalls.Delete(ref call),
        Call.CapabilityRevoke => CapabilityCalls.Revoke(ref call),
        Call.CapabilityGrant => CapabilityCalls.Grant(ref call),
        Call.CellCreate => CellCalls.Create(ref call),
        Call.CellDestroy => CellCalls.Destroy(ref call),
        Call.CellStatus => CellCalls.Status(ref call),
        Call.CellSetLimits => CellCalls.SetLimits(ref call),
        Call.CellSetSystemCallEndpoint => CellCalls.SetSystemCallEndpoint(ref call),
        Call.CellSetFaultEndpoint => CellCalls.SetFaultEndpoint(ref call),
        Call.CellPause => CellCalls.Pause(ref call),
        Call.CellResume => CellCalls.Resume(ref call),
        Call.CellSetBudget => CellCalls.SetBudget(ref call),
        Call.ThreadCreate => ThreadCalls.Create(ref call),
        Call.ThreadResume => ThreadCalls.Resume(ref call),
        Call.ThreadSuspend => ThreadCalls.Suspend(ref call),
        Call.ThreadReadState => ThreadCalls.ReadState(ref call),
        Call.ThreadWriteState => ThreadCalls.WriteState(ref call),
        Call.ThreadDestroy => ThreadCalls.Destroy(ref call),
        Call.ThreadSetScheduling => ThreadCalls.SetScheduling(ref call),
        Call.ThreadYield => ThreadCalls.Yield(ref call),
        Call.ThreadExit => ThreadCalls.Exit(ref call),
        Call.ThreadNote => ThreadCalls.Note(ref call),
        Call.ClockNow => ThreadCalls.Now(ref call),
        Call.HartCreate => HartCalls.Create(ref call),
        Call.HartSetLines => HartCalls.SetLines(ref call),
        Call.HartSetTimer => HartCalls.SetTimer(ref call),
        Call.HartSetTimeOffset => HartCalls.SetTimeOffset(ref call),
        Call.HartSetCounter => HartCalls.SetCounter(ref call),
        Call.HartReset => HartCalls.Reset(ref call),
        Call.HartReadState => HartCalls.ReadState(ref call),
        Call.EndpointCreate => EndpointCalls.Create(ref call),
        Call.EndpointCall => EndpointCalls.Send(ref call, wantsReply: true),
        Call.EndpointSend => EndpointCalls.Send(ref call, wantsReply: false),
        Call.EndpointReceive => EndpointCalls.Receive(ref call),
        Call.EndpointReplyReceive => EndpointCalls.ReplyReceive(ref call),
        Call.EndpointBind => EndpointCalls.Bind(ref call),
        Call.ReplySend => ReplyCalls.Send(ref call),
        Call.ReplyCopyIn => ReplyCalls.CopyIn(ref call),
        Call.ReplyCopyOut => ReplyCalls.CopyOut(ref call),
        Call.NotificationCreate => NotificationCalls.Create(ref call),
        Call.NotificationSignal => NotificationCalls.Signal(ref call),
        Call.NotificationWait => NotificationCalls.Wait(ref call),
        Call.NotificationPoll => NotificationCalls.Poll(ref call),
        Call.MemoryCreate => MemoryCalls.Create(ref call),
        Call.MemoryClone => MemoryCalls.Clone(ref call),
        Call.MemoryRead => MemoryCalls.Read(ref call),
        Call.MemoryWrite => MemoryCalls.Write(ref call),
        Call.MemoryStatus => MemoryCalls.Status(ref call),
        Call.MemoryDiscard => MemoryCalls.Discard(ref call),
        Call.MemoryFind => MemoryCalls.Find(ref call),
        Call.SpaceAnswerRead => SpaceCalls.AnswerRead(ref call),
        Call.MemoryExtend => MemoryCalls.Extend(ref call),
        Call.SpaceCreate => SpaceCalls.Create(ref call),
        Call.SpaceMap => SpaceCalls.Map(ref call),
        Call.SpaceProtect => SpaceCalls.Protect(ref call),
        Call.SpaceUnmap => SpaceCalls.Unmap(ref call),
        Call.SpaceRead => SpaceCalls.Read(ref call),
        Call.SpaceCopyIn => SpaceCalls.CopyIn(ref call),
        Call.SpaceCopyOut => SpaceCalls.CopyOut(ref call),
        Call.SpacePrepare => SpaceCalls.Prepare(ref call),
        Call.SchedulingContextCreate => SchedulingCalls.CreateContext(ref call),
        Call.SchedulingContextConfigure => SchedulingCalls.ConfigureContext(ref call),
        Call.TimerCreate => SchedulingCalls.CreateTimer(ref call),
        Call.TimerSet => SchedulingCalls.SetTimer(ref call),
        Call.TimerCancel => SchedulingCalls.CancelTimer(ref call),
        Call.HostRequestPost => HostCalls.Post(ref call),
        Call.HostPortBind => HostCalls.Bind(ref call),
        Call.WorkCharge => SchedulingCalls.ChargeWork(ref call),
        Call.VCpuCreate => VCpuCalls.Create(ref call),
        Call.VCpuMap => VCpuCalls.Map(ref call),
        Call.VCpuUnmap => VCpuCalls.Unmap(ref call),
        Call.VCpuSetIntercepts => VCpuCalls.SetIntercepts(ref call),
        Call.VCpuInterceptCall => VCpuCalls.InterceptCall(ref call),
        Call.VCpuInterceptPages => VCpuCalls.InterceptPages(ref call),
        Call.VCpuSetEndpoint => VCpuCalls.SetEndpoint(ref call),
        Call.VCpuReadExit => VCpuCalls.ReadExit(ref call),
        Call.VCpuResume => VCpuCalls.Resume(ref call),
        Call.VCpuSetLimit => VCpuCalls.SetLimit(ref call),
        Call.VCpuStartHart => VCpuCalls.StartHart(ref call),
        Call.VCpuReadState => VCpuCalls.ReadState(ref call),
        Call.VCpuWriteState => VCpuCalls.WriteState(ref call),
        Call.VCpuStatus => VCpuCalls.Status(ref call),
        Call.VCpuReserve => VCpuCalls.Reserve(ref call),
        Call.VCpuInterceptRegister => VCpuCalls.InterceptRegister(ref call),
        _ => KernelStatus.UnknownInvocation,
    };
}

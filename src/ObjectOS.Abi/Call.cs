namespace ObjectOS.Abi;

/// <summary>The numbers of the invocations (a7 in machine code). <see cref="InvocationTable"/> says what each one takes and does.</summary>
public enum Call : ushort
{
#pragma warning disable CS1591 // The table documents every row.
    CapabilityIdentify = 1,
    CapabilityCopy = 2,
    CapabilityDelete = 3,
    CapabilityRevoke = 4,
    CapabilityGrant = 5,

    CellCreate = 16,
    CellDestroy = 17,
    CellStatus = 18,
    CellSetLimits = 19,
    CellSetSystemCallEndpoint = 20,
    CellSetFaultEndpoint = 21,
    CellPause = 22,
    CellResume = 23,
    CellSetBudget = 24,

    ThreadCreate = 32,
    ThreadResume = 33,
    ThreadSuspend = 34,
    ThreadReadState = 35,
    ThreadWriteState = 36,
    ThreadDestroy = 37,
    ThreadSetScheduling = 38,
    ThreadYield = 39,
    ThreadExit = 40,
    ClockNow = 41,
    HartCreate = 42,
    HartSetLines = 43,
    HartSetTimer = 44,
    HartReset = 45,
    HartReadState = 46,

    EndpointCreate = 48,
    EndpointCall = 49,
    EndpointSend = 50,
    EndpointReceive = 51,
    EndpointReplyReceive = 52,
    EndpointBind = 53,
    ReplySend = 54,
    ReplyCopyIn = 55,
    ReplyCopyOut = 56,

    NotificationCreate = 64,
    NotificationSignal = 65,
    NotificationWait = 66,
    NotificationPoll = 67,

    MemoryCreate = 72,
    MemoryClone = 73,
    MemoryRead = 74,
    MemoryWrite = 75,
    MemoryStatus = 76,
    MemoryDiscard = 77,

    SpaceCreate = 80,
    SpaceMap = 81,
    SpaceProtect = 82,
    SpaceUnmap = 83,
    SpaceCopyIn = 84,
    SpaceCopyOut = 85,
    SpacePrepare = 86,

    SchedulingContextCreate = 88,
    SchedulingContextConfigure = 89,

    TimerCreate = 92,
    TimerSet = 93,
    TimerCancel = 94,

    HostRequestPost = 96,
    HostPortBind = 97,

    VCpuCreate = 112,
    VCpuMap = 113,
    VCpuUnmap = 114,
    VCpuSetIntercepts = 115,
    VCpuInterceptCall = 116,
    VCpuInterceptPages = 117,
    VCpuSetEndpoint = 118,
    VCpuReadExit = 119,
    VCpuResume = 120,
    VCpuSetLimit = 121,
    VCpuStartHart = 122,
    VCpuReadState = 123,
    VCpuWriteState = 124,
    VCpuStatus = 125,
#pragma warning restore CS1591
}

using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>What became of a call.</summary>
internal enum CallOutcome : byte
{
    /// <summary>Its value goes into a0.</summary>
    Done,

    /// <summary>The thread waits; the call is run again when what it waits for has come.</summary>
    Parked,

    /// <summary>A bounded part is done: the call is run again in the thread's next turn, after others.</summary>
    Continued,

    /// <summary>Nothing was changed, an ancestor has to act first.</summary>
    Suspended,

    /// <summary>The thread's registers were set; it goes on with them.</summary>
    Resumed,

    /// <summary>The thread is gone or its fate is decided elsewhere.</summary>
    Gone,
}

/// <summary>The end of one run of a call.</summary>
internal readonly record struct CallResult(CallOutcome Outcome, long Value)
{
    public static CallResult Parked => new(CallOutcome.Parked, 0);

    public static CallResult Continued => new(CallOutcome.Continued, 0);

    public static CallResult Suspended => new(CallOutcome.Suspended, 0);

    public static CallResult Resumed => new(CallOutcome.Resumed, 0);

    public static CallResult Gone => new(CallOutcome.Gone, 0);

    public static implicit operator CallResult(long value) => new(CallOutcome.Done, value);

    public static implicit operator CallResult(Errno error) => new(CallOutcome.Done, -(long)error);

    /// <summary>What a status of the kernel means to a program.</summary>
    public static CallResult Of(KernelStatus status) => status switch
    {
        KernelStatus.Ok => 0L,
        KernelStatus.Suspended => Suspended,
        KernelStatus.InProgress => Continued,
        KernelStatus.NotMapped or KernelStatus.MissingRights => Errno.EFAULT,
        KernelStatus.InvalidArgument => Errno.EINVAL,
        _ => Errno.ENOMEM,
    };
}

using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Ends of an invocation that its caller does not see as a status.</summary>
internal static class Outcome
{
    /// <summary>The caller waits; its registers are written when the wait ends.</summary>
    public const KernelStatus Blocked = (KernelStatus)0x201;

    /// <summary>A bounded step is done and more are left: the call is made again from the same registers.</summary>
    public const KernelStatus Again = (KernelStatus)0x202;
}

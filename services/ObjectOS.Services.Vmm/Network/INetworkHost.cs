using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>What the switch of a kernel needs of the service that it belongs to.</summary>
public interface INetworkHost
{
    /// <summary>Guest time in nanoseconds.</summary>
    ulong Now { get; }

    /// <summary>Has <see cref="VirtualSwitch.OnDeadline"/> called at a guest time; null: not any more. One deadline at a time.</summary>
    void SetDeadline(ulong? nanoseconds);

    /// <summary>Asks the host for work; its end comes to <see cref="VirtualSwitch.OnCompletion"/>. 0: refused, the quota is used up.</summary>
    ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0 = 0, ulong argument1 = 0, ulong argument2 = 0, ulong argument3 = 0);
}

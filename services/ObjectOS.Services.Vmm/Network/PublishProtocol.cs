namespace ObjectOS.Services.Vmm;

/// <summary>What a published port carries. Each protocol has its own ports.</summary>
public enum PublishProtocol : byte
{
    /// <summary>Connections.</summary>
    Tcp,

    /// <summary>Datagrams.</summary>
    Udp,
}

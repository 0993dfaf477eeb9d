namespace ObjectOS.Services.Vmm;

/// <summary>A port of the host that leads to a port of a guest.</summary>
internal sealed class PublishedPort(SwitchPort port, in PortGrant grant)
{
    public SwitchPort Port => port;

    public PortGrant Grant { get; } = grant;

    /// <summary>The host's listener; 0: none yet.</summary>
    public ulong Listener { get; set; }

    /// <summary>The host's work under way, to listen or to accept; 0: none.</summary>
    public ulong Request { get; set; }

    /// <summary>Guest time before which the host is not asked again.</summary>
    public ulong NotBefore { get; set; }

    /// <summary>True where the host would not listen; it is not asked again.</summary>
    public bool HasFailed { get; set; }
}

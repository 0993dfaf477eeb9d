namespace ObjectOS.Services.Vmm;

/// <summary>A port of the host that leads to a port of a guest.</summary>
internal sealed class PublishedPort(SwitchPort port, ushort hostPort, ushort guestPort)
{
    public SwitchPort Port => port;

    public ushort HostPort => hostPort;

    public ushort GuestPort => guestPort;

    /// <summary>The host's listener; 0: none yet.</summary>
    public ulong Listener { get; set; }

    /// <summary>The host's work under way, to listen or to accept; 0: none.</summary>
    public ulong Request { get; set; }

    /// <summary>True where the host would not listen; it is not asked again.</summary>
    public bool HasFailed { get; set; }
}

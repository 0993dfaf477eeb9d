namespace ObjectOS.Services.Vmm;

/// <summary>A port of the host that leads to a port of a guest.</summary>
internal sealed class PublishedPort(SwitchPort port, in PortGrant grant)
{
    public SwitchPort Port => port;

    public PortGrant Grant { get; } = grant;

    public bool IsUdp => Grant.Protocol == PublishProtocol.Udp;

    /// <summary>The host's listener, or its socket for datagrams; 0: none yet.</summary>
    public ulong Listener { get; set; }

    /// <summary>The host's work under way: to listen or to accept; to open, or to receive a datagram. 0: none.</summary>
    public ulong Request { get; set; }

    /// <summary>Guest time before which the host is not asked again.</summary>
    public ulong NotBefore { get; set; }

    /// <summary>True where the host would not listen; it is not asked again.</summary>
    public bool HasFailed { get; set; }

    /// <summary>Who of the host sent datagrams; UDP only.</summary>
    public DatagramClients Clients { get; } = new();

    /// <summary>Datagrams that the host has not yet sent, by request; UDP only.</summary>
    public SortedSet<ulong> Sending { get; } = [];

    public void Save(BinaryWriter writer)
    {
        writer.Write(Listener);
        writer.Write(Request);
        writer.Write(NotBefore);
        writer.Write(HasFailed);
        Clients.Save(writer);
        writer.Write(Sending.Count);
        foreach (ulong request in Sending)
        {
            writer.Write(request);
        }
    }

    public void Restore(BinaryReader reader)
    {
        (Listener, Request, NotBefore, HasFailed) = (reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadBoolean());
        Clients.Restore(reader);
        Sending.Clear();
        for (int count = Saved.Count(reader, Gateway.MostSending); count > 0; count--)
        {
            Sending.Add(reader.ReadUInt64());
        }
    }
}

namespace ObjectOS.Services.Vmm;

/// <summary>A port of the host's loopback address that leads to a port of a machine.</summary>
/// <param name="Target">The host's number of the network grant, which names the host's port.</param>
/// <param name="HostPort">The host's port.</param>
/// <param name="GuestPort">The machine's port, at the address that it is leased.</param>
/// <param name="WaitMilliseconds">
/// How long the host waits at most before it says that nothing came; <see cref="ulong.MaxValue"/>: without a limit. A kernel whose completions are
/// deterministic stands still while one is awaited: there a small number is wanted, such as 1, and the host is asked again a little guest time later.
/// </param>
/// <param name="Protocol">What the ports are of.</param>
public readonly record struct PortGrant(
    ulong Target, ushort HostPort, ushort GuestPort, ulong WaitMilliseconds = ulong.MaxValue, PublishProtocol Protocol = PublishProtocol.Tcp)
{
    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(Target);
        writer.Write(HostPort);
        writer.Write(GuestPort);
        writer.Write(WaitMilliseconds);
        writer.Write((byte)Protocol);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">The protocol is not known.</exception>
    public static PortGrant Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        var grant = new PortGrant(reader.ReadUInt64(), reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadUInt64(), (PublishProtocol)reader.ReadByte());
        return grant.Protocol <= PublishProtocol.Udp ? grant
            : throw new InvalidDataException($"A published port has the protocol {(byte)grant.Protocol}; {(byte)PublishProtocol.Tcp} or {(byte)PublishProtocol.Udp} is wanted.");
    }
}

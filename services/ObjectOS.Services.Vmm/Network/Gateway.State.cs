namespace ObjectOS.Services.Vmm;

/// <content>
/// The state of published ports and of their connections. A gateway that is restored in the same process continues to use the host's sockets; another process
/// calls <see cref="LoseHost"/> after the restore.
/// </content>
public sealed partial class Gateway
{
    /// <summary>The host has none of the sockets that it had: connections are reset on both sides, and ports are published again.</summary>
    internal void LoseHost()
    {
        foreach (var connection in _connections)
        {
            connection.Abort();
        }

        foreach (var published in _published)
        {
            (published.Listener, published.Request, published.NotBefore, published.HasFailed) = (0, 0, 0, false);
            published.Sending.Clear();
        }

        Pump();
    }

    private void SaveConnections(BinaryWriter writer)
    {
        writer.Write(_opened);
        writer.Write(_clientsSeen);
        writer.Write(_published.Count);
        foreach (var published in _published)
        {
            writer.Write(published.Port.Index);
            published.Grant.Save(writer);
            published.Save(writer);
        }

        writer.Write(_connections.Count);
        foreach (var connection in _connections)
        {
            writer.Write(connection.Port.Index);
            connection.Grant.Save(writer);
            writer.Write(connection.HostConnection);
            writer.Write(connection.LocalPort);
            connection.Save(writer);
        }
    }

    private void RestoreConnections(BinaryReader reader)
    {
        _opened = reader.ReadUInt32();
        _clientsSeen = reader.ReadUInt32();
        _published.Clear();
        _connections.Clear();
        for (int count = Saved.Count(reader, MostPublished); count > 0; count--)
        {
            var published = new PublishedPort(PortAt(reader.ReadInt32()), PortGrant.Restore(reader));
            published.Restore(reader);
            _published.Add(published);
        }

        for (int count = Saved.Count(reader, 2 * MostConnections); count > 0; count--)
        {
            var connection = new TcpConnection(this, PortAt(reader.ReadInt32()), PortGrant.Restore(reader), reader.ReadUInt64(), reader.ReadUInt16(), 0);
            connection.Restore(reader);
            _connections.Add(connection);
        }
    }

    private SwitchPort PortAt(int index) => _network.Port(index) ?? throw new InvalidDataException($"A saved gateway publishes a port of machine {index}, which is not there.");
}

namespace ObjectOS.Services.Vmm;

/// <summary>The clients of a published UDP port, each with the gateway's port that stands for it. Where there are too many, the least recently used goes.</summary>
internal sealed class DatagramClients
{
    /// <summary>Most clients of a published port.</summary>
    public const int Most = 128;

    /// <summary>Least recently used first.</summary>
    private readonly List<(ulong Client, ushort LocalPort)> _clients = [];

    /// <summary>The port that stands for a client, which is used now; null: the client is not known.</summary>
    public ushort? PortOf(ulong client) => Use(_clients.FindIndex(c => c.Client == client))?.LocalPort;

    /// <summary>The client that a port stands for, which is used now; null: none.</summary>
    public ulong? ClientOf(ushort localPort) => Use(_clients.FindIndex(c => c.LocalPort == localPort))?.Client;

    /// <summary>True where a port stands for a client.</summary>
    public bool Has(ushort localPort) => _clients.Exists(c => c.LocalPort == localPort);

    /// <summary>Takes in a client that is not known.</summary>
    public void Add(ulong client, ushort localPort)
    {
        if (_clients.Count >= Most)
        {
            _clients.RemoveAt(0);
        }

        _clients.Add((client, localPort));
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_clients.Count);
        foreach (var (client, localPort) in _clients)
        {
            writer.Write(client);
            writer.Write(localPort);
        }
    }

    public void Restore(BinaryReader reader)
    {
        _clients.Clear();
        for (int count = Saved.Count(reader, Most); count > 0; count--)
        {
            _clients.Add((reader.ReadUInt64(), reader.ReadUInt16()));
        }
    }

    private (ulong Client, ushort LocalPort)? Use(int index)
    {
        if (index < 0)
        {
            return null;
        }

        var used = _clients[index];
        _clients.RemoveAt(index);
        _clients.Add(used);
        return used;
    }
}

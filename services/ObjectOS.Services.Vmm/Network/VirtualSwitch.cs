namespace ObjectOS.Services.Vmm;

/// <summary>
/// The switch of a kernel: the machines under it reach each other, and a <see cref="Gateway"/>. It learns which address is behind which port. A port's
/// own address is its own for ever, so that no guest takes another's frames by its name. It holds no guest memory and never suspends.
/// </summary>
public sealed class VirtualSwitch
{
    /// <summary>Most ports: so many addresses the gateway has for them.</summary>
    public const int MostPorts = 112;

    /// <summary>Bytes of the longest frame, without its check sequence.</summary>
    public const int MostInFrame = 1514;

    /// <summary>Bytes of the shortest frame taken: the two addresses and the type. Padding is not asked for.</summary>
    public const int LeastInFrame = 14;

    private const int MostLearned = 1024;
    private const uint SavedVersion = 1;

    private readonly SwitchPort?[] _ports = new SwitchPort?[MostPorts];
    private readonly SortedDictionary<ulong, int> _learned = [];

    /// <param name="host">What the service does for it.</param>
    public VirtualSwitch(INetworkHost host) => Gateway = new Gateway(this, host);

    /// <summary>The way out.</summary>
    public Gateway Gateway { get; }

    /// <summary>Frames that were too short, too long, or from a group.</summary>
    public ulong Malformed { get; private set; }

    /// <summary>Makes the port with the lowest number that is free; null: there are <see cref="MostPorts"/>.</summary>
    public SwitchPort? AddPort()
    {
        int index = Array.IndexOf(_ports, null);
        return index < 0 ? null : _ports[index] = new SwitchPort(index);
    }

    /// <summary>Takes a port away: its machine has ended. Connections to it are reset.</summary>
    public void RemovePort(SwitchPort port)
    {
        if (Port(port.Index) != port)
        {
            return;
        }

        _ports[port.Index] = null;
        foreach (ulong mac in _learned.Where(l => l.Value == port.Index).Select(l => l.Key).ToArray())
        {
            _learned.Remove(mac);
        }

        Gateway.Forget(port);
    }

    /// <summary>The port with a number; null: none.</summary>
    public SwitchPort? Port(int index) => index is >= 0 and < MostPorts ? _ports[index] : null;

    /// <summary>A machine sends a frame.</summary>
    public void Send(SwitchPort from, ReadOnlySpan<byte> frame)
    {
        if (frame.Length is < LeastInFrame or > MostInFrame || MacAddress.Read(frame[6..]).IsGroup)
        {
            Malformed++;
            return;
        }

        Learn(MacAddress.Read(frame[6..]), from);
        var to = MacAddress.Read(frame);
        if (to != Gateway.Mac)
        {
            Forward(from.Index, to, frame);
        }

        if (to == Gateway.Mac || to.IsGroup)
        {
            Gateway.Receive(from, frame);
        }
    }

    /// <summary>The gateway's deadline has come.</summary>
    public void OnDeadline() => Gateway.OnDeadline();

    /// <summary>A request of the gateway's has ended. False: it is none of its.</summary>
    public bool OnCompletion(ulong id, long result, ReadOnlySpan<byte> data) => Gateway.OnCompletion(id, result, data);

    /// <summary>Writes the state, that of its ports among it.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(Malformed);
        writer.Write(_learned.Count);
        foreach (var (mac, port) in _learned)
        {
            writer.Write(mac);
            writer.Write(port);
        }

        foreach (var port in _ports)
        {
            writer.Write(port is not null);
            port?.Save(writer);
        }

        Gateway.Save(writer);
    }

    /// <summary>Takes what <see cref="Save"/> wrote. Ports that are there already stay who they are; others are made.</summary>
    /// <exception cref="InvalidDataException">It is no state of a switch, or has not the ports that machines here use.</exception>
    public void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, "a switch");
        Malformed = reader.ReadUInt64();
        _learned.Clear();
        for (int count = Saved.Count(reader, MostLearned); count > 0; count--)
        {
            _learned[reader.ReadUInt64()] = reader.ReadInt32();
        }

        for (int i = 0; i < MostPorts; i++)
        {
            bool isThere = reader.ReadBoolean();
            if (!isThere && _ports[i] is { Listener: not null })
            {
                throw new InvalidDataException($"Port {i} of a saved switch is not there; a machine here uses it.");
            }

            _ports[i] = isThere ? _ports[i] ?? new SwitchPort(i) : null;
            _ports[i]?.Restore(reader);
        }

        Gateway.Restore(reader);
    }

    /// <summary>The host has none of the sockets that it had: connections are reset on both sides, and ports are published again.</summary>
    public void LoseHost() => Gateway.LoseHost();

    internal void SendFromGateway(MacAddress to, ReadOnlySpan<byte> frame) => Forward(-1, to, frame);

    private void Learn(MacAddress mac, SwitchPort from)
    {
        if (mac != Gateway.Mac && Owner(mac) is null && (_learned.Count < MostLearned || _learned.ContainsKey(mac.Value)))
        {
            _learned[mac.Value] = from.Index;
        }
    }

    private SwitchPort? Owner(MacAddress mac) => Array.Find(_ports, p => p is not null && p.Mac == mac);

    private void Forward(int from, MacAddress to, ReadOnlySpan<byte> frame)
    {
        var one = to.IsGroup ? null : Owner(to) ?? (_learned.TryGetValue(to.Value, out int index) ? _ports[index] : null);
        byte[] copy = frame.ToArray();
        foreach (var port in _ports)
        {
            // What nobody is known for goes to all.
            if (port is not null && port.Index != from && (one is null || one == port))
            {
                port.Deliver(copy);
            }
        }
    }
}

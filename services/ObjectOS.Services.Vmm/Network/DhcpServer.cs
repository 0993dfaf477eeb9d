using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Gives addresses (RFC 2131, options RFC 2132): to a port's own address always the same, 10.0.2.15 and its number; to other addresses, which
/// guests may choose, the next from 10.0.2.128 on. It names the router and no server of names, for there is none.
/// </summary>
internal sealed class DhcpServer
{
    public const ushort ServerPort = 67;
    public const ushort ClientPort = 68;

    private const int Fixed = 236;
    private const int Least = 300;
    private const uint Cookie = 0x6382_5363;
    private const int FirstForOthers = 128;
    private const int MostOthers = 126;
    private const uint LeaseSeconds = 86400;

    /// <summary>Most other addresses that one machine can have, so that none uses them up.</summary>
    private const int MostOfOne = 16;

    // By address; null: free.
    private readonly (MacAddress Card, int Port)?[] _others = new (MacAddress, int)?[MostOthers];

    private enum Kind : byte
    {
        Discover = 1,
        Offer = 2,
        Request = 3,
        Acknowledge = 5,
        Refuse = 6,
        Inform = 8,
    }

    /// <summary>The address of a machine's own card.</summary>
    public static uint AddressOf(SwitchPort port) => Gateway.Network + 15 + (uint)port.Index;

    /// <summary>Answers a message; null: there is nothing to answer. <paramref name="isBroadcast"/>: the client cannot take unicast yet.</summary>
    public byte[]? Answer(SwitchPort from, ReadOnlySpan<byte> message, out MacAddress client, out uint address, out bool isBroadcast)
    {
        (client, address, isBroadcast) = (default, 0, true);
        if (message.Length < Fixed + 4 || message[0] != 1 || message[1] != 1 || message[2] != MacAddress.Length
            || BinaryPrimitives.ReadUInt32BigEndian(message[Fixed..]) != Cookie)
        {
            return null;
        }

        var options = message[(Fixed + 4)..];
        client = MacAddress.Read(message[28..]);
        uint current = BinaryPrimitives.ReadUInt32BigEndian(message[12..]);
        isBroadcast = (message[10] & 0x80) != 0;
        bool isForUs = !TryFind(options, 54, 4, out var server) || BinaryPrimitives.ReadUInt32BigEndian(server) == Gateway.Address;
        if (!TryFind(options, 53, 1, out var kind) || !isForUs || Lease(from, client) is not { } lease)
        {
            return null;
        }

        address = lease;
        uint asked = TryFind(options, 50, 4, out var wanted) ? BinaryPrimitives.ReadUInt32BigEndian(wanted) : current;
        switch ((Kind)kind[0])
        {
            case Kind.Discover:
                return Make(message, Kind.Offer, lease);
            case Kind.Request when asked == lease:
                return Make(message, Kind.Acknowledge, lease);
            case Kind.Request:
                // RFC 2131, 4.3.2: a refusal is broadcast.
                isBroadcast = true;
                return Make(message, Kind.Refuse, 0);
            case Kind.Inform:
                address = current;
                return Make(message, Kind.Acknowledge, 0);
            default:
                return null;
        }
    }

    /// <summary>A machine has gone: what it was leased is free.</summary>
    public void Forget(SwitchPort port)
    {
        for (int i = 0; i < _others.Length; i++)
        {
            _others[i] = _others[i]?.Port == port.Index ? null : _others[i];
        }
    }

    public void Save(BinaryWriter writer)
    {
        foreach (var other in _others)
        {
            writer.Write(other?.Port ?? -1);
            writer.Write(other?.Card.Value ?? 0);
        }
    }

    public void Restore(BinaryReader reader)
    {
        for (int i = 0; i < _others.Length; i++)
        {
            int port = reader.ReadInt32();
            ulong card = reader.ReadUInt64();
            _others[i] = port < 0 ? null : (new MacAddress(card), port);
        }
    }

    private uint? Lease(SwitchPort from, MacAddress client)
    {
        if (client == from.Mac)
        {
            return AddressOf(from);
        }

        int index = Array.FindIndex(_others, other => other is { } leased && leased.Card == client);
        if (index < 0 && _others.Count(other => other?.Port == from.Index) < MostOfOne)
        {
            index = Array.IndexOf(_others, null);
        }

        if (index < 0)
        {
            return null;
        }

        _others[index] ??= (client, from.Index);
        return Gateway.Network + FirstForOthers + (uint)index;
    }

    private static byte[] Make(ReadOnlySpan<byte> asked, Kind kind, uint address)
    {
        var answer = new byte[Least];
        answer[0] = 2;
        answer[1] = 1;
        answer[2] = MacAddress.Length;
        asked[4..8].CopyTo(answer.AsSpan(4)); // xid
        asked[10..12].CopyTo(answer.AsSpan(10)); // flags
        if (kind == Kind.Acknowledge)
        {
            asked[12..16].CopyTo(answer.AsSpan(12)); // ciaddr
        }

        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(16), address); // yiaddr
        asked[28..44].CopyTo(answer.AsSpan(28)); // chaddr
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(Fixed), Cookie);
        int at = Fixed + 4;
        answer[at++] = 53;
        answer[at++] = 1;
        answer[at++] = (byte)kind;
        at = Put(answer, at, 54, Gateway.Address);
        if (kind != Kind.Refuse)
        {
            if (address != 0)
            {
                at = Put(answer, at, 51, LeaseSeconds);
            }

            at = Put(answer, at, 1, Gateway.Mask);
            at = Put(answer, at, 3, Gateway.Address);
        }

        answer[at] = 255;
        return answer;
    }

    private static int Put(byte[] answer, int at, byte option, uint value)
    {
        answer[at] = option;
        answer[at + 1] = 4;
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(at + 2), value);
        return at + 6;
    }

    private static bool TryFind(ReadOnlySpan<byte> options, byte option, int length, out ReadOnlySpan<byte> value)
    {
        value = default;
        while (!options.IsEmpty && options[0] != 255)
        {
            if (options[0] == 0)
            {
                options = options[1..];
                continue;
            }

            if (options.Length < 2 || options.Length < 2 + options[1])
            {
                return false;
            }

            if (options[0] == option && options[1] == length)
            {
                value = options.Slice(2, length);
                return true;
            }

            options = options[(2 + options[1])..];
        }

        return false;
    }
}

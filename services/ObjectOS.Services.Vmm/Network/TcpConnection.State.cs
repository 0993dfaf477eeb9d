namespace ObjectOS.Services.Vmm;

/// <content>The state as data.</content>
internal sealed partial class TcpConnection
{
    public void Save(BinaryWriter writer)
    {
        writer.Write((byte)State);
        writer.Write(Deadline ?? ulong.MaxValue);
        writer.Write(ReceiveRequest);
        writer.Write(NotBefore);
        writer.Write(SendRequest);
        writer.Write(SendLength);
        writer.Write((byte)((HostIsClosed ? 1 : 0) | (HostHasEnded ? 2 : 0) | (GuestHasEnded ? 4 : 0) | (HostWasTold ? 8 : 0) | (_hasSentEnd ? 16 : 0)));
        foreach (uint word in (uint[])[_expected, _oldest, _next, _recovered, _window])
        {
            writer.Write(word);
        }

        foreach (int word in (int[])[_segmentSize, _repeats, _duplicates])
        {
            writer.Write(word);
        }

        Saved.Write(writer, _toHost.Bytes);
        Saved.Write(writer, _toGuest.Bytes);
    }

    /// <exception cref="InvalidDataException">It is no state of a connection.</exception>
    public void Restore(BinaryReader reader)
    {
        State = (TcpState)reader.ReadByte() is var state && Enum.IsDefined(state) ? state : throw new InvalidDataException($"A saved connection has the state {(int)state}, which there is not.");
        Deadline = reader.ReadUInt64() is var deadline and not ulong.MaxValue ? deadline : null;
        ReceiveRequest = reader.ReadUInt64();
        NotBefore = reader.ReadUInt64();
        SendRequest = reader.ReadUInt64();
        SendLength = reader.ReadInt32();
        byte flags = reader.ReadByte();
        (HostIsClosed, HostHasEnded, GuestHasEnded, HostWasTold, _hasSentEnd) = ((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0, (flags & 16) != 0);
        (_expected, _oldest, _next, _recovered, _window) = (reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32(), reader.ReadUInt32());
        (_segmentSize, _repeats, _duplicates) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32());
        _toHost.Clear();
        _toHost.Add(Saved.Bytes(reader, MostHeld));
        _toGuest.Clear();
        _toGuest.Add(Saved.Bytes(reader, MostHeld));
    }
}

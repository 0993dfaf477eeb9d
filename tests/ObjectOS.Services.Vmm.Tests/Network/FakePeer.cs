using ObjectOS.Services.Vmm;

namespace ObjectOS.Tests.Vmm.Network;

/// <summary>
/// A guest that waits for one connection on port 80, sends what it is given and keeps what comes, by RFC 9293 at its plainest: one segment at a time.
/// The wire between it and the switch loses and reorders.
/// </summary>
internal sealed class FakePeer(VirtualSwitch network, SwitchPort port, Random random, int loss, byte[] toSend)
{
    private const ulong Timeout = 400_000_000;

    private readonly List<byte[]> _outgoing = [];
    private readonly List<byte[]> _incoming = [];
    private const uint First = 0xffff_ff00;
    private uint _expected;
    private int _acknowledged;
    private bool _endAcknowledged;
    private ulong _repeatAt;
    private int _remotePort;

    public List<byte> Received { get; } = [];

    public bool IsConnected { get; private set; }

    public bool RemoteHasEnded { get; private set; }

    public bool WasReset { get; private set; }

    public bool IsSilent { get; set; }

    public int Window { get; set; } = 64240;

    public int Segments { get; private set; }

    public bool IsDone => RemoteHasEnded && _endAcknowledged;

    public override string ToString() =>
        $"received {Received.Count}, acknowledged {_acknowledged} of {toSend.Length}, ends {RemoteHasEnded} {_endAcknowledged}, reset {WasReset}, {Segments} segments";

    /// <summary>Moves frames either way, losing some.</summary>
    public void Run(ulong now)
    {
        for (; port.Next is { } frame; port.Take())
        {
            Lose(_incoming, frame);
        }

        while (_incoming.Count > 0)
        {
            Receive(TakeSome(_incoming), now);
        }

        if (IsConnected && now >= _repeatAt && !_endAcknowledged && !WasReset)
        {
            SendNext(now);
        }

        while (_outgoing.Count > 0)
        {
            network.Send(port, TakeSome(_outgoing));
        }
    }

    public void Send(byte flags, uint sequence, byte[] data, byte[]? options = null) => Lose(_outgoing, Wire.Ip(
        Wire.GatewayMac, Wire.Mac(port.Index), 6, Wire.Address(port.Index), Wire.GatewayAddress,
        Wire.Tcp(Wire.Address(port.Index), Wire.GatewayAddress, 80, _remotePort, sequence, _expected, flags, Window, data, options)));

    public void Acknowledge() => Send(0x10, First + (uint)_acknowledged + (_endAcknowledged ? 1u : 0), []);

    private void Receive(byte[] frame, ulong now)
    {
        if (frame[12] != 8 || frame[13] != 0 || frame[23] != 6 || IsSilent)
        {
            return;
        }

        byte[] segment = frame[34..(14 + Wire.Read16(frame, 16))];
        Wire.Checksum(frame[14..34]).Should().Be(0);
        Wire.Checksum([.. frame[26..34], 0, 6, .. Wire.Big(segment.Length)], segment).Should().Be(0);
        Wire.Read16(segment, 2).Should().Be(80);
        Segments++;
        uint sequence = Wire.Read32(segment, 4);
        byte flags = segment[13];
        byte[] data = segment[((segment[12] >> 4) * 4)..];
        data.Length.Should().BeLessThanOrEqualTo(1000, "the largest segment that was asked for");
        if ((flags & 4) != 0)
        {
            WasReset = true;
        }
        else if ((flags & 2) != 0)
        {
            segment[20..24].Should().Equal([2, 4, 5, 180], "the gateway names its largest segment");
            _remotePort = Wire.Read16(segment, 0);
            _expected = sequence + 1;
            Send(0x12, First - 1, [], [2, 4, 3, 232]);
        }
        else
        {
            IsConnected = true;
            TakeAcknowledgment(Wire.Read32(segment, 8), now);
            TakeData(sequence, data, (flags & 1) != 0);
        }
    }

    private void TakeAcknowledgment(uint acknowledgment, ulong now)
    {
        int position = (int)(acknowledgment - First);
        if (position > _acknowledged)
        {
            _endAcknowledged = position > toSend.Length;
            _acknowledged = Math.Min(position, toSend.Length);
            _repeatAt = now;
        }
    }

    private void TakeData(uint sequence, byte[] data, bool ends)
    {
        if (sequence == _expected && !RemoteHasEnded)
        {
            Received.AddRange(data);
            _expected += (uint)data.Length + (ends ? 1u : 0);
            RemoteHasEnded |= ends;
        }

        if (data.Length > 0 || ends)
        {
            Acknowledge();
        }
    }

    private void SendNext(ulong now)
    {
        int length = Math.Min(1460, toSend.Length - _acknowledged);
        bool ends = _acknowledged + length == toSend.Length;
        Send((byte)(ends ? 0x11 : 0x10), First + (uint)_acknowledged, toSend[_acknowledged..(_acknowledged + length)]);
        _repeatAt = now + Timeout;
    }

    private void Lose(List<byte[]> wire, byte[] frame)
    {
        if (random.Next(100) >= loss)
        {
            wire.Add(frame);
        }
    }

    private byte[] TakeSome(List<byte[]> wire)
    {
        int index = loss == 0 ? 0 : random.Next(Math.Min(3, wire.Count));
        byte[] frame = wire[index];
        wire.RemoveAt(index);
        return frame;
    }
}

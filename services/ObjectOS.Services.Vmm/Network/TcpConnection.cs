using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A connection that the gateway has opened to a guest for one that came to the host: the sending, receiving and ending of RFC 9293, 3.10,
/// for the side that opens. Left out, as a wire without congestion allows: window scaling, selective acknowledgment, measured round trips, slow start.
/// Segments ahead of what is missing are not kept; the guest repeats them.
/// </summary>
internal sealed partial class TcpConnection
{
    /// <summary>Bytes that fit into a frame (RFC 9293, 3.7.1).</summary>
    public const ushort MostInSegment = 1460;

    /// <summary>Most bytes held for either side.</summary>
    public const int MostHeld = 65535;

    private const ulong TimeWaitTime = 1_000_000_000;

    private readonly Gateway _gateway;
    private readonly ByteStore _toHost = new();
    private uint _expected;

    public TcpConnection(Gateway gateway, SwitchPort port, in PortGrant grant, ulong hostConnection, ushort localPort, uint initialSequence)
    {
        (_gateway, Port, Grant, HostConnection, LocalPort) = (gateway, port, grant, hostConnection, localPort);
        _oldest = _next = _recovered = initialSequence;
    }

    public SwitchPort Port { get; }

    /// <summary>What it came by.</summary>
    public PortGrant Grant { get; }

    public ulong HostConnection { get; }

    public ushort LocalPort { get; }

    public ushort GuestPort => Grant.GuestPort;

    public TcpState State { get; private set; }

    /// <summary>When something is to be repeated or forgotten; null: never.</summary>
    public ulong? Deadline { get; private set; }

    /// <summary>The host's work under way; 0: none.</summary>
    public ulong ReceiveRequest { get; set; }

    /// <summary>Guest time before which the host is not asked for bytes.</summary>
    public ulong NotBefore { get; set; }

    /// <summary>True where the host is to be asked for bytes.</summary>
    public bool WantsBytes => ReceiveRequest == 0 && Room > 0;

    /// <summary>The host's work under way; 0: none.</summary>
    public ulong SendRequest { get; set; }

    /// <summary>Bytes that <see cref="SendRequest"/> sends.</summary>
    public int SendLength { get; set; }

    /// <summary>True once the host's connection was closed.</summary>
    public bool HostIsClosed { get; set; }

    /// <summary>True once the host's side sends no more.</summary>
    public bool HostHasEnded { get; private set; }

    /// <summary>True once the guest sends no more.</summary>
    public bool GuestHasEnded { get; private set; }

    /// <summary>True once the host was told so.</summary>
    public bool HostWasTold { get; set; }

    /// <summary>What the host has to take.</summary>
    public ReadOnlySpan<byte> ToHost => _toHost.Bytes;

    /// <summary>Bytes that may be asked of the host.</summary>
    public int Room => State == TcpState.Open && !HostHasEnded ? MostHeld - _toGuest.Count : 0;

    /// <summary>The number behind the last byte sent.</summary>
    public uint Next => _next;

    /// <summary>The number of the byte expected from the guest.</summary>
    public uint Expected => _expected;

    private uint ReceiveWindow => (uint)(MostHeld - _toHost.Count);

    /// <summary>Opens it.</summary>
    public void Open()
    {
        _next = _oldest + 1;
        Send(TcpFlags.Syn, _oldest, default);
        StartTimer();
    }

    /// <summary>Ends it at once, on both sides.</summary>
    public void Abort(bool tellGuest = true)
    {
        if (State == TcpState.Closed)
        {
            return;
        }

        if (tellGuest)
        {
            Send(State == TcpState.SynSent ? TcpFlags.Reset : TcpFlags.Reset | TcpFlags.Acknowledge, _next, default);
        }

        Close();
    }

    /// <summary>A segment of the guest's.</summary>
    public void Receive(in TcpSegment segment)
    {
        if (State == TcpState.SynSent)
        {
            ReceiveFirst(segment);
            return;
        }

        // RFC 9293, 3.10.7.4, in its order; RFC 5961 for what an attacker might have guessed.
        if (segment.Has(TcpFlags.Reset))
        {
            TakeReset(segment.Sequence - _expected);
        }
        else if (segment.Has(TcpFlags.Syn) || !segment.Has(TcpFlags.Acknowledge))
        {
            Acknowledge();
        }
        else if (TakeAcknowledgment(segment))
        {
            if (segment.Length > 0)
            {
                TakePayload(segment);
            }

            Push();
            Finish();
        }
    }

    /// <summary>Bytes have come from the host; none: its end.</summary>
    public void FromHost(ReadOnlySpan<byte> bytes)
    {
        HostHasEnded |= bytes.IsEmpty;
        _toGuest.Add(bytes);
        Push();
        Finish();
    }

    /// <summary>The host has taken bytes.</summary>
    public void HostTook(int count)
    {
        uint before = ReceiveWindow;
        _toHost.Take(count);

        // RFC 9293, 3.8.6.2.2: the guest is told of a window that was too small for a segment and is not any more.
        if (before < 2 * MostInSegment && ReceiveWindow >= 2 * MostInSegment)
        {
            Acknowledge();
        }

        Finish();
    }

    /// <summary>Goes to where it is over when both ways have ended, and the host has taken all.</summary>
    public void Finish()
    {
        if (State == TcpState.Open && _hasSentEnd && InFlight == 0 && GuestHasEnded && HostWasTold)
        {
            State = TcpState.TimeWait;
            Deadline = _gateway.Now + TimeWaitTime;
            HostIsClosed = true;
            _gateway.CloseHost(Grant, HostConnection, SocketCloseMode.Orderly);
        }
    }

    private void ReceiveFirst(in TcpSegment segment)
    {
        bool acknowledges = segment.Has(TcpFlags.Acknowledge) && segment.Acknowledgment == _next;
        if (segment.Has(TcpFlags.Reset))
        {
            if (acknowledges)
            {
                Close();
            }

            return;
        }

        if (!acknowledges || !segment.Has(TcpFlags.Syn))
        {
            if (segment.Has(TcpFlags.Acknowledge) && !acknowledges)
            {
                Send(TcpFlags.Reset, segment.Acknowledgment, default);
            }

            return;
        }

        _oldest = _next;
        _recovered = _next;
        _expected = segment.Sequence + 1;
        _window = segment.Window;
        _segmentSize = Math.Clamp((int)segment.MaximumSize, 64, MostInSegment);
        _repeats = 0;
        Deadline = null;
        State = TcpState.Open;
        Acknowledge();
    }

    private void TakeReset(uint ahead)
    {
        if (ahead == 0)
        {
            Close();
        }
        else if (ahead < ReceiveWindow)
        {
            Acknowledge();
        }
    }

    private void TakePayload(in TcpSegment segment)
    {
        uint behind = _expected - segment.Sequence;
        if (!GuestHasEnded && behind <= (uint)segment.Payload.Length)
        {
            var fresh = segment.Payload[(int)behind..];
            int taken = (int)Math.Min((uint)fresh.Length, ReceiveWindow);
            _toHost.Add(fresh[..taken]);
            _expected += (uint)taken;
            if (taken == fresh.Length && segment.Has(TcpFlags.Fin))
            {
                _expected++;
                GuestHasEnded = true;
            }
        }

        Acknowledge();
    }

    private void Acknowledge() => Send(TcpFlags.Acknowledge, _next, default);

    private void Send(TcpFlags flags, uint sequence, ReadOnlySpan<byte> payload) =>
        _gateway.SendSegment(this, flags, sequence, (flags & TcpFlags.Acknowledge) != 0 ? _expected : 0, (ushort)ReceiveWindow, payload);

    private void Close()
    {
        if (!HostIsClosed)
        {
            HostIsClosed = true;
            _gateway.CloseHost(Grant, HostConnection, SocketCloseMode.Reset);
        }

        State = TcpState.Closed;
        Deadline = null;
    }
}

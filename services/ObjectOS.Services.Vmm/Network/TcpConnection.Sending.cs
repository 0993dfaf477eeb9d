namespace ObjectOS.Services.Vmm;

/// <content>The way to the guest: what was sent and not acknowledged, the guest's window, and when something is sent again.</content>
internal sealed partial class TcpConnection
{
    private const ulong FirstTimeout = 500_000_000;
    private const ulong LongestTimeout = 16_000_000_000;

    /// <summary>So that more than three minutes pass before a connection is given up (RFC 9293, 3.8.3).</summary>
    private const int MostRepeats = 16;

    private readonly ByteStore _toGuest = new();
    private uint _oldest;
    private uint _next;
    private uint _recovered;
    private uint _window;
    private int _segmentSize = 536;
    private int _repeats;
    private int _duplicates;
    private bool _hasSentEnd;

    private uint InFlight => _next - _oldest;

    /// <summary>The timer has run out.</summary>
    public void OnDeadline()
    {
        Deadline = null;
        if (State == TcpState.TimeWait)
        {
            Close();
            return;
        }

        if (++_repeats > MostRepeats)
        {
            Abort();
            return;
        }

        _recovered = _next;
        Repeat();
        StartTimer();
    }

    /// <summary>False: it acknowledges what was not sent.</summary>
    private bool TakeAcknowledgment(in TcpSegment segment)
    {
        uint acknowledged = segment.Acknowledgment - _oldest;
        if (acknowledged > InFlight)
        {
            // Old: passed over. Ahead of what was sent: answered.
            bool isAhead = (int)acknowledged > 0;
            if (isAhead)
            {
                Acknowledge();
            }

            return !isAhead;
        }

        _repeats = 0;
        bool isDuplicate = acknowledged == 0 && InFlight > 0 && segment.Length == 0 && segment.Window == _window;
        _window = segment.Window;
        if (acknowledged > 0)
        {
            LetGo(acknowledged);
        }
        else if (isDuplicate && ++_duplicates == 3)
        {
            // RFC 5681, 3.2: three in a row mean that one is missing.
            _recovered = _next;
            Repeat();
        }

        return true;
    }

    /// <summary>The guest has so many more of the numbers sent.</summary>
    private void LetGo(uint acknowledged)
    {
        _duplicates = 0;
        bool coversEnd = _hasSentEnd && acknowledged == InFlight;
        _toGuest.Take((int)acknowledged - (coversEnd ? 1 : 0));
        _oldest += acknowledged;
        Deadline = null;
        if ((int)(_recovered - _oldest) > 0)
        {
            // RFC 6582, 3.2: what was lost with the first is repeated at once.
            Repeat();
        }

        StartTimer();
    }

    /// <summary>Sends what the guest's window takes, and the end behind the last byte.</summary>
    private void Push()
    {
        while (State == TcpState.Open && !_hasSentEnd)
        {
            int sent = (int)InFlight;
            int length = Math.Min(Math.Min(_toGuest.Count - sent, (int)_window - sent), _segmentSize);
            if (length > 0)
            {
                Send(TcpFlags.Push | TcpFlags.Acknowledge, _next, _toGuest.Bytes.Slice(sent, length));
                _next += (uint)length;
                continue;
            }

            if (HostHasEnded && sent == _toGuest.Count)
            {
                Send(TcpFlags.Fin | TcpFlags.Acknowledge, _next, default);
                _next++;
                _hasSentEnd = true;
            }

            break;
        }

        StartTimer();
    }

    /// <summary>Sends the oldest that is not acknowledged again; with a window of nothing one byte, to ask (RFC 9293, 3.8.6.1).</summary>
    private void Repeat()
    {
        if (State == TcpState.SynSent)
        {
            Send(TcpFlags.Syn, _oldest, default);
            return;
        }

        int length = Math.Min(_toGuest.Count, _window == 0 ? 1 : (int)Math.Min(_window, (uint)_segmentSize));
        if (length > 0)
        {
            Send(TcpFlags.Push | TcpFlags.Acknowledge, _oldest, _toGuest.Bytes[..length]);
            _next = (int)(_oldest + (uint)length - _next) > 0 ? _oldest + (uint)length : _next;
        }
        else if (_hasSentEnd && InFlight > 0)
        {
            Send(TcpFlags.Fin | TcpFlags.Acknowledge, _oldest, default);
        }
    }

    private void StartTimer()
    {
        bool waits = State == TcpState.SynSent || (State == TcpState.Open && (InFlight > 0 || _toGuest.Count > 0));
        if (waits)
        {
            Deadline ??= _gateway.Now + Math.Min(FirstTimeout << _repeats, LongestTimeout);
        }
        else if (State == TcpState.Open)
        {
            Deadline = null;
        }
    }
}

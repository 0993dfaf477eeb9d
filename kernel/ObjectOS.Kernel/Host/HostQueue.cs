using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// Requests to the host and their completions. A completion is delivered a fixed guest time after its request, in the order of requests, if the
/// host has answered by then. If it has not, a deterministic kernel waits; else the completion is late, and is delivered when it comes.
/// </summary>
internal sealed class HostQueue(bool deterministic, ulong latency)
{
    /// <summary>Most requests that may wait for their completion.</summary>
    public const int Capacity = 1 << 18;

    /// <summary>Requests in the outbox after which the slice ends, so that the holder takes them.</summary>
    private const int Crowd = 4096;

    private readonly Queue<HostRequest> _outbox = [];
    private readonly Queue<(ulong Id, ulong Due)> _order = [];
    private readonly Dictionary<ulong, HostPort> _ports = [];
    private readonly Dictionary<ulong, Completion> _arrived = [];
    private readonly Queue<Completion> _late = [];
    private ulong _lastInTime;
    private ulong _lastId;

    /// <summary>True if a request waits for its completion.</summary>
    public bool IsWaiting => _ports.Count > 0;

    /// <summary>
    /// True if no request may be added. A holder that takes the requests after each slice never meets the outbox's limit, because
    /// <see cref="IsCrowded"/> ends slices far below it: where slices end does not show.
    /// </summary>
    public bool IsFull => _ports.Count >= Capacity || _outbox.Count >= Capacity;

    /// <summary>True each time the outbox has filled by another crowd of requests: the slice should end.</summary>
    public bool IsCrowded => _outbox.Count > 0 && _outbox.Count % Crowd == 0;

    /// <summary>When the next completion is to be delivered; null where that is when it comes, or where none is awaited.</summary>
    public ulong? NextDue => _order.TryPeek(out var next) ? next.Due : null;

    public ulong Add(HostPort port, HostRequestKind kind, ReadOnlySpan<ulong> arguments, byte[] data, ulong now)
    {
        var request = new HostRequest(++_lastId, kind, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], data);
        _outbox.Enqueue(request);
        if (request.NeedsCompletion)
        {
            _ports.Add(request.Id, port);
            _order.Enqueue((request.Id, now + latency));
        }

        return request.Id;
    }

    public bool TryTake(out HostRequest request) => _outbox.TryDequeue(out request!);

    /// <summary>Takes a completion from the inbox; one that no request waits for is dropped.</summary>
    public void Arrive(Completion completion)
    {
        if (!_ports.ContainsKey(completion.RequestId))
        {
            return;
        }

        if (completion.RequestId > _lastInTime)
        {
            _arrived.TryAdd(completion.RequestId, completion);
        }
        else
        {
            _late.Enqueue(completion);
        }
    }

    /// <summary>Takes a completion whose time has come; <paramref name="completion"/> is null where the kernel has to wait for it.</summary>
    public bool TryTakeDue(ulong now, out HostPort port, out Completion? completion)
    {
        while (_late.TryDequeue(out completion))
        {
            if (_ports.Remove(completion.RequestId, out port!))
            {
                return true;
            }
        }

        while (_order.TryPeek(out var next) && next.Due <= now)
        {
            if (_arrived.Remove(next.Id, out completion))
            {
                PassOver(next.Id);
                return _ports.Remove(next.Id, out port!);
            }

            if (deterministic)
            {
                port = _ports[next.Id];
                return true;
            }

            PassOver(next.Id);
        }

        port = null!;
        completion = null;
        return false;
    }

    private void PassOver(ulong id)
    {
        _order.Dequeue();
        _lastInTime = id;
    }
}

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

    /// <summary>Guest nanoseconds after which a read is made again that had nothing to read.</summary>
    private const ulong RetryAfter = 1_000_000;

    private readonly Queue<HostRequest> _outbox = [];
    private readonly Queue<(ulong Id, ulong Due)> _order = [];

    /// <summary>Requests that are made again, and those whose completion is delayed.</summary>
    private readonly SortedSet<(ulong Due, ulong Id)> _again = [];
    private readonly Dictionary<ulong, (HostPort Port, HostRequest Request)> _ports = [];
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
    public ulong? NextDue => (_order.TryPeek(out var next), _again.Count > 0) switch
    {
        (true, true) => Math.Min(next.Due, _again.Min.Due),
        (true, false) => next.Due,
        (false, true) => _again.Min.Due,
        _ => null,
    };

    public ulong Add(HostPort port, HostRequestKind kind, ReadOnlySpan<ulong> arguments, byte[] data, ulong now)
    {
        var request = new HostRequest(++_lastId, kind, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], data);
        _outbox.Enqueue(request);
        if (request.NeedsCompletion)
        {
            _ports.Add(request.Id, (port, request));
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

        if (completion.RequestId > _lastInTime || _again.Any(request => request.Id == completion.RequestId))
        {
            _arrived.TryAdd(completion.RequestId, completion);
        }
        else
        {
            _late.Enqueue(completion);
        }
    }

    /// <summary>
    /// Takes a completion whose time has come; <paramref name="completion"/> is null where the kernel has to wait for it. A read that had nothing to read
    /// is made again after a fixed guest time, and its port hears nothing.
    /// </summary>
    public bool TryTakeDue(ulong now, out HostPort port, out Completion? completion)
    {
        while (TryTakeNext(now, out port, out completion, out var request))
        {
            if (completion is null || !IsNothingYet(request, completion))
            {
                if (completion is not null)
                {
                    _ports.Remove(request.Id);
                }

                return true;
            }

            _outbox.Enqueue(request);
            _again.Add((now + RetryAfter, request.Id));
        }

        return false;
    }

    private static bool IsNothingYet(HostRequest request, Completion completion) =>
        request.Kind == HostRequestKind.StreamRead && completion.Result == -(long)HostError.TryAgain;

    private bool TryTakeNext(ulong now, out HostPort port, out Completion? completion, out HostRequest request)
    {
        while (_late.TryDequeue(out completion))
        {
            if (completion.Delay > 0)
            {
                Postpone(completion, now);
            }
            else if (_ports.TryGetValue(completion.RequestId, out var asked))
            {
                (port, request) = asked;
                return true;
            }
        }

        while (NextDue is { } due && due <= now)
        {
            bool isAgain = _again.Count > 0 && _again.Min.Due == due;
            ulong id = isAgain ? _again.Min.Id : _order.Peek().Id;
            (port, request) = _ports[id];
            bool hasArrived = _arrived.Remove(id, out completion);
            if (hasArrived || !deterministic)
            {
                PassOver(isAgain, id);
            }

            if (completion is { Delay: > 0 })
            {
                Postpone(completion, due);
                continue;
            }

            if (hasArrived || deterministic)
            {
                return true;
            }
        }

        (port, completion, request) = (null!, null, null!);
        return false;
    }

    /// <summary>Has a completion come again after its delay.</summary>
    private void Postpone(Completion completion, ulong from)
    {
        _again.Add((from + completion.Delay, completion.RequestId));
        _arrived[completion.RequestId] = completion with { Delay = 0 };
    }

    private void PassOver(bool isAgain, ulong id)
    {
        if (isAgain)
        {
            _again.Remove(_again.Min);
        }
        else
        {
            _order.Dequeue();
            _lastInTime = id;
        }
    }
}

using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>
/// Requests to the host and their completions. In a deterministic kernel a completion is delivered a fixed guest time after its
/// request, in the order of requests, however long the host took; otherwise when it comes.
/// </summary>
internal sealed class HostQueue(bool deterministic, ulong latency)
{
    /// <summary>Most requests that may wait for their completion.</summary>
    public const int Capacity = 4096;

    private readonly Queue<HostRequest> _outbox = [];
    private readonly Queue<(ulong Id, ulong Due, HostPort Port)> _order = [];
    private readonly Dictionary<ulong, HostPort> _ports = [];
    private readonly Dictionary<ulong, Completion> _arrived = [];
    private readonly Queue<Completion> _arrivalOrder = [];
    private ulong _lastId;

    /// <summary>True where some request waits for its completion.</summary>
    public bool IsWaiting => _ports.Count > 0;

    public bool IsFull => _ports.Count >= Capacity || _outbox.Count >= Capacity;

    /// <summary>When the next completion is to be delivered; null where that is when it comes, or where none is awaited.</summary>
    public ulong? NextDue => deterministic && _order.TryPeek(out var next) ? next.Due : null;

    public ulong Add(HostPort port, HostRequestKind kind, ReadOnlySpan<ulong> arguments, byte[] data, ulong now)
    {
        var request = new HostRequest(++_lastId, kind, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], data);
        _outbox.Enqueue(request);
        if (request.NeedsCompletion)
        {
            _ports.Add(request.Id, port);
            if (deterministic)
            {
                _order.Enqueue((request.Id, now + latency, port));
            }
        }

        return request.Id;
    }

    public bool TryTake(out HostRequest request) => _outbox.TryDequeue(out request!);

    /// <summary>Takes note of a completion; one that nobody waits for is dropped.</summary>
    public void Arrive(Completion completion)
    {
        if (_ports.ContainsKey(completion.RequestId) && !_arrived.ContainsKey(completion.RequestId))
        {
            _arrived.Add(completion.RequestId, completion);
            if (!deterministic)
            {
                _arrivalOrder.Enqueue(completion);
            }
        }
    }

    /// <summary>Takes a completion whose time has come; <paramref name="completion"/> is null where the host has not posted it yet.</summary>
    public bool TryTakeDue(ulong now, out HostPort port, out Completion? completion)
    {
        port = null!;
        completion = null;
        if (deterministic)
        {
            if (!_order.TryPeek(out var next) || next.Due > now)
            {
                return false;
            }

            port = next.Port;
            if (_arrived.Remove(next.Id, out completion))
            {
                _order.Dequeue();
                _ports.Remove(next.Id);
            }

            return true;
        }

        if (!_arrivalOrder.TryDequeue(out completion))
        {
            return false;
        }

        _arrived.Remove(completion.RequestId);
        return _ports.Remove(completion.RequestId, out port!);
    }
}

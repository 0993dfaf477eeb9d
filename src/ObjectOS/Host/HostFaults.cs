using System.Collections.Concurrent;
using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>Refuses the requests to the host that are to fail, and delays the answers of those that are to be slow.</summary>
internal sealed class HostFaults(IReadOnlyList<InjectedFault> faults)
{
    private readonly Dictionary<ulong, (string Name, ulong Requests)> _targets = [];
    private readonly ConcurrentDictionary<ulong, ulong> _delays = [];
    private ulong _calls;

    /// <summary>How far each fault is.</summary>
    public IReadOnlyList<FaultProgress> Progress =>
        [.. faults.Select(fault => new FaultProgress(fault, fault.Call != 0 ? _calls : _targets.Values.Where(target => target.Name == fault.Target).Select(target => target.Requests).FirstOrDefault()))];

    /// <summary>Notes the name of a target of requests.</summary>
    public void Name(ulong target, string name)
    {
        if (faults.Any(fault => fault.Target == name))
        {
            _targets[target] = (name, 0);
        }
    }

    /// <summary>Notes the system calls of a program that has ended.</summary>
    public void NoteCalls(ulong calls) => _calls = Math.Max(_calls, calls);

    /// <summary>What the kernel is to be told in place of a completion; any thread.</summary>
    public Completion Delayed(Completion completion) =>
        !_delays.IsEmpty && _delays.TryRemove(completion.RequestId, out ulong delay) ? completion with { Delay = delay } : completion;

    /// <summary>True: the request fails with <paramref name="completion"/>.</summary>
    public bool TryFail(HostRequest request, out Completion completion)
    {
        completion = null!;
        if (!_targets.TryGetValue(request.Target, out var target) || !request.NeedsCompletion)
        {
            return false;
        }

        ulong ordinal = target.Requests + 1;
        _targets[request.Target] = (target.Name, ordinal);
        foreach (var fault in faults)
        {
            if (fault.Target != target.Name || (fault.AndLater ? ordinal < fault.Request : ordinal != fault.Request))
            {
                continue;
            }

            if (fault.Delay > 0)
            {
                _delays[request.Id] = fault.Delay;
            }
            else
            {
                completion = new Completion(request.Id, -fault.Error, default);
                return true;
            }
        }

        return false;
    }
}

using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>Refuses the requests to the host that are to fail.</summary>
internal sealed class HostFaults(IReadOnlyList<InjectedFault> faults)
{
    private readonly Dictionary<ulong, (string Name, ulong Requests)> _targets = [];

    /// <summary>Notes the name of a target of requests.</summary>
    public void Name(ulong target, string name)
    {
        if (faults.Any(fault => fault.Target == name))
        {
            _targets[target] = (name, 0);
        }
    }

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
            if (fault.Target == target.Name && (fault.AndLater ? ordinal >= fault.Request : ordinal == fault.Request))
            {
                completion = new Completion(request.Id, -fault.Error, default);
                return true;
            }
        }

        return false;
    }
}

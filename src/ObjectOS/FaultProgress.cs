namespace ObjectOS;

/// <summary>How far the guests of an OS object have come towards an injected fault.</summary>
/// <param name="Fault">The fault.</param>
/// <param name="Seen">Requests to its target so far; for a system call: the most calls that a program has made that has ended.</param>
public readonly record struct FaultProgress(InjectedFault Fault, ulong Seen)
{
    /// <summary>True if the fault has happened.</summary>
    public bool IsReached => Seen >= (Fault.Call != 0 ? Fault.Call : Fault.Request);
}

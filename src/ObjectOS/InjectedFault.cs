using ObjectOS.Abi;

namespace ObjectOS;

/// <summary>A fault that an OS object makes happen at an exact place, to see what its guests do then. The same place in every run with the same input.</summary>
public sealed record InjectedFault
{
    private const ulong LongestDelay = 1_000_000_000_000_000;

    /// <summary>The system call of each program, counted from 1, that fails; 0: the fault is one of the host.</summary>
    public ulong Call { get; init; }

    /// <summary>The stream, directory, disk or network whose request fails, such as <c>1.disk1</c>, as events name their lanes; null: the fault is one of a call.</summary>
    public string? Target { get; init; }

    /// <summary>The first request that fails, counted from 1.</summary>
    public ulong Request { get; init; }

    /// <summary>True if all later requests fail, too.</summary>
    public bool AndLater { get; init; }

    /// <summary>The Linux error number; 0: the request is carried out, and its answer comes later.</summary>
    public int Error { get; init; }

    /// <summary>Guest nanoseconds by which the answer of a request comes later; 0: the request fails.</summary>
    public ulong Delay { get; init; }

    /// <summary>A system call of each program that is not carried out.</summary>
    /// <param name="ordinal">The call, counted from 1 over all threads of the program and its children.</param>
    /// <param name="error">The Linux error number, 1 to 4095; 5 is EIO.</param>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public static InjectedFault FailCall(ulong ordinal, int error = (int)HostError.InputOutput)
    {
        ArgumentOutOfRangeException.ThrowIfZero(ordinal);
        return new InjectedFault { Call = ordinal, Error = Checked(error) };
    }

    /// <summary>A request to the host that is not carried out.</summary>
    /// <param name="target">The stream, directory, disk or network, such as <c>1.disk1</c> or <c>1.stdout</c>.</param>
    /// <param name="ordinal">The request to it, counted from 1.</param>
    /// <param name="error">The Linux error number, 1 to 4095; 5 is EIO.</param>
    /// <param name="andLater">True: all later requests fail, too.</param>
    /// <exception cref="ArgumentException">The target is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public static InjectedFault FailRequest(string target, ulong ordinal, int error = (int)HostError.InputOutput, bool andLater = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentOutOfRangeException.ThrowIfZero(ordinal);
        return new InjectedFault { Target = target, Request = ordinal, Error = Checked(error), AndLater = andLater };
    }

    /// <summary>A request to the host whose answer comes later, as from a slow device.</summary>
    /// <param name="target">The stream, directory, disk or network, such as <c>1.disk1</c> or <c>1.stdout</c>.</param>
    /// <param name="ordinal">The request to it, counted from 1.</param>
    /// <param name="delay">Guest nanoseconds, 1 to 10^15.</param>
    /// <param name="andLater">True: the answers of all later requests are delayed, too.</param>
    /// <exception cref="ArgumentException">The target is empty.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An argument is out of its range.</exception>
    public static InjectedFault DelayRequest(string target, ulong ordinal, ulong delay, bool andLater = false)
    {
        ArgumentException.ThrowIfNullOrEmpty(target);
        ArgumentOutOfRangeException.ThrowIfZero(ordinal);
        ArgumentOutOfRangeException.ThrowIfZero(delay);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(delay, LongestDelay);
        return new InjectedFault { Target = target, Request = ordinal, Delay = delay, AndLater = andLater };
    }

    /// <summary>Says what is wrong with it; null if nothing is.</summary>
    public string? Problem() =>
        Delay > LongestDelay ? $"A fault delays by {Delay} ns; at most {LongestDelay} is wanted."
        : Delay > 0 && (Error != 0 || Target is null) ? "A fault delays a target's request or makes it fail; one of the two is wanted."
        : Delay == 0 && Error is (< 1 or > 4095) ? $"A fault has error number {Error}; 1 to 4095 is wanted."
        : (Call != 0) == (Target is not null) ? "A fault is either of a call or of a target's request; one of the two is wanted."
        : Target is not null && Request == 0 ? $"A fault of {Target} is at request 0; requests count from 1."
        : null;

    private static int Checked(int error)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(error, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(error, 4095);
        return error;
    }
}

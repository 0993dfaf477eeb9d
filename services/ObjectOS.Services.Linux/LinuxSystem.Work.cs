namespace ObjectOS.Services.Linux;

/// <content>
/// What this service's own computing costs. The kernel charges messages and invocations; what is computed between them is noted here, in virtual
/// instructions of about the same host time, and charged to the sender of the message when it ends. A message that has done as much as one may
/// stops: its call is continued in the thread's next turn (<see cref="CallResult.Continued"/>), where its budget, signals and other threads come first.
/// </content>
internal sealed partial class LinuxSystem
{
    /// <summary>Work after which a message stops: about a fifth of a millisecond of host time.</summary>
    private const int MostWork = 400_000;

    private int _spent;

    /// <summary>The job of the thread whose message is dealt with, which pays; null for messages that no thread has sent.</summary>
    private Job? _sender;

    /// <summary>Takes note of work that was done for the sender of this message.</summary>
    public void Spend(int work) => _spent = (int)Math.Min(int.MaxValue, (long)_spent + Math.Max(0, work));

    /// <summary>True once this message has done as much as one may.</summary>
    public bool IsSpent => _spent >= MostWork;

    /// <summary>Charges what was noted, at the end of a message that was not suspended.</summary>
    public void ChargeWork()
    {
        if (_spent > 0)
        {
            Invoker.Charge((ulong)_spent);
            _spent = 0;
        }
    }
}

namespace ObjectOS.Cpu;

/// <summary>What a run may use.</summary>
/// <param name="Instructions">Retire at most this many; the hart stops after exactly this many if nothing else stops it. 0 returns at once.</param>
/// <param name="Time">Guest time, in nanoseconds, before the first instruction; each retired instruction takes one nanosecond.</param>
/// <param name="Cycles">What the <c>cycle</c> CSR reads before the first instruction; each retired instruction takes one cycle.</param>
/// <param name="Intercepts">
/// What comes back instead of being done or taken by the hart itself: of the set its <see cref="InterceptSet.Causes"/>, <see cref="InterceptSet.Counters"/>,
/// <see cref="InterceptSet.Registers"/>, <see cref="InterceptSet.Waits"/> and <see cref="InterceptSet.Fences"/>. Null: nothing.
/// </param>
public readonly record struct RunLimits(ulong Instructions, ulong Time, ulong Cycles, InterceptSet? Intercepts = null)
{
    /// <summary>Loads of a supervisor- or machine-mode hart that are answered instead of ending the run. Null: none.</summary>
    public AnsweredReads? Answers { get; init; }
}

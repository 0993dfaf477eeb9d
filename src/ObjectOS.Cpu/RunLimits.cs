namespace ObjectOS.Cpu;

/// <summary>What a run may use.</summary>
/// <param name="Instructions">Retire at most this many; the hart stops after exactly this many if nothing else stops it. 0 returns at once.</param>
/// <param name="Time">Guest time, in nanoseconds, before the first instruction; each retired instruction takes one nanosecond.</param>
/// <param name="Cycles">What the <c>cycle</c> CSR reads before the first instruction; each retired instruction takes one cycle.</param>
/// <param name="TrapCounters">True: reading <c>cycle</c>, <c>time</c> or <c>instret</c> is an illegal instruction.</param>
/// <param name="Intercepts">Bit n: exceptions with cause n come back instead of being taken by a supervisor- or machine-mode hart itself.</param>
public readonly record struct RunLimits(ulong Instructions, ulong Time, ulong Cycles, bool TrapCounters = false, ulong Intercepts = 0);

using System.Runtime.CompilerServices;

namespace ObjectOS.Cpu;

/// <summary>A privilege mode, numbered as in mstatus.MPP (privileged specification, chapter "Introduction").</summary>
public enum PrivilegeMode : byte
{
    /// <summary>User.</summary>
    User = 0,

    /// <summary>Supervisor.</summary>
    Supervisor = 1,

    /// <summary>Machine.</summary>
    Machine = 3,
}

/// <summary>The address registers pmpaddr0–pmpaddr15, bits 55–2 of an address.</summary>
[InlineArray(16)]
public struct PmpAddresses
{
    private ulong _address;
}

/// <summary>Numbers of exceptions by cause, 0 to 7 (privileged specification, mcause).</summary>
[InlineArray(8)]
public struct ExceptionCounts
{
    private ulong _count;
}

/// <summary>
/// Privilege mode and CSRs of a supervisor- or machine-mode hart: plain data. A field that has a CSR's name holds what the CSR holds;
/// sstatus, sie and sip are views of mstatus, mie and mip. What a hart's holder drives stands apart from what software writes.
/// </summary>
public sealed class PrivilegedState
{
#pragma warning disable CS1591 // The specification's own names.
    public ulong Mhartid;
    public PrivilegeMode Privilege;
    public ulong Mstatus;
    public ulong Medeleg;
    public ulong Mideleg;
    public ulong Mie;
    public ulong Mtvec;
    public ulong Mscratch;
    public ulong Mepc;
    public ulong Mcause;
    public ulong Mtval;
    public ulong Mcounteren;
    public ulong Mcountinhibit;
    public ulong Menvcfg;
    public ulong Stvec;
    public ulong Sscratch;
    public ulong Sepc;
    public ulong Scause;
    public ulong Stval;
    public ulong Scounteren;
    public ulong Senvcfg;
    public ulong Satp;
    public ulong Pmpcfg0;
    public ulong Pmpcfg2;
    public PmpAddresses Pmpaddr;
#pragma warning restore CS1591

    /// <summary>The bits of mip that software has written: SSIP, STIP, SEIP.</summary>
    public ulong Mip;

    /// <summary>The interrupt lines that the holder drives, as bits of mip: MSIP, MTIP, SEIP, MEIP, STIP.</summary>
    public ulong Lines;

    /// <summary>stimecmp (Sstc); all ones after reset, so that nothing is pending.</summary>
    public ulong Stimecmp = ulong.MaxValue;

    /// <summary>
    /// The holder's timer: from when <c>time</c> reaches it MTIP is pending in a machine-mode hart, STIP in a supervisor-mode one. All ones: never.
    /// </summary>
    public ulong TimerCompare = ulong.MaxValue;

    /// <summary>Ticks that the hart's time is ahead of its CPU's, modulo 2^64: <c>time</c>, and what is compared with it, is the sum. The holder's, like the lines.</summary>
    public ulong TimeOffset;

    /// <summary>mcycle is this plus <see cref="HartContext.Retired"/>; while mcycle is inhibited, it is this.</summary>
    public ulong CycleBase;

    /// <summary>minstret is this plus <see cref="HartContext.Retired"/>; while minstret is inhibited, it is this.</summary>
    public ulong InstretBase;

    /// <summary>True: a reset brings menvcfg.ADUE up set.</summary>
    public bool UpdatesAccessedAtReset;

    /// <summary>The widest paging that satp can be set to: 39, 48 or 57.</summary>
    public ulong Paging = 48;

    /// <summary>Exceptions that the hart has taken since its reset.</summary>
    public ExceptionCounts Exceptions;

    /// <summary>Exceptions in a row at <see cref="FaultPc"/> without an instruction between; see <see cref="HartTraps.IsStuck"/>.</summary>
    public ulong FaultsInARow;

    /// <summary>Where the hart was when it took its last exception.</summary>
    public ulong FaultPc;

    /// <summary><see cref="HartContext.Retired"/> at that time.</summary>
    public ulong FaultRetired;

    /// <summary>What answered loads have cost, and no budget has covered yet: the next instruction comes after it. See <see cref="AnsweredRead.Cost"/>.</summary>
    public ulong Delay;

    /// <summary>Raised by the holder for a remote fence: what is cached of the hart's translations goes before its next run. Not state of the hart.</summary>
    public ulong FenceGeneration;

    /// <summary>A hart after reset (privileged specification, "Reset"); the holder sets pc.</summary>
    /// <param name="mode">Supervisor or machine.</param>
    /// <param name="hartId">Its mhartid.</param>
    /// <param name="paging">The widest paging: 39, 48 or 57.</param>
    /// <param name="updatesAccessed">True: it updates the A and D bits of page tables from the start (Svadu with ADUE set).</param>
    public static PrivilegedState AfterReset(HartMode mode, ulong hartId, int paging, bool updatesAccessed)
    {
        var state = new PrivilegedState
        {
            Mhartid = hartId,
            Privilege = PrivilegeMode.Machine,
            Mstatus = StatusBits.Xl64,
            Paging = (ulong)paging,
            UpdatesAccessedAtReset = updatesAccessed,
            Menvcfg = updatesAccessed ? EnvironmentBits.Adue : 0,
        };
        if (mode == HartMode.Supervisor)
        {
            // As its SBI would have set it up: all that a supervisor can handle goes to it.
            state.Privilege = PrivilegeMode.Supervisor;
            state.Medeleg = SupervisorExceptions;
            state.Mideleg = InterruptBits.Supervisor;
            state.Mcounteren = 7;
            state.Scounteren = 7;
            state.Menvcfg |= EnvironmentBits.Stce | EnvironmentBits.Pbmte | EnvironmentBits.Cbie | EnvironmentBits.Cbcfe | EnvironmentBits.Cbze;
        }

        return state;
    }

    /// <summary>What <c>time</c> reads at a time of the CPU, in ticks.</summary>
    public ulong TimeAt(ulong ticks) => unchecked(ticks + TimeOffset);

    /// <summary>
    /// What mip reads at a time of the CPU, in ticks. A supervisor-mode hart has no machine mode: an interrupt that is not delegated is never pending in it.
    /// </summary>
    public ulong Pending(HartMode mode, ulong ticks)
    {
        ulong time = TimeAt(ticks);
        ulong pending = Mip | Lines;
        if ((Menvcfg & EnvironmentBits.Stce) != 0)
        {
            // "Sstc": STIP is then nothing but the comparison.
            pending = (pending & ~InterruptBits.Stip) | (Lines & InterruptBits.Stip) | (time >= Stimecmp ? InterruptBits.Stip : 0);
        }

        if (mode == HartMode.Machine)
        {
            return time >= TimerCompare ? pending | InterruptBits.Mtip : pending;
        }

        return (time >= TimerCompare ? pending | InterruptBits.Stip : pending) & Mideleg;
    }

    /// <summary>The next time of the CPU, in ticks above this one, at which a timer interrupt becomes pending; all ones: none does by itself.</summary>
    public ulong NextTimer(ulong ticks)
    {
        ulong time = TimeAt(ticks);
        bool supervisor = (Menvcfg & EnvironmentBits.Stce) != 0 && Stimecmp > time;
        ulong next = supervisor ? Stimecmp : ulong.MaxValue;
        next = TimerCompare > time ? Math.Min(next, TimerCompare) : next;
        return next == ulong.MaxValue || next - time > ulong.MaxValue - ticks ? ulong.MaxValue : ticks + (next - time);
    }

    /// <summary>Bit n: exception n goes to the S-mode of a supervisor-mode hart: all but its own ecall.</summary>
    private const ulong SupervisorExceptions = 0xB1FF;

    /// <summary>The same state in an object of its own.</summary>
    public PrivilegedState Clone() => (PrivilegedState)MemberwiseClone();

    /// <summary>All of it as words, in a fixed order.</summary>
    public const int Words = 33 + 16 + 8 + 4;

    /// <summary>Writes <see cref="Words"/> words of 64 bits, little-endian.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<ulong> words = stackalloc ulong[Words];
        CopyTo(words);
        foreach (ulong word in words)
        {
            writer.Write(word);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        Span<ulong> words = stackalloc ulong[Words];
        for (int i = 0; i < Words; i++)
        {
            words[i] = reader.ReadUInt64();
        }

        CopyFrom(words);
    }

    /// <summary>Copies all fields, in the order in which they are declared, the lines and counters last but for the PMP addresses and the figures on exceptions.</summary>
    public void CopyTo(Span<ulong> words)
    {
        ReadOnlySpan<ulong> fixedWords =
        [
            Mhartid, (ulong)Privilege, Mstatus, Medeleg, Mideleg, Mie, Mtvec, Mscratch, Mepc, Mcause, Mtval, Mcounteren, Mcountinhibit, Menvcfg,
            Stvec, Sscratch, Sepc, Scause, Stval, Scounteren, Senvcfg, Satp, Pmpcfg0, Pmpcfg2, Mip, Lines, Stimecmp, TimerCompare, CycleBase, InstretBase,
            Paging, UpdatesAccessedAtReset ? 1UL : 0, TimeOffset,
        ];
        fixedWords.CopyTo(words);
        ((ReadOnlySpan<ulong>)Pmpaddr).CopyTo(words[fixedWords.Length..]);
        ((ReadOnlySpan<ulong>)Exceptions).CopyTo(words[49..]);
        (words[57], words[58], words[59], words[60]) = (FaultsInARow, FaultPc, FaultRetired, Delay);
    }

    /// <summary>Takes what <see cref="CopyTo"/> gave.</summary>
    public void CopyFrom(ReadOnlySpan<ulong> words)
    {
        (Mhartid, Privilege, Mstatus, Medeleg, Mideleg, Mie) = (words[0], (PrivilegeMode)words[1], words[2], words[3], words[4], words[5]);
        (Mtvec, Mscratch, Mepc, Mcause, Mtval) = (words[6], words[7], words[8], words[9], words[10]);
        (Mcounteren, Mcountinhibit, Menvcfg) = (words[11], words[12], words[13]);
        (Stvec, Sscratch, Sepc, Scause, Stval, Scounteren, Senvcfg, Satp) = (words[14], words[15], words[16], words[17], words[18], words[19], words[20], words[21]);
        (Pmpcfg0, Pmpcfg2, Mip, Lines) = (words[22], words[23], words[24], words[25]);
        (Stimecmp, TimerCompare, CycleBase, InstretBase) = (words[26], words[27], words[28], words[29]);
        (Paging, UpdatesAccessedAtReset, TimeOffset) = (words[30], words[31] != 0, words[32]);
        words.Slice(33, 16).CopyTo(Pmpaddr);
        words.Slice(49, 8).CopyTo(Exceptions);
        (FaultsInARow, FaultPc, FaultRetired, Delay) = (words[57], words[58], words[59], words[60]);
    }
}

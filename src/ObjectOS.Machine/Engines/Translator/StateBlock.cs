using ObjectOS.Cpu;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>The state that translated code works on: registers, and around them what <see cref="StateLayout"/> says.</summary>
internal sealed unsafe class StateBlock
{
    private readonly byte* _state;

    /// <param name="state">The address for rbp, aligned to 64 bytes. It stays good for as long as this is used.</param>
    public StateBlock(byte* state)
    {
        _state = state;
        *(uint*)(_state + StateLayout.HostControl) = FloatControl.Default;
        *(ulong*)(_state + StateLayout.CanonicalNan) = 0x7FF8000000000000;
        *(ulong*)(_state + StateLayout.CanonicalNanSingle) = 0xFFFFFFFF7FC00000;
    }

    /// <summary>The target of an <see cref="ExitKind.Indirect"/> exit.</summary>
    public ulong Target => *(ulong*)(_state + StateLayout.Target) & ~1UL;

    /// <summary>Takes over the hart's registers.</summary>
    public void Load(ReadOnlySpan<ulong> x, HartContext context)
    {
        x.CopyTo(new Span<ulong>(_state - StateLayout.Before, 32));
        ((ReadOnlySpan<ulong>)context.F).CopyTo(new Span<ulong>(_state + StateLayout.Floats, 32));
        *(uint*)(_state + StateLayout.GuestControl) = FloatControl.Of(context.Fcsr);
        *(ulong*)(_state + StateLayout.Reservation) = context.Reservation;
        *(ulong*)(_state + StateLayout.ReservedValue) = context.ReservedValue;
    }

    /// <summary>Gives the hart's registers back.</summary>
    public void Save(Span<ulong> x, HartContext context)
    {
        new ReadOnlySpan<ulong>(_state - StateLayout.Before, 32).CopyTo(x);
        new ReadOnlySpan<ulong>(_state + StateLayout.Floats, 32).CopyTo(context.F);
        context.Fcsr = (context.Fcsr & ~0x1Fu) | FloatControl.ToFlags(*(uint*)(_state + StateLayout.GuestControlAfter));
        context.Reservation = *(ulong*)(_state + StateLayout.Reservation);
        context.ReservedValue = *(ulong*)(_state + StateLayout.ReservedValue);
    }

    /// <summary>Of a hart: the key of the regime that the block belongs to, as far as it names page tables.</summary>
    public (ulong Virtual, ulong FirstStage, ulong Hgatp) Regime
    {
        get => (*(ulong*)(_state + StateLayout.Virtual), *(ulong*)(_state + StateLayout.FirstStage), *(ulong*)(_state + StateLayout.Hgatp));
        set => (*(ulong*)(_state + StateLayout.Virtual), *(ulong*)(_state + StateLayout.FirstStage), *(ulong*)(_state + StateLayout.Hgatp)) = value;
    }

    /// <summary>Where code of harts finds the pages that it may enter, and targets of indirect jumps.</summary>
    public void SetTables(nint pages, nint jumps)
    {
        *(nint*)(_state + StateLayout.PagesPointer) = pages;
        *(nint*)(_state + StateLayout.JumpsPointer) = jumps;
    }

    /// <summary>
    /// Runs translated code from an address until it exits; returns the exit's number. <paramref name="budget"/> holds the instructions
    /// that may still be executed; on return the charges of the blocks that were entered are subtracted.
    /// </summary>
    public int Run(nint enter, nint code, ref int budget)
    {
        *(int*)(_state + StateLayout.Budget) = budget;

        // Safety: the code was generated for such a state and exits with the host's stack and registers as they were.
        ((delegate* unmanaged<byte*, nint, void>)enter)(_state, code);
        budget = *(int*)(_state + StateLayout.Budget);
        *(uint*)(_state + StateLayout.GuestControl) = *(uint*)(_state + StateLayout.GuestControlAfter);
        return *(int*)(_state + StateLayout.ExitNumber);
    }
}

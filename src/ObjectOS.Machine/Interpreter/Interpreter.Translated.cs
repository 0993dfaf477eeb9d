using System.Diagnostics;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Isa;
using ExitKind = ObjectOS.Machine.Engines.Translator.ExitKind;

namespace ObjectOS.Machine.Interpreter;

/// <content>The way from the dispatch loop into translated code, and back.</content>
internal sealed partial class Interpreter
{
    private const int NeverHot = int.MaxValue;

    // Instructions between two looks at the interrupt flag: some microseconds, but for those that wait for the host's memory.
    private const int TranslatedChunkSize = 1 << 12;

    private readonly int _threshold = translators?.Threshold ?? NeverHot;
    private Translator? _translator;

    // What runs: the state, the code that its exits belong to, and the fetch epoch that the code was found valid in.
    private StateBlock _state = null!;
    private CodeStore _store = null!;
    private TranslatedSpace? _translated;
    private ulong _storeEpoch;

    /// <summary>Regions translated so far; for tests.</summary>
    public long TranslatedRegions => _translator?.Regions ?? 0;

    public void Dispose()
    {
        _translator?.Dispose();
        _translator = null;
    }

    /// <summary>
    /// Runs translated code from a block on. The result is the block that the dispatch loop executes next, in the page at <c>_page</c>;
    /// null: the run ends, and the trap is filled in.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private Block? RunTranslated(Block block)
    {
        if ((_translator ??= translators?.Create(isa, _space.Memory.CodeMeter)) is not { } translator)
        {
            block.Heat = NeverHot;
            return block;
        }

        if (!MayRunTranslated)
        {
            block.Heat = _threshold;
            return block;
        }

        block.Heat = 0;
        if (_chunk > TranslatedChunkSize)
            EndChunk(TranslatedChunkSize);
        ulong pc = _page + (ulong)block.Start;
        nint code = _hart is null ? EnterSpace(translator, pc) : EnterRegimes(translator, pc);
        if (code == 0)
            return block;
        Load();
        return RunTranslated(translator, code);
    }

    private nint EnterSpace(Translator translator, ulong pc)
    {
        TranslatedSpace space = translator.SpaceOf(_space);
        (_state, _store, _translated) = (space.State, space, space);
        _epoch = _storeEpoch = space.Epoch;
        return translator.Translate(space, pc);
    }

    // Translated code assumes that floats are rounded to nearest, reads and writes fflags itself, and knows
    // nothing of a debugger's stops.
    private bool MayRunTranslated => _stops is null && ((_context.Fcsr >> 5 & 7) == 0 || _hart is { HasFloats: false })
        && (_limits.Intercepts is not { } intercepts
            || !(intercepts.HasRegister(Fflags) || intercepts.HasRegister(Frm) || intercepts.HasRegister(Fcsr)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Block? RunTranslated(Translator translator, nint code)
    {
        while (true)
        {
            Exit exit = _store.ExitAt(_state.Run(translator.Enter, code, ref _chunk));
            _chunk += exit.Refund;
            if (exit.Kind == ExitKind.Indirect)
                exit.Pc = _state.Target;
            Block? next = null;
            bool goesOn = exit.Kind switch
            {
                ExitKind.Interpret => TryInterpret(translator, exit, ref code, ref next),
                ExitKind.Budget => TryRefill(exit, ref code, ref next),
                _ when _hart is null => TryContinue(translator, exit, ref code, ref next),
                _ => TryContinueHart(translator, exit, ref code, ref next),
            };
            if (!goesOn)
                return next;
        }
    }

    /// <summary>Executes the one instruction that translated code leaves for. False: the dispatch loop executes <paramref name="next"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private bool TryInterpret(Translator translator, in Exit exit, ref nint code, ref Block? next)
    {
        Save();
        _ahead = exit.Refund + exit.Ahead;
        if (_interrupted)
            EndChunk(_ahead);
        Outcome outcome = ExecuteOne(exit.Instruction, exit.Pc);
        _ahead = Block.Capacity;
        switch (outcome)
        {
            case Outcome.Trapped:
                _pc = exit.Pc;
                _trap.Instruction = exit.Instruction.Bits;
                return false;
            case Outcome.Left:
                _chunk--;
                return TryGoOn(translator, exit, ref code);
            case Outcome.Done when exit.Resume != 0 && _code.FetchEpoch == _storeEpoch && MayRunTranslated:
                // The rest of the block has been charged.
                _chunk -= exit.Refund;
                Load();
                code = exit.Resume;
                return true;
            default:
                _chunk--;
                next = FindNext(exit.Pc + (ulong)exit.Instruction.Length);
                return false;
        }
    }

    // Between two chunks nothing but the flag and a hart's timers is to be looked at: the dispatch loop does what has to be done.
    private bool TryRefill(in Exit exit, ref nint code, ref Block? next)
    {
        ulong total = _reserve + (uint)_chunk, available = total;
        if (_hart is { } hart)
            available = hart.PendingInterrupt(Ticks) >= 0 ? 0 : Math.Min(total, UntilTimer());
        if (_interrupted || available < (uint)exit.Charge)
        {
            Save();
            next = FindNext(exit.Pc);
            return false;
        }

        _chunk = (int)Math.Min(available, TranslatedChunkSize);
        _reserve = total - (uint)_chunk;
        code = exit.Resume;
        return true;
    }

    // Leaves of the chunk what has been charged or needs no check: the next check stops.
    private void EndChunk(int charged)
    {
        int rest = _chunk - charged;
        _reserve += (uint)rest;
        _chunk = charged;
    }

    /// <summary>
    /// Resumes at an address that translated code has no link for: in translated code if there is some, else in <paramref name="block"/>.
    /// </summary>
    private bool TryContinue(Translator translator, in Exit exit, ref nint code, ref Block? block)
    {
        TranslatedSpace space = _translated!;
        if (!space.Entries.TryGetValue(exit.Pc, out code))
        {
            Save();
            block = FindNext(exit.Pc);
            if (block is null || --block.Heat >= 0 || _code.FetchEpoch != space.Epoch)
                return false;
            block.Heat = 0;
            int generation = space.Generation;
            code = translator.Translate(space, exit.Pc);
            if (code == 0)
                return false;
            if (generation != space.Generation)
                return true;
        }

        if (exit.Kind == ExitKind.Link)
            CodeStore.Connect(exit, code);
        else
            space.RememberJump(exit.Pc, code);
        return true;
    }

    private void Load() => _state.Load(((ReadOnlySpan<ulong>)_x)[..32], _context);

    private void Save() => _state.Save(((Span<ulong>)_x)[..32], _context);

    private Block? FindNext(ulong pc)
    {
        if ((Recall(pc) ?? Find(pc)) is not { } block)
            return null;
        _page = pc & ~((ulong)Pages.Size - 1);
        return block;
    }

    private Outcome ExecuteOne(in DecodedInstruction d, ulong pc)
    {
        bool isFloat = d.Op is (>= Op.FmaddS and <= Op.FcvtSLu) or (>= Op.FmaddD and <= Op.FcvtDS);
        return isFloat && TryExecuteFloat(d) ? Outcome.Done : ExecuteRare(d, pc);
    }

    // What the dispatch loop executes itself but has no translation.
    private Outcome ExecuteBits(in DecodedInstruction d)
    {
        ulong a = _x[d.Rs1], b = _x[d.Rs2];
        _x[d.Rd] = d.Op switch
        {
            Op.OrcB => Bits.OrcB(a),
            Op.Clmul => Bits.Clmul(a, b),
            Op.Clmulh => Bits.Clmulh(a, b),
            Op.Clmulr => Bits.Clmulr(a, b),
            Op.Brev8 => Bits.Brev8(a),
            Op.Xperm4 => Bits.Xperm4(a, b),
            Op.Xperm8 => Bits.Xperm8(a, b),
            _ => throw new UnreachableException($"operation {d.Op}"),
        };
        return Outcome.Done;
    }
}

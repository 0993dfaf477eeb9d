using System.Diagnostics;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Isa;
using ExitKind = ObjectOS.Machine.Engines.Translator.ExitKind;

namespace ObjectOS.Machine.Interpreter;

/// <content>The way from the dispatch loop into translated code of user-mode harts, and back.</content>
internal sealed partial class Interpreter
{
    private const int NeverHot = int.MaxValue;

    // Instructions between two looks at the interrupt flag: some microseconds, but for those that wait for the host's memory.
    private const int TranslatedChunkSize = 1 << 12;

    private readonly int _threshold = translators?.Threshold ?? NeverHot;
    private Translator? _translator;

    /// <summary>Regions translated so far; for tests.</summary>
    public long TranslatedRegions => _translator?.Regions ?? 0;

    public void Dispose()
    {
        _translator?.Dispose();
        _translator = null;
    }

    /// <summary>
    /// Runs translated code from a block on. The result is the block that the dispatch loop executes next, in the page at <c>_page</c>; null: the
    /// run ends, and the trap is filled in.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
    private Block? RunTranslated(Block block)
    {
        if (_hart is not null || (_translator ??= translators?.Create(isa, _space.Memory.CodeMeter)) is not { } translator)
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
        TranslatedSpace space = translator.SpaceOf(_space);
        _epoch = space.Epoch;
        nint code = translator.Translate(space, _page + (ulong)block.Start);
        if (code == 0)
            return block;
        space.Load(((ReadOnlySpan<ulong>)_x)[..32], _context.F, _context.Fcsr);
        return RunTranslated(translator, space, code);
    }

    // Translated code assumes that floats are rounded to nearest, reads and writes fflags itself, and knows
    // nothing of a debugger's stops.
    private bool MayRunTranslated => _stops is null && (_context.Fcsr >> 5 & 7) == 0
        && (_limits.Intercepts is not { } intercepts
            || !(intercepts.HasRegister(Fflags) || intercepts.HasRegister(Frm) || intercepts.HasRegister(Fcsr)));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Block? RunTranslated(Translator translator, TranslatedSpace space, nint code)
    {
        while (true)
        {
            Exit exit = space.Run(translator.Enter, code, ref _chunk);
            _chunk += exit.Refund;
            switch (exit.Kind)
            {
                case ExitKind.Indirect:
                    exit.Pc = space.Target;
                    if (TryContinue(translator, space, exit, out code, out Block? target))
                        continue;
                    return target;
                case ExitKind.Link:
                    if (TryContinue(translator, space, exit, out code, out Block? linked))
                        continue;
                    return linked;
                case ExitKind.Budget:
                    if (TryRefill(exit.Charge))
                    {
                        code = exit.Resume;
                        continue;
                    }

                    Save(space);
                    return FindNext(exit.Pc);
                case ExitKind.Interpret:
                    Save(space);
                    if (_interrupted)
                        EndChunk(exit.Refund);
                    switch (ExecuteOne(exit.Instruction, exit.Pc))
                    {
                        case Outcome.Trapped:
                            _pc = exit.Pc;
                            _trap.Instruction = exit.Instruction.Bits;
                            return null;
                        case Outcome.Done when exit.Resume != 0 && _code.FetchEpoch == space.Epoch && MayRunTranslated:
                            // The rest of the block has been charged.
                            _chunk -= exit.Refund;
                            space.Load(((ReadOnlySpan<ulong>)_x)[..32], _context.F, _context.Fcsr);
                            code = exit.Resume;
                            continue;
                        default:
                            _chunk--;
                            return FindNext(exit.Pc + (ulong)exit.Instruction.Length);
                    }

                default:
                    throw new UnreachableException($"exit {exit.Kind}");
            }
        }
    }

    // Without a hart's timers nothing but the flag is to be looked at between two chunks.
    private bool TryRefill(int charge)
    {
        ulong total = _reserve + (uint)_chunk;
        if (_interrupted || total < (uint)charge)
            return false;
        _chunk = (int)Math.Min(total, TranslatedChunkSize);
        _reserve = total - (uint)_chunk;
        return true;
    }

    // Leaves of the chunk what has been charged: the next block that charges stops.
    private void EndChunk(int charged)
    {
        int rest = _chunk - charged;
        _reserve += (uint)rest;
        _chunk = charged;
    }

    /// <summary>Resumes at an address that translated code has no link for: in translated code if there is some, else in <paramref name="block"/>.</summary>
    private bool TryContinue(Translator translator, TranslatedSpace space, in Exit exit, out nint code, out Block? block)
    {
        block = null;
        if (!space.Entries.TryGetValue(exit.Pc, out code))
        {
            Save(space);
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
            TranslatedSpace.Connect(exit, code);
        else
            space.RememberJump(exit.Pc, code);
        return true;
    }

    private void Save(TranslatedSpace space) => space.Save(((Span<ulong>)_x)[..32], _context);

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

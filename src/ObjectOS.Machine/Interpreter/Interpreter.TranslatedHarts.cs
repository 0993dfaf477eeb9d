using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Harts;
using ExitKind = ObjectOS.Machine.Engines.Translator.ExitKind;

namespace ObjectOS.Machine.Interpreter;

/// <content>Where supervisor- and machine-mode harts enter translated code, and go on in it.</content>
internal sealed partial class Interpreter
{
    private FetchView _view = null!;

    private nint EnterRegimes(Translator translator, ulong pc)
    {
        _store = translator.Harts;
        _state = HartCode.RegimeOf((Regime)_space).State;
        UseView(translator);
        return FindOrTranslate(translator, pc);
    }

    // Of the regime that code is fetched through, as it is now.
    private void UseView(Translator translator)
    {
        bool hidesFloats = !_hart!.HasFloats;
        _view = translator.ViewOf((Regime)_code, hidesFloats);
        _storeEpoch = _view.Epoch;
        _state.SetTables(_view.Address, HartCode.AddressOf(translator.Harts.TableOf(hidesFloats)));
    }

    // At an address that the interpreter has fetched from in this epoch.
    private nint FindOrTranslate(Translator translator, ulong pc)
    {
        if (translator.PageOf(_view, _code, pc) is not { } page)
            return 0;
        nint known = Translator.Find(_view, page, pc);
        return known != 0 ? known : translator.Translate(_view, _code, page, pc);
    }

    /// <summary>
    /// The same as for an address space. A page that the regime has not executed in its epoch is fetched by the interpreter first.
    /// </summary>
    private bool TryContinueHart(Translator translator, in Exit exit, ref nint code, ref Block? block)
    {
        int generation = _store.Generation;
        code = FindInView(exit.Pc);
        if (code == 0)
        {
            Save();
            block = FindNext(exit.Pc);
            if (block is null || block.Heat > _threshold)
                return false;
            UseView(translator);
            if (translator.PageOf(_view, _code, exit.Pc) is not { } page)
                return false;
            if (page.IsCrossing(exit.Pc))
                translator.PageOf(_view, _code, page.Page + Abi.Pages.Size);
            code = Translator.Find(_view, page, exit.Pc);
            if (code == 0)
            {
                if (--block.Heat >= 0)
                    return false;
                block.Heat = 0;
                code = translator.Translate(_view, _code, page, exit.Pc);
                if (code == 0)
                    return false;
            }
        }

        if (generation == _store.Generation)
            Connect(translator, exit, code);
        return true;
    }

    /// <summary>
    /// Goes on after an instruction that may have changed regimes or interrupts: as <see cref="RunHart"/> does, if there is nothing that the
    /// hart has to take and the next instruction is translated.
    /// </summary>
    private bool TryGoOn(Translator translator, in Exit exit, ref nint code)
    {
        Hart hart = _hart!;
        if (_trap.Cause != GoOn || _interrupted || _reserve + (uint)_chunk == 0 || !MayRunTranslated || !TryPayDelay() || hart.PendingInterrupt(Ticks) >= 0)
            return false;
        ulong epoch = _storeEpoch;
        Regime data = hart.Data();
        Use(data, hart.Code(data));
        _state = HartCode.RegimeOf(data).State;
        UseView(translator);
        bool isNext = _pc == exit.Pc + (ulong)exit.Instruction.Length && _chunk >= exit.Refund - 1 + exit.Ahead;
        if (_storeEpoch == epoch && exit.Resume != 0 && isNext)
        {
            // The rest of the block has been charged.
            _chunk -= exit.Refund - 1;
            code = exit.Resume;
        }
        else
        {
            code = FindInView(_pc);
        }

        if (code == 0)
            return false;
        Load();
        return true;
    }

    private nint FindInView(ulong pc) =>
        _code.FetchEpoch == _view.Epoch && _view.Find(pc) is { } page ? Translator.Find(_view, page, pc) : 0;

    private void Connect(Translator translator, in Exit exit, nint code)
    {
        if (_view.Find(exit.Pc) is not { } page)
            return;
        if (exit.Kind == ExitKind.Link && page.Id == exit.PageId && !page.IsCrossing(exit.Pc))
            CodeStore.Connect(exit, code);
        else if (translator.CheckedEntry(page, exit.Pc, code) is not 0 and var entry)
            Connect(translator.Harts, exit, entry);
    }

    private void Connect(HartCode harts, in Exit exit, nint entry)
    {
        if (exit.Kind == ExitKind.Link)
            CodeStore.Connect(exit, entry);
        else
            harts.RememberJump(_view.HidesFloats, exit.Pc, entry);
    }
}

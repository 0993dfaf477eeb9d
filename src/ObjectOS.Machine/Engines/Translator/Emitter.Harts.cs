using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <content>How code of harts goes from page to page.</content>
/// <remarks>
/// Code that goes to a checked entry has the number of its own exit in eax: if the regime does not have the page there, the entry leaves
/// by that exit.
/// </remarks>
internal sealed unsafe partial class Emitter
{
    /// <summary>
    /// Emits an entry that checks for its page, and for the next one if the instruction there ends in it. 0: there is no room.
    /// </summary>
    public nint TryEmitCheckedEntry(CodeStore store, TranslatedPage page, TranslatedPage? next, ulong pc, nint entry, nint toExecuted)
    {
        CodeCursor cursor = store.Cursor;
        if (cursor.CodeEnd - cursor.Code < CodeMargin)
            return 0;
        _c = new X64Encoder { P = cursor.Code, ToExecuted = toExecuted };
        nint start = Here;
        _c.Load(Rcx, Rbp, StateLayout.PagesPointer);
        byte* miss = CheckPage(page), nextMiss = next is null ? null : CheckPage(next);
        _c.JumpTo((byte*)(entry - toExecuted));
        Patch(miss, _c.P);
        if (next is not null)
            Patch(nextMiss, _c.P);
        _c.MoveImmediate(Rcx, (long)pc);
        _c.Store(Rcx, Rbp, StateLayout.Target);
        _c.JumpTo(stubs.Leave);
        store.Cursor = new CodeCursor(_c.P, cursor.CodeEnd, cursor.Data, cursor.DataEnd);
        return start;
    }

    private byte* CheckPage(TranslatedPage page)
    {
        _c.ArithmeticMemoryImmediate(Cmp, Rcx, FetchView.OffsetOf(page.Page), page.Id, wide: false);
        return _c.JumpIf(NotEqual);
    }

    // rax: the address.
    private void LookUpTarget()
    {
        int exit = _store.AddExit(new Exit { Kind = ExitKind.Indirect });
        _c.Load(Rdx, Rbp, StateLayout.JumpsPointer);
        _c.Move32(Rcx, Rax);
        _c.ArithmeticImmediate(And, Rcx, (StateLayout.JumpEntries - 1) << 1, wide: false);
        _c.Memory(0x3B, Rax, Rdx, Rcx, 3, 0, wide: true);
        byte* miss = _c.JumpIf(NotEqual);
        _c.MoveImmediate(Rax, exit);
        _c.Memory(0xFF, 4, Rdx, Rcx, 3, 8, wide: false);
        _cold.Add(new Cold { Kind = ColdKind.Indirect, From = (nint)miss, Exit = exit });
    }

    // Through a slot, as other code; a place in the same page needs no check.
    private void LinkOfHart(ulong pc)
    {
        byte* slot = Reserve(sizeof(ulong));
        int exit = _store.AddExit(new Exit { Kind = ExitKind.Link, Pc = pc, Slot = (nint)slot, PageId = _target.PageId });
        _c.MoveImmediate(Rax, exit);
        _c.Data(0xFF, 4, slot, wide: false);
        *(nint*)slot = _target.Entries.TryGetValue(pc, out nint known) ? known : Here;
        _c.JumpTo(stubs.Leave);
    }
}

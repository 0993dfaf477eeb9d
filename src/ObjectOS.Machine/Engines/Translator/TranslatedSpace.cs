using System.Runtime.CompilerServices;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// The translated code of one address space and the state that it works on: registers, the space's TLB, the jump table. Nothing in the
/// state refers to a managed object; the pinned heap keeps its address.
/// </summary>
internal sealed unsafe class TranslatedSpace : CodeStore
{
    private readonly byte[] _block;
    private readonly JumpTable _jumps;

    public TranslatedSpace(Translation translation, CodeMeter meter)
    {
        Translation = translation;
        const int CacheLine = 64;
        _block = GC.AllocateArray<byte>(StateLayout.Before + StateLayout.End + CacheLine, pinned: true);
        ulong start = (ulong)Unsafe.AsPointer(ref _block[0]) + StateLayout.Before;
        byte* state = (byte*)((start + CacheLine - 1) & ~(ulong)(CacheLine - 1));
        State = new StateBlock(state);
        _jumps = new JumpTable(state + StateLayout.Jumps);
        translation.Tlb.MoveTo(_block, state + StateLayout.Tlb, StateLayout.TlbEntries, meter);
        _jumps.Clear();
    }

    /// <summary>The space; its TLB lives in this state.</summary>
    public Translation Translation { get; }

    public StateBlock State { get; }

    /// <summary>The fetch epoch for which the translations were compared with the space.</summary>
    public ulong Epoch { get; set; }

    /// <summary>When it was last entered, in entries of its translator.</summary>
    public long LastUse { get; set; }

    /// <summary>Translated code, executable, by the guest's address.</summary>
    public Dictionary<ulong, nint> Entries { get; } = [];

    /// <summary>The pages that were translated from, and what was there.</summary>
    public Dictionary<ulong, CodePage> Pages { get; } = [];

    /// <summary>Lets indirect jumps to an address go straight to its translation.</summary>
    public void RememberJump(ulong pc, nint code) => _jumps.Remember(pc, code);

    public override void Clear()
    {
        base.Clear();
        Entries.Clear();
        Pages.Clear();
        _jumps.Clear();
    }

    /// <summary>Gives the TLB storage of its own again; this state is not used any more.</summary>
    public void Release()
    {
        Clear();
        Translation.Tlb.MoveBack();
    }
}

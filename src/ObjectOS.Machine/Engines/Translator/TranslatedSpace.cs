using System.Runtime.CompilerServices;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>
/// The translated code of one address space and the state that it works on: registers, the space's TLB, the jump cache. Nothing in it
/// refers to a
/// managed object; the pinned heap keeps its address.
/// </summary>
internal sealed unsafe class TranslatedSpace
{
    private readonly byte[] _block;
    private readonly byte* _state;
    private Exit[] _exits = new Exit[256];

    public TranslatedSpace(Translation translation)
    {
        Translation = translation;
        const int CacheLine = 64;
        _block = GC.AllocateArray<byte>(StateLayout.Before + StateLayout.End + CacheLine, pinned: true);
        ulong start = (ulong)Unsafe.AsPointer(ref _block[0]) + StateLayout.Before;
        _state = (byte*)((start + CacheLine - 1) & ~(ulong)(CacheLine - 1));
        *(uint*)(_state + StateLayout.HostControl) = FloatControl.Default;
        *(ulong*)(_state + StateLayout.CanonicalNan) = 0x7FF8000000000000;
        *(ulong*)(_state + StateLayout.CanonicalNanSingle) = 0xFFFFFFFF7FC00000;
        translation.Tlb.MoveTo(_block, _state + StateLayout.Tlb, StateLayout.TlbEntries);
        ForgetJumps();
    }

    /// <summary>The space; its TLB lives in this state.</summary>
    public Translation Translation { get; }

    /// <summary>The fetch epoch for which the translations were compared with the space.</summary>
    public ulong Epoch { get; set; }

    /// <summary>Raised when all translations go: a place in them that was kept is good while it is the same.</summary>
    public int Generation { get; private set; }

    /// <summary>When it was last entered, in entries of its translator.</summary>
    public long LastUse { get; set; }

    /// <summary>Translated code, executable, by the guest's address.</summary>
    public Dictionary<ulong, nint> Entries { get; } = [];

    /// <summary>The pages that were translated from, and what was there.</summary>
    public Dictionary<ulong, CodePage> Pages { get; } = [];

    /// <summary>The chunks that the code is in; the last is being filled.</summary>
    public List<int> Chunks { get; } = [];

    /// <summary>Where the next code and data go, and where their chunk ends.</summary>
    public CodeCursor Cursor { get; set; }

    public int ExitCount { get; set; }

    /// <summary>The exits; a reference is good until the next is added.</summary>
    public ref Exit ExitAt(int index) => ref _exits[index];

    public int AddExit(in Exit exit)
    {
        if (ExitCount == _exits.Length)
            Array.Resize(ref _exits, _exits.Length * 2);
        _exits[ExitCount] = exit;
        return ExitCount++;
    }

    /// <summary>Takes over the hart's registers.</summary>
    public void Load(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> f, uint fcsr)
    {
        x.CopyTo(new Span<ulong>(_state - StateLayout.Before, 32));
        f.CopyTo(new Span<ulong>(_state + StateLayout.Floats, 32));
        *(uint*)(_state + StateLayout.GuestControl) = FloatControl.Of(fcsr);
    }

    /// <summary>Gives the hart's registers back.</summary>
    public void Save(Span<ulong> x, HartContext context)
    {
        new ReadOnlySpan<ulong>(_state - StateLayout.Before, 32).CopyTo(x);
        new ReadOnlySpan<ulong>(_state + StateLayout.Floats, 32).CopyTo(context.F);
        context.Fcsr = (context.Fcsr & ~0x1Fu) | FloatControl.ToFlags(*(uint*)(_state + StateLayout.GuestControlAfter));
    }

    /// <summary>
    /// Runs translated code from an address until it exits. <paramref name="budget"/> holds the instructions that may still be executed; on
    /// return the charges of the blocks that were entered are subtracted.
    /// </summary>
    public ref Exit Run(nint enter, nint code, ref int budget)
    {
        *(int*)(_state + StateLayout.Budget) = budget;

        // Safety: the code was generated for this state and exits with the host's stack and registers as they were.
        ((delegate* unmanaged<byte*, nint, void>)enter)(_state, code);
        budget = *(int*)(_state + StateLayout.Budget);
        *(uint*)(_state + StateLayout.GuestControl) = *(uint*)(_state + StateLayout.GuestControlAfter);
        return ref _exits[*(int*)(_state + StateLayout.ExitNumber)];
    }

    /// <summary>The target of an <see cref="ExitKind.Indirect"/> exit.</summary>
    public ulong Target => *(ulong*)(_state + StateLayout.Target) & ~1UL;

    /// <summary>Lets indirect jumps to an address go straight to its translation.</summary>
    public void RememberJump(ulong pc, nint code)
    {
        byte* entry = _state + StateLayout.Jumps + ((nint)(pc >> 1 & (StateLayout.JumpEntries - 1)) * StateLayout.JumpEntrySize);
        *(ulong*)entry = pc;
        *(nint*)(entry + 8) = code;
    }

    /// <summary>Lets a link go straight to a translation.</summary>
    public static void Connect(in Exit link, nint code) => *(nint*)link.Slot = code;

    /// <summary>Forgets all translations; their chunks are the caller's to give back.</summary>
    public void Clear()
    {
        Generation++;
        Entries.Clear();
        Pages.Clear();
        Chunks.Clear();
        Cursor = default;
        ExitCount = 0;
        ForgetJumps();
    }

    /// <summary>Gives the TLB storage of its own again; this state is not used any more.</summary>
    public void Release()
    {
        Clear();
        Translation.Tlb.MoveBack();
    }

    // Any value can be a target that is looked up, but not in every entry: each gets one that belongs to its neighbour.
    private void ForgetJumps()
    {
        byte* entry = _state + StateLayout.Jumps;
        for (int i = 0; i < StateLayout.JumpEntries; i++, entry += StateLayout.JumpEntrySize)
        {
            *(ulong*)entry = (ulong)(i ^ 1) << 1;
            *(nint*)(entry + 8) = 0;
        }
    }
}

/// <summary>Where the next code and data of a space go, in the views that are written, and where their room ends.</summary>
internal unsafe readonly struct CodeCursor(byte* code, byte* codeEnd, byte* data, byte* dataEnd)
{
    public readonly byte* Code = code;
    public readonly byte* CodeEnd = codeEnd;
    public readonly byte* Data = data;
    public readonly byte* DataEnd = dataEnd;
}

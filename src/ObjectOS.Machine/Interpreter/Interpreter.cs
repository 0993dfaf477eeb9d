using System.Diagnostics;
using System.Runtime.CompilerServices;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Interpreter;

/// <summary>Executes code from decoded blocks: precise, to the instruction. One per CPU, on one host thread at a time.</summary>
internal sealed partial class Interpreter(IsaConfiguration isa, uint timebaseHz, TranslatorSource? translators = null) : IDisposable
{
    // Instructions between two looks at the interrupt flag: some 10 microseconds, 40 of floats, but more of those that wait for the host's memory.
    private const int ChunkSize = 1 << 12;
    private const int JumpEntries = 1 << 10;

    private readonly JumpEntry[] _jumps = new JumpEntry[JumpEntries];
    private readonly Block _partial = new() { Code = new DecodedInstruction[Block.Capacity + 1], Links = [], Count = 0, Siblings = null };
    private readonly uint _nanosecondsPerTick = 1_000_000_000 / timebaseHz;

    private RegisterFile _x;
    private HartContext _context = new();

    // Loads and stores; fetches. One and the same but for harts.
    private Translation _space = null!;
    private Translation _code = null!;
    private SoftTlb _tlb = null!;
    private RunLimits _limits;
    private Trap _trap;

    // What is left of the budget, beside the block that runs, is _chunk and _reserve.
    private int _chunk;
    private ulong _reserve;
    private ulong _pc;

    // The virtual address of the page that runs; with _tlb a field, not a variable of the dispatch loop, which has better use for registers.
    private ulong _page;
    private ulong _epoch;
    private volatile bool _interrupted;

    /// <summary>Makes a run return soon. From any thread.</summary>
    public void Interrupt() => _interrupted = true;

    /// <summary>See <see cref="ICpu.Run"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Run(HartContext context, AddressSpace space, in RunLimits limits, out Trap trap)
    {
        _context = context;
        _limits = limits;
        _trap = default;
        _chunk = 0;
        _reserve = limits.Instructions;
        _pc = context.Pc;
        ((ReadOnlySpan<ulong>)context.X).CopyTo(_x);
        _x[0] = 0;
        _hart = null;
        _taken = 0;
        _delayed = 0;
        if (_stops is { } stops)
            EnterStops(stops);

        if (context.System is not null)
        {
            RunHart(space);
        }
        else
        {
            space.Enter();
            Use(space, space);
            RunFrom(_pc);
        }

        ulong x0 = context.X[0];
        ((ReadOnlySpan<ulong>)_x)[..32].CopyTo(context.X);
        context.X[0] = x0;
        context.Pc = _pc;
        _trap.Pc = _pc;
        _trap.Retired = limits.Instructions - _reserve - (uint)_chunk;
        _trap.Delayed = _delayed;
        context.Retired += _trap.Retired - _taken;
        trap = _trap;
        _trap.Account = null;
    }

    /// <summary>Runs from an instruction's address until something ends it.</summary>
    private void RunFrom(ulong pc)
    {
        if (_reserve + (uint)_chunk == 0)
        {
            EndOfBudget(pc);
        }
        else if ((pc & 1) != 0)
        {
            SetTrap(TrapCause.InstructionAddressMisaligned, pc, AccessKind.Fetch, 2);
        }
        else if ((Recall(pc) ?? Find(pc)) is { } block)
        {
            _page = pc & ~4095UL;
            Dispatch(block);
        }
    }

    private void Use(Translation data, Translation code)
    {
        _space = data;
        _tlb = data.Tlb;
        _code = code;
        _epoch = code.FetchEpoch;
        if (_stops is { HasWatches: true } stops)
            stops.DropFrom(_tlb);
    }

    private ulong RetiredInRun => _limits.Instructions - _reserve - (uint)_chunk;

    /// <summary>The block to go on with where a chunk does not reach to the end of <paramref name="block"/>; null: the run ends here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Block? Refill(Block block)
    {
        if (_interrupted)
        {
            _interrupted = false;
            _trap.Cause = TrapCause.Interrupted;
            _pc = _page + (ulong)block.Start;
            return null;
        }

        ulong total = _reserve + (uint)_chunk;
        if (total == 0)
        {
            EndOfBudget(_page + (ulong)block.Start);
            return null;
        }

        ulong next = ulong.MaxValue;
        if (_hart is { } hart)
        {
            if (hart.PendingInterrupt(Ticks) >= 0)
            {
                // Its timer: the hart takes it before it goes on.
                EndOfBudget(_page + (ulong)block.Start);
                _reserve = total;
                return null;
            }

            next = UntilTimer();
        }

        _chunk = (int)Math.Min(Math.Min(total, next), ChunkSize);
        _reserve = total - (uint)_chunk;
        return _chunk >= block.Count ? block : Cut(block, _chunk);
    }

    /// <summary>The first <paramref name="count"/> instructions of a block and a stop.</summary>
    private Block Cut(Block block, int count)
    {
        block.Code.AsSpan(0, count).CopyTo(_partial.Code);
        _partial.Code[count] = new DecodedInstruction { Op = BlockOps.Stop, Offset = block.Code[count].Offset };
        _partial.Links = block.Links;
        _partial.Count = count;
        _partial.Heat = NeverHot;
        return _partial;
    }

    private void EndOfBudget(ulong pc)
    {
        _chunk = 0;
        _trap.Cause = TrapCause.BudgetEnd;
        _pc = pc;
    }

    /// <summary>The block at a transfer's target in its own page, from now on linked; null if it is elsewhere or must not be linked.</summary>
    private static Block? TryLink(Block block, in DecodedInstruction d)
    {
        if (block.Siblings is not { } siblings || (uint)d.Imm >= Pages.Size)
            return null;
        return block.Links[d.Rs3] = siblings[d.Imm >> 1];
    }

    private Block? Recall(ulong pc)
    {
        ref readonly JumpEntry entry = ref _jumps[(int)(pc >> 1) & (JumpEntries - 1)];
        return entry.Pc == pc && entry.Epoch == _epoch ? entry.Block : null;
    }

    /// <summary>The block at an address; null: the fetch has trapped.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Block? Find(ulong pc)
    {
        Block? block = FindFetched(pc);

        // A page that has become code takes itself out of the caches of stores, when those are entered: a hart's loads and stores have one
        // of their own. The walk of a hart's page tables may itself have written to code.
        _space.Enter();
        if (_epoch != NoEpoch)
            _epoch = _code.FetchEpoch;
        return block;
    }

    /// <summary>The same, remembered for the epoch.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Block? FindFetched(ulong pc)
    {
        if (StopsBefore(pc))
            return null;
        if (_code.Memory.TryForgetCode())
        {
            _translator?.Clear();
            _code.Enter();
            _epoch = _code.FetchEpoch;
            Array.Clear(_jumps);
        }

        if (_code.Fetch(pc) is not { } page)
            return FetchFault(pc, pc);
        int offset = (int)(pc & (Pages.Size - 1));
        bool hidesFloats = _hart is { HasFloats: false };
        IsaConfiguration decoded = hidesFloats ? isa.WithoutFloats : isa;
        if (!_code.IsWholePage || _stops?.IsPage(pc) == true)
            return FindAlone(page, pc, decoded);
        Block?[] blocks = page.Blocks(hidesFloats);
        ref Block? slot = ref blocks[offset >> 1];
        Block? block = slot;
        if (block is null && (block = slot = BlockBuilder.Build(page, offset, decoded, blocks)) is not null)
        {
            block.Heat = _threshold;
            page.Count(block);
        }

        if (block is null)
        {
            if ((block = FindAcrossPages(page, pc, decoded)) is null)
                return null;
            block.Heat = _threshold;
            if (!_code.IsWholePage)
            {
                block.Heat = NeverHot;
                return block;
            }
        }

        _jumps[(int)(pc >> 1) & (JumpEntries - 1)] = new JumpEntry { Pc = pc, Epoch = _epoch, Block = block };
        return block;
    }

    /// <summary>The one instruction at an address whose second half is in the next page; null: the fetch of that has trapped.</summary>
    private Block? FindAcrossPages(CodePage page, ulong pc, in IsaConfiguration decoded)
    {
        const int LastHalfword = (int)Pages.Size - 2;
        uint low = (uint)(page.Bytes[LastHalfword] | page.Bytes[LastHalfword + 1] << 8);
        if (_code.Fetch(pc + 2) is not { } next)
            return FetchFault(pc, pc + 2);
        return BlockBuilder.BuildAcrossPages(low | (uint)(next.Bytes[0] | next.Bytes[1] << 8) << 16, decoded);
    }

    private Block? FetchFault(ulong pc, ulong address)
    {
        _pc = pc;
        _trap.Instruction = 0;
        Fault(_code, _code.FetchResult, AccessKind.Fetch, address, 2);
        return null;
    }

    private Outcome SetTrap(TrapCause cause, ulong address = 0, AccessKind access = AccessKind.None, int size = 0)
    {
        _trap.Cause = cause;
        _trap.Address = new VirtualAddress(address);
        _trap.Access = access;
        _trap.Size = (byte)size;
        return Outcome.Trapped;
    }

    // Not inlined: the dispatch loop has no register to spare.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryExecuteFloat(in DecodedInstruction d) => FloatUnit.TryExecute(d, _context, ref _x);

    private Outcome ExecuteCustom(in DecodedInstruction d)
    {
        _x[d.Rd] = isa.Custom!.Execute(d.Imm, _x[d.Rs1], _x[d.Rs2]);
        return Outcome.Done;
    }

    /// <summary>Executes what the dispatch loop leaves over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome ExecuteRare(in DecodedInstruction d, ulong pc) => d.Op switch
    {
        Op.Lb => Load(d, 1, sbyte.MinValue, pc),
        Op.Lbu => Load(d, 1, 0, pc),
        Op.Lh => Load(d, 2, short.MinValue, pc),
        Op.Lhu => Load(d, 2, 0, pc),
        Op.Lw => Load(d, 4, int.MinValue, pc),
        Op.Lwu => Load(d, 4, 0, pc),
        Op.Ld => Load(d, 8, 0, pc),
        Op.Flh => LoadFloat(d, 2),
        Op.Fsh => Store(d, 2, _context.F[d.Rs2]),
        >= Op.FmaddH and <= Op.FcvtHD => TryExecuteFloat(d) ? Outcome.Done : SetTrap(TrapCause.IllegalInstruction),
        Op.Flw => LoadFloat(d, 4),
        Op.Fld => LoadFloat(d, 8),
        Op.Sb => Store(d, 1, _x[d.Rs2]),
        Op.Sh => Store(d, 2, _x[d.Rs2]),
        Op.Sw => Store(d, 4, _x[d.Rs2]),
        Op.Sd => Store(d, 8, _x[d.Rs2]),
        Op.Fsw => Store(d, 4, _context.F[d.Rs2]),
        Op.Fsd => Store(d, 8, _context.F[d.Rs2]),
        Op.LrW => LoadReserved(d, 4),
        Op.LrD => LoadReserved(d, 8),
        Op.ScW => StoreConditional(d, 4),
        Op.ScD => StoreConditional(d, 8),
        >= Op.AmoswapW and <= Op.AmomaxuW => Amo(d, 4),
        >= Op.AmoswapD and <= Op.AmomaxuD => Amo(d, 8),
        >= Op.Csrrw and <= Op.Csrrci => _hart is { } hart ? HartRegister(hart, d, pc) : ControlRegister(d),
        Op.Custom => ExecuteCustom(d),
        Op.OrcB or (>= Op.Clmul and <= Op.Clmulr) or (>= Op.Brev8 and <= Op.Xperm8) => ExecuteBits(d),
        Op.Ebreak => SetTrap(TrapCause.Breakpoint, pc),
        Op.Illegal when _hart is { HasFloats: false } hart => ExecuteHidden(hart, d, pc),
        Op.Illegal => SetTrap(TrapCause.IllegalInstruction),
        Op.Pause when _hart is null => Outcome.Done,
        Op.Ecall when _hart is null => SetTrap(TrapCause.EcallFromU),
        Op.Ecall or Op.Pause or Op.Sret or Op.Mret or Op.Wfi or Op.SfenceVma or Op.SinvalVma or Op.SfenceWInval or Op.SfenceInvalIr
            or Op.CboInval or Op.CboClean or Op.CboFlush or Op.CboZero =>
            _hart is { } hart ? ExecutePrivileged(hart, d, pc) : SetTrap(TrapCause.IllegalInstruction),
        >= Op.FmaddS and <= Op.FcvtSLu or >= Op.FmaddD and <= Op.FcvtDS => SetTrap(TrapCause.IllegalInstruction),
        _ => throw new UnreachableException($"operation {d.Op}"),
    };
}

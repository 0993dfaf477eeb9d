using System.Runtime.CompilerServices;
using System.Diagnostics;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;
using ObjectOS.Machine.Isa.Floats;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Interpreter;

/// <content>Loads and stores that the TLB did not answer, and atomics.</content>
internal sealed partial class Interpreter
{
    private ulong EffectiveAddress(in DecodedInstruction d) => _x[d.Rs1] + (ulong)(long)d.Imm;

    /// <summary>A load; <paramref name="sign"/> is the least signed number of the size, or 0 where the value is zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome Load(in DecodedInstruction d, int size, long sign, ulong pc)
    {
        ulong address = EffectiveAddress(d);
        AccessResult result = _space.Read(address, size, out ulong value);
        if (result != AccessResult.Ok && !TryAnswer(result, address, size, out value))
            return LoadFault(result, d, size, new LoadTarget(d.Rd == Registers.Sink ? (byte)0 : d.Rd, IsFloat: false, IsSigned: sign != 0));

        // Flipping the sign bit and taking its weight away again extends the sign.
        _x[d.Rd] = (value ^ (ulong)(sign & -sign)) + (ulong)sign;
        return result == AccessResult.Ok ? Watched(address, size, AccessKind.Load, Outcome.Done) : LeaveAnswered(d, pc, address, size);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome LoadFloat(in DecodedInstruction d, int size)
    {
        AccessResult result = _space.Read(EffectiveAddress(d), size, out ulong value);
        if (result != AccessResult.Ok)
            return LoadFault(result, d, size, new LoadTarget(d.Rd, IsFloat: true, IsSigned: false));
        _context.F[d.Rd] = size == 8 ? value : size == 4 ? NanBoxing.Box((uint)value) : NanBoxing.BoxHalf(value);
        return Watched(EffectiveAddress(d), size, AccessKind.Load, Outcome.Done);
    }

    private Outcome Store(in DecodedInstruction d, int size, ulong value) => Store(EffectiveAddress(d), size, value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome Store(ulong address, int size, ulong value)
    {
        AccessResult result = _space.Write(address, size, value);
        if (result == AccessResult.Ok)
            return Watched(address, size, AccessKind.Store, Outcome.Done);
        if (result != AccessResult.OkCodeChanged)
        {
            _trap.Value = size == sizeof(ulong) ? value : value & ((1UL << (8 * size)) - 1);
            return Fault(_space, result, AccessKind.Store, address, size);
        }

        _code.Enter();
        _epoch = _code.FetchEpoch;
        return Watched(address, size, AccessKind.Store, Outcome.CodeChanged);
    }

    // Of 4 or 8 bytes, aligned: locks are taken so often that even these go through the TLB.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private AccessResult ReadAligned(ulong address, int size, out ulong value)
    {
        if (size == 8)
        {
            if (_tlb.TryRead64(address, out value))
                return AccessResult.Ok;
        }
        else if (_tlb.TryRead32(address, out uint word))
        {
            value = word;
            return AccessResult.Ok;
        }

        return _space.Read(address, size, out value);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome StoreAligned(ulong address, int size, ulong value) =>
        (size == 8 ? _tlb.TryWrite64(address, value) : _tlb.TryWrite32(address, (uint)value)) ? Outcome.Done : Store(address, size, value);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome LoadReserved(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.LoadAddressMisaligned, address, AccessKind.Load, size);
        AccessResult result = ReadAligned(address, size, out ulong value);
        if (result != AccessResult.Ok)
            return AtomicFault(result, AccessKind.Load, address, size);
        _context.Reservation = address;
        _context.ReservedValue = value;
        _x[d.Rd] = Extend(value, size);
        return Watched(address, size, AccessKind.Load, Outcome.Done);
    }

    // One that has no reservation fails without touching memory ("Load-Reserved/Store-Conditional Instructions", chapter "A").
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome StoreConditional(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.StoreAddressMisaligned, address, AccessKind.Store, size);

        var outcome = Outcome.Done;
        bool succeeds = _context.Reservation == address;
        if (succeeds)
        {
            AccessResult result = ReadAligned(address, size, out ulong value);
            if (result != AccessResult.Ok)
                return AtomicFault(result, AccessKind.Store, address, size);
            succeeds = value == Truncate(_context.ReservedValue, size);
            outcome = succeeds ? outcome : Watched(address, size, AccessKind.Load, outcome);
            if (succeeds)
                outcome = StoreAligned(address, size, _x[d.Rs2]);
            if (outcome == Outcome.Trapped)
                return Uncompletable();
        }

        _context.Reservation = HartContext.NoReservation;
        _context.ReservedValue = 0;
        _x[d.Rd] = succeeds ? 0UL : 1;
        return outcome;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private Outcome Amo(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.StoreAddressMisaligned, address, AccessKind.Store, size);
        AccessResult result = ReadAligned(address, size, out ulong old);
        if (result != AccessResult.Ok)
            return AtomicFault(result, AccessKind.Store, address, size);
        Outcome outcome = StoreAligned(address, size, Truncate(Atomics.Apply(d.Op, old, _x[d.Rs2]), size));
        if (outcome == Outcome.Trapped)
            return Uncompletable();
        _x[d.Rd] = Extend(old, size);
        return Watched(address, size, AccessKind.Load, outcome);
    }

    private static ulong Extend(ulong value, int size) => size == 4 ? (ulong)(int)value : value;

    private static ulong Truncate(ulong value, int size) => size == 4 ? (uint)value : value;

    private Outcome LoadFault(AccessResult result, in DecodedInstruction d, int size, LoadTarget target)
    {
        _trap.Target = target;
        return Fault(_space, result, AccessKind.Load, EffectiveAddress(d), size);
    }

    private Outcome AtomicFault(AccessResult result, AccessKind access, ulong address, int size)
    {
        Fault(_space, result, access, address, size);
        return Uncompletable();
    }

    // Nobody but memory can do an atomic operation.
    private Outcome Uncompletable()
    {
        if (_trap.Cause is TrapCause.LoadGuestPageFault or TrapCause.StoreGuestPageFault)
            _trap.Size = 0;
        return Outcome.Trapped;
    }

    /// <summary>Fills in the trap of an access by what the translation says of it.</summary>
    private Outcome Fault(Translation translation, AccessResult result, AccessKind access, ulong address, int size)
    {
        switch (result)
        {
            case AccessResult.PageFault:
                return SetTrap(CauseOf(access, TrapCause.InstructionPageFault, TrapCause.LoadPageFault, TrapCause.StorePageFault), translation.FaultAddress, access, size);
            case AccessResult.AccessFault:
                return SetTrap(CauseOf(access, TrapCause.InstructionAccessFault, TrapCause.LoadAccessFault, TrapCause.StoreAccessFault), translation.FaultAddress, access, size);
            case AccessResult.GuestFault:
                bool isWhole = access != AccessKind.Fetch && !translation.IsWalkFault && translation.FaultAddress == address && (address & (Pages.Size - 1)) + (ulong)size <= Pages.Size;
                _trap.PhysicalAddress = new PhysicalAddress(translation.FaultPhysical);
                return SetTrap(
                    CauseOf(access, TrapCause.InstructionGuestPageFault, TrapCause.LoadGuestPageFault, TrapCause.StoreGuestPageFault),
                    translation.FaultAddress, translation.FaultAccess, isWhole ? size : 0);
            case AccessResult.MemoryExhausted:
                _trap.Account = translation.ExhaustedAccount;
                return SetTrap(TrapCause.MemoryExhausted, translation.FaultAddress, access, size);
            case AccessResult.Suspended:
                return SetTrap(TrapCause.Suspended);
            default:
                throw new UnreachableException($"access result {result}");
        }
    }

    private static TrapCause CauseOf(AccessKind access, TrapCause fetch, TrapCause load, TrapCause store) => access switch
    {
        AccessKind.Fetch => fetch,
        AccessKind.Store => store,
        _ => load,
    };
}

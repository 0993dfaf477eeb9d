using System.Diagnostics;
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
    private Outcome Load(in DecodedInstruction d, int size, long sign)
    {
        AccessResult result = _space.Read(EffectiveAddress(d), size, out ulong value);
        if (result != AccessResult.Ok)
            return Fault(result, TrapCause.LoadPageFault, AccessKind.Load, size);

        // Flipping the sign bit and taking its weight away again extends the sign.
        _x[d.Rd] = (value ^ (ulong)(sign & -sign)) + (ulong)sign;
        return Outcome.Done;
    }

    private Outcome LoadFloat(in DecodedInstruction d, int size)
    {
        AccessResult result = _space.Read(EffectiveAddress(d), size, out ulong value);
        if (result != AccessResult.Ok)
            return Fault(result, TrapCause.LoadPageFault, AccessKind.Load, size);
        _context.F[d.Rd] = size == 4 ? NanBoxing.Box((uint)value) : value;
        return Outcome.Done;
    }

    private Outcome Store(in DecodedInstruction d, int size, ulong value) => Store(EffectiveAddress(d), size, value);

    private Outcome Store(ulong address, int size, ulong value)
    {
        AccessResult result = _space.Write(address, size, value);
        if (result == AccessResult.Ok)
            return Outcome.Done;
        if (result != AccessResult.OkCodeChanged)
            return Fault(result, TrapCause.StorePageFault, AccessKind.Store, size);
        _epoch = _space.FetchEpoch;
        return Outcome.CodeChanged;
    }

    private Outcome LoadReserved(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.LoadAddressMisaligned, address, AccessKind.Load, size);
        AccessResult result = _space.Read(address, size, out ulong value);
        if (result != AccessResult.Ok)
            return Fault(result, TrapCause.LoadPageFault, AccessKind.Load, size);
        _context.Reservation = address;
        _context.ReservedValue = value;
        _x[d.Rd] = Extend(value, size);
        return Outcome.Done;
    }

    // One that has no reservation fails without touching memory ("Load-Reserved/Store-Conditional Instructions", chapter "A").
    private Outcome StoreConditional(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.StoreAddressMisaligned, address, AccessKind.Store, size);

        var outcome = Outcome.Done;
        bool succeeds = _context.Reservation == address;
        if (succeeds)
        {
            AccessResult result = _space.Read(address, size, out ulong value);
            if (result != AccessResult.Ok)
                return Fault(result, TrapCause.StorePageFault, AccessKind.Store, size);
            succeeds = value == Truncate(_context.ReservedValue, size);
            if (succeeds)
                outcome = Store(address, size, _x[d.Rs2]);
            if (outcome == Outcome.Trapped)
                return outcome;
        }

        _context.Reservation = HartContext.NoReservation;
        _context.ReservedValue = 0;
        _x[d.Rd] = succeeds ? 0UL : 1;
        return outcome;
    }

    private Outcome Amo(in DecodedInstruction d, int size)
    {
        ulong address = _x[d.Rs1];
        if ((address & (ulong)(size - 1)) != 0)
            return SetTrap(TrapCause.StoreAddressMisaligned, address, AccessKind.Store, size);
        AccessResult result = _space.Read(address, size, out ulong old);
        if (result != AccessResult.Ok)
            return Fault(result, TrapCause.StorePageFault, AccessKind.Store, size);
        Outcome outcome = Store(address, size, Truncate(Atomics.Apply(d.Op, old, _x[d.Rs2]), size));
        if (outcome != Outcome.Trapped)
            _x[d.Rd] = Extend(old, size);
        return outcome;
    }

    private static ulong Extend(ulong value, int size) => size == 4 ? (ulong)(int)value : value;

    private static ulong Truncate(ulong value, int size) => size == 4 ? (uint)value : value;

    private Outcome Fault(AccessResult result, TrapCause pageFault, AccessKind access, int size)
    {
        switch (result)
        {
            case AccessResult.PageFault:
                return SetTrap(pageFault, _space.FaultAddress, access, size);
            case AccessResult.MemoryExhausted:
                _trap.Account = _space.ExhaustedAccount;
                return SetTrap(TrapCause.MemoryExhausted, _space.FaultAddress, access, size);
            case AccessResult.Suspended:
                return SetTrap(TrapCause.Suspended);
            default:
                throw new UnreachableException($"access result {result}");
        }
    }
}

using ObjectOS.Cpu;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Machine.Interpreter;

/// <content>Control and status registers of user code.</content>
internal sealed partial class Interpreter
{
    private const int Fflags = 0x001;
    private const int Frm = 0x002;
    private const int Fcsr = 0x003;
    private const int Cycle = 0xC00;
    private const int Time = 0xC01;
    private const int Instret = 0xC02;

    // "CSR Instructions", chapter "Zicsr": the set and clear forms write only if their operand is not x0 or zero itself.
    private Outcome ControlRegister(in DecodedInstruction d)
    {
        bool immediate = d.Op >= Op.Csrrwi;
        ulong operand = immediate ? d.Rs1 : _x[d.Rs1];
        bool writes = d.Op is Op.Csrrw or Op.Csrrwi || d.Rs1 != 0;
        if (!TryReadCsr(d.Imm, out ulong old) || (writes && d.Imm >= Cycle))
            return SetTrap(TrapCause.IllegalInstruction);
        if (IsIntercepted(d.Imm))
            return SetTrap(TrapCause.Intercepted);
        if (writes)
        {
            WriteFloatCsr(d.Imm, d.Op switch
            {
                Op.Csrrs or Op.Csrrsi => old | operand,
                Op.Csrrc or Op.Csrrci => old & ~operand,
                _ => operand,
            });
        }

        _x[d.Rd] = old;
        return Outcome.Done;
    }

    private bool IsIntercepted(int register) => _limits.Intercepts is { } intercepts && intercepts.HasRegister(register);

    private bool TryReadCsr(int number, out ulong value)
    {
        ulong? known = number switch
        {
            Fflags => _context.Fcsr & 0x1F,
            Frm => _context.Fcsr >> 5 & 7,
            Fcsr => _context.Fcsr & 0xFF,
            Cycle => _limits.Cycles + RetiredInRun,
            Time => (_limits.Time + RetiredInRun) / _nanosecondsPerTick,
            Instret => _context.Retired + RetiredInRun,
            _ => null,
        };
        value = known.GetValueOrDefault();
        return known.HasValue;
    }

    private void WriteFloatCsr(int number, ulong value) => _context.Fcsr = number switch
    {
        Fflags => _context.Fcsr & 0xE0 | (uint)value & 0x1F,
        Frm => _context.Fcsr & 0x1F | ((uint)value & 7) << 5,
        _ => (uint)value & 0xFF,
    };
}

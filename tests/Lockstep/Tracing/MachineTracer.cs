using ObjectOS.Cpu;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Machine;
using ObjectOS.Machine.Isa;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>Steps our machine through a program and writes down what each step did, as far as it can be seen from outside.</summary>
internal sealed class MachineTracer(Board board, LockstepProgram program)
{
    private readonly PageWalk _walk = new(board.Memory);
    private readonly TraceLine _line = new();
    private readonly CsrShadow _shadow = new();
    private readonly List<string> _lines = [];
    private readonly ulong[] _before = new ulong[CsrShadow.Compared.Length];
    private bool _isTold;

    // When the step began: it may end with a tick.
    private ulong _ticks;

    /// <summary>Runs a program for so many steps, those of the boot code among them.</summary>
    public static MachineTrace Run(Machine.Machine machine, LockstepProgram program, ulong steps)
    {
        using RealCpu cpu = NewCpu(machine);
        return Run(cpu, program, steps);
    }

    /// <summary>The same on a CPU that nobody has used, with the board's time base.</summary>
    public static MachineTrace Run(ICpu cpu, LockstepProgram program, ulong steps)
    {
        using var board = new Board(cpu, program);
        var tracer = new MachineTracer(board, program);
        bool waits = false;
        while (board.Steps < steps && !waits)
            waits = tracer.Step();
        return End(board, steps, tracer._lines);
    }

    /// <summary>Runs it in runs as long as time lets them be, and sees the end alone.</summary>
    public static MachineTrace RunAtOnce(Machine.Machine machine, LockstepProgram program, ulong steps)
    {
        using RealCpu cpu = NewCpu(machine);
        return RunAtOnce(cpu, program, steps);
    }

    /// <summary>The same on a CPU that nobody has used, with the board's time base.</summary>
    public static MachineTrace RunAtOnce(ICpu cpu, LockstepProgram program, ulong steps)
    {
        using var board = new Board(cpu, program);
        board.RunTo(steps);
        return End(board, steps, []);
    }

    private static RealCpu NewCpu(Machine.Machine machine) => new(machine, new RealCpuOptions { MemorySize = Layout.RamSize, TimebaseHz = Board.TimebaseHz });

    private static MachineTrace End(Board board, ulong steps, IReadOnlyList<string> lines)
    {
        using var hart = new MemoryStream();
        using (var writer = new BinaryWriter(hart))
            board.Hart.Save(writer);
        return new MachineTrace(lines, board.ReadMemory(), board.Steps, board.WakesBefore(steps), hart.ToArray());
    }

    // True: the hart waits from now on.
    private bool Step()
    {
        HartContext hart = board.Hart;
        PrivilegedState state = board.State;
        ulong pc = hart.Pc;
        PrivilegeMode mode = state.Privilege;
        IntegerRegisters x = hart.X;
        FloatRegisters f = hart.F;
        ulong satp = state.Satp, mstatus = state.Mstatus;
        _ticks = board.Ticks;
        for (int i = 0; i < _before.Length; i++)
            _before[i] = Read(CsrShadow.Compared[i]);
        uint bits = Fetch(state, mode, pc);
        _isTold |= pc == program.Begin;

        StepKind kind = board.Step();
        if (kind == StepKind.Trap)
        {
            bool toSupervisor = state.Privilege == PrivilegeMode.Supervisor;
            Tell(toSupervisor ? TraceLine.Trap(state.Scause, state.Sepc, state.Stval) : TraceLine.Trap(state.Mcause, state.Mepc, state.Mtval));
            _shadow.ForgetTrap();
            return false;
        }

        _line.Begin((int)mode, pc, bits);
        for (int i = 1; i < 32; i++)
        {
            if (hart.X[i] != x[i])
                _line.Integer(i, hart.X[i]);
        }

        for (int i = 0; i < 32; i++)
        {
            if (hart.F[i] != f[i])
                _line.Float(i, hart.F[i]);
        }

        Decoder.TryExpand(bits, IsaConfiguration.Rv64Gc, out DecodedInstruction d, out _);
        TellRegisters(d);
        TellStore(d, x, mode, satp, mstatus);
        Tell(_line.End());
        return kind == StepKind.Wait;
    }

    private void Tell(string line)
    {
        if (_isTold)
            _lines.Add(line);
    }

    private uint Fetch(PrivilegedState state, PrivilegeMode mode, ulong pc)
    {
        if (!_walk.TryRead(state, mode, pc, 2, out ulong bits) || (bits & 3) != 3)
            return (uint)bits;
        return _walk.TryRead(state, mode, pc, 4, out bits) ? (uint)bits : 0;
    }

    // What the instruction says that it writes, and whatever else has changed.
    private void TellRegisters(in DecodedInstruction d)
    {
        bool writes = d.Op is Op.Csrrw or Op.Csrrwi || (d.Op is >= Op.Csrrw and <= Op.Csrrci && d.Rs1 != 0);
        ReadOnlySpan<int> named = writes ? CsrShadow.Behind(d.Imm).AsSpan() : d.Op is Op.Mret or Op.Sret ? [Csr.Mstatus] : [];
        for (int i = 0; i < _before.Length; i++)
        {
            int number = CsrShadow.Compared[i];
            ulong value = Read(number);
            bool isNamed = named.Contains(number);
            bool hasChanged = value != _before[i] && number is not (Csr.Mcycle or Csr.Minstret or Csr.Mip);
            if ((isNamed || hasChanged) && _shadow.Notes(number, value))
                _line.Csr(number, value);
        }
    }

    private void TellStore(in DecodedInstruction d, in IntegerRegisters x, PrivilegeMode mode, ulong satp, ulong mstatus)
    {
        bool isAtomic = d.Op is >= Op.AmoswapW and <= Op.AmomaxuW or >= Op.AmoswapD and <= Op.AmomaxuD || (d.Op is Op.ScW or Op.ScD && board.Hart.X[d.Rd & 31] == 0);
        if (!isAtomic && !RandomRows.IsStore(d.Op))
            return;
        if (mode == PrivilegeMode.Machine && (mstatus & StatusBits.Mprv) != 0)
            mode = (PrivilegeMode)((mstatus & StatusBits.Mpp) >> StatusBits.MppShift);
        ulong address = (d.Rs1 == 0 ? 0 : x[d.Rs1]) + (isAtomic ? 0 : (ulong)(long)d.Imm);
        int size = !isAtomic ? RandomRows.SizeOf(d.Op) : (d.Bits & 0x1000) != 0 ? 8 : 4;
        if (_walk.TryRead(new PrivilegedState { Satp = satp }, mode, address, size, out ulong value))
            _line.Store(address, size, value);
    }

    private ulong Read(int number)
    {
        PrivilegedState s = board.State;
        return number switch
        {
            Csr.Fflags => board.Hart.Fcsr & 0x1F,
            Csr.Frm => board.Hart.Fcsr >> 5 & 7,
            Csr.Mstatus => s.Mstatus,
            Csr.Mie => s.Mie,
            Csr.Mip => s.Pending(HartMode.Machine, _ticks),
            Csr.Stvec => s.Stvec,
            Csr.Scounteren => s.Scounteren,
            Csr.Senvcfg => s.Senvcfg,
            Csr.Sscratch => s.Sscratch,
            Csr.Sepc => s.Sepc,
            Csr.Scause => s.Scause,
            Csr.Stval => s.Stval,
            Csr.Stimecmp => s.Stimecmp,
            Csr.Satp => s.Satp,
            Csr.Medeleg => s.Medeleg,
            Csr.Mideleg => s.Mideleg,
            Csr.Mtvec => s.Mtvec,
            Csr.Mcounteren => s.Mcounteren,
            Csr.Menvcfg => s.Menvcfg,
            Csr.Mcountinhibit => s.Mcountinhibit,
            Csr.Mscratch => s.Mscratch,
            Csr.Mepc => s.Mepc,
            Csr.Mcause => s.Mcause,
            Csr.Mtval => s.Mtval,
            Csr.Pmpcfg0 => s.Pmpcfg0,
            Csr.Pmpcfg2 => s.Pmpcfg2,
            Csr.Mcycle => s.CycleBase + ((s.Mcountinhibit & 1) != 0 ? 0 : board.Hart.Retired),
            Csr.Minstret => s.InstretBase + ((s.Mcountinhibit & 4) != 0 ? 0 : board.Hart.Retired),
            _ => s.Pmpaddr[number - Csr.Pmpaddr0],
        };
    }
}

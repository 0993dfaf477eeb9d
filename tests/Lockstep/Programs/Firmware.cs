using ObjectOS.Cpu;
using ObjectOS.Tests;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Lockstep.Programs;

/// <summary>
/// Set-up, and the handlers of machine and supervisor mode. A handler reads all that it is told of a trap, so that a comparison of
/// registers sees it, and goes on at the next slot; after so many traps, or where code cannot be fetched, the next episode begins.
/// </summary>
internal static class Firmware
{
    // Offsets in what a handler keeps: two registers, traps left; for machine mode the next episode too.
    private const int Kept1 = 0, Kept2 = 8, Left = 16, Next = 24;
    private const int FetchFaults = 1 << 0 | 1 << 1 | 1 << 12;
    private const int HandlerPage = (int)(Layout.SupervisorCode >> 12);

    /// <summary>Where set-up begins, and both machines.</summary>
    public const ulong Entry = Layout.MachineCode + 0x400;

    /// <summary>Writes handlers and set-up. Returns the address from which on both machines have the same state.</summary>
    public static ulong Write(ProgramImage image, IReadOnlyList<(int Csr, ulong Value)> registers, ulong floats)
    {
        Asm machine = Labels.Assemble(Layout.MachineCode, WriteMachine, out Labels labels);
        Asm supervisor = Labels.Assemble(Layout.SupervisorCode, WriteSupervisor, out _);
        Asm setup = new(Entry);
        WriteSetup(setup, registers, floats);
        ulong begin = setup.Here;
        setup.Jal(Zero, labels["next"]);
        image.Write(Layout.MachineCode, machine.ToArray());
        image.Write(Layout.SupervisorCode, supervisor.ToArray());
        image.Write(Entry, setup.ToArray());
        image.Write(Layout.MachineSave + Next, Layout.Episodes);
        return begin;
    }

    private static void WriteSetup(Asm code, IReadOnlyList<(int Csr, ulong Value)> registers, ulong floats)
    {
        code.Li64(T0, Layout.Mtimecmp).Addi(T1, Zero, -1).Store("sd", T1, 0, T0);
        code.Li64(T0, StatusBits.Fs).Csr("csrrw", Zero, Csr.Mstatus, T0).Csr("csrrw", Zero, Csr.Fcsr, Zero).Li64(T0, floats);
        for (int i = 0; i < 32; i++)
            code.Load("fld", i, 8 * i, T0);
        foreach ((int csr, ulong value) in registers)
            code.Li64(T0, value).Csr("csrrw", Zero, csr, T0);
        for (int i = 1; i < 32; i++)
            code.Addi(i, Zero, 0);
        code.Csr("csrrw", Zero, Csr.Mcycle, Zero).Csr("csrrw", Zero, Csr.Minstret, Zero);
    }

    private static void WriteVectors(Asm code, Labels labels)
    {
        for (int i = 0; i < 16; i++)
            code.Jal(Zero, labels["handler"]);
        labels.Here("handler", code);
    }

    private static void WriteMachine(Asm code, Labels labels)
    {
        WriteVectors(code, labels);
        code.Csr("csrrw", Zero, Csr.Mscratch, T0);
        PointAt(code, T0, Layout.MachineSave);
        code.Store("sd", T1, Kept1, T0).Store("sd", T2, Kept2, T0);
        code.Csr("csrrs", T1, Csr.Mstatus, Zero).Csr("csrrs", T1, Csr.Mtval, Zero).Csr("csrrs", T1, Csr.Mip, Zero);
        code.Csr("csrrs", T2, Csr.Mepc, Zero).Csr("csrrs", T1, Csr.Mcause, Zero).Branch("blt", T1, Zero, labels["interrupt"]);
        code.I("srli", T2, T2, 12).Li64(T1, HandlerPage).Branch("beq", T1, T2, labels["next"]);
        GoOnOrGiveUp(code, labels, Csr.Mcause, Csr.Mepc, "next");
        labels.Here("return", code);
        code.Load("ld", T1, Kept1, T0).Load("ld", T2, Kept2, T0).Csr("csrrs", T0, Csr.Mscratch, Zero).Bare("mret");

        // Whatever is pending ends.
        labels.Here("interrupt", code);
        code.Addi(T1, Zero, (int)InterruptBits.Supervisor).Csr("csrrc", Zero, Csr.Mip, T1);
        code.Li64(T1, Layout.Msip).Store("sw", Zero, 0, T1).Li64(T1, Layout.Mtimecmp).Addi(T2, Zero, -1).Store("sd", T2, 0, T1);
        code.Csr("csrrw", Zero, Csr.Stimecmp, T2).Jal(Zero, labels["return"]);
        WriteNext(code, labels);
    }

    // An episode's registers are loaded by way of t1, itself last.
    private static void WriteNext(Asm code, Labels labels)
    {
        labels.Here("next", code);
        PointAt(code, T0, Layout.MachineSave);
        code.Load("ld", T1, Next, T0).Load("ld", T2, Episode.NextOffset, T1).Store("sd", T2, Next, T0);
        code.Load("ld", T2, Episode.MachineTrapsOffset, T1).Store("sd", T2, Left, T0);
        PointAt(code, T0, Layout.SupervisorSave);
        code.Load("ld", T2, Episode.SupervisorTrapsOffset, T1).Store("sd", T2, Left, T0);
        for (int i = 0; i < Episode.Registers.Length; i++)
            code.Load("ld", T2, 8 * i, T1).Csr("csrrw", Zero, Episode.Registers[i], T2);
        code.R("sfence.vma", 0, Zero, Zero);
        for (int i = 1; i < 32; i++)
        {
            if (i != T1)
                code.Load("ld", i, Episode.IntegersOffset + (8 * i), T1);
        }

        code.Load("ld", T1, Episode.IntegersOffset + (8 * T1), T1).Bare("mret");
    }

    // A call that would come back here itself is made by an instruction that S-mode does not have.
    private static void WriteSupervisor(Asm code, Labels labels)
    {
        WriteVectors(code, labels);
        code.Csr("csrrw", Zero, Csr.Sscratch, T0);
        PointAt(code, T0, Layout.SupervisorSave);
        code.Store("sd", T1, Kept1, T0).Store("sd", T2, Kept2, T0);
        code.Csr("csrrs", T1, Csr.Sstatus, Zero).Csr("csrrs", T1, Csr.Stval, Zero).Csr("csrrs", T1, Csr.Sip, Zero);
        code.Csr("csrrs", T2, Csr.Sepc, Zero).Csr("csrrs", T1, Csr.Scause, Zero).Branch("blt", T1, Zero, labels["interrupt"]);
        code.I("srli", T2, T2, 12).Li64(T1, HandlerPage).Branch("beq", T1, T2, labels["again"]);
        GoOnOrGiveUp(code, labels, Csr.Scause, Csr.Sepc, "call");
        labels.Here("return", code);
        code.Load("ld", T1, Kept1, T0).Load("ld", T2, Kept2, T0).Csr("csrrs", T0, Csr.Sscratch, Zero).Bare("sret");

        // A trap of this handler itself: a call that was delegated, or SRET that TSR does not let through.
        labels.Here("again", code);
        code.Csr("csrrs", T1, Csr.Scause, Zero).Addi(T2, Zero, 9).Branch("beq", T1, T2, labels["illegal"]);
        labels.Here("call", code);
        code.Ecall();
        labels.Here("illegal", code);
        code.Bare("mret");
        labels.Here("interrupt", code);
        code.Csr("csrrci", Zero, Csr.Sip, (int)InterruptBits.Ssip).Csr("csrrw", Zero, Csr.Sie, Zero).Jal(Zero, labels["return"]);
    }

    private static void GoOnOrGiveUp(Asm code, Labels labels, int cause, int epc, string giveUp)
    {
        code.Load("ld", T1, Left, T0).Addi(T1, T1, -1).Store("sd", T1, Left, T0).Branch("bge", Zero, T1, labels[giveUp]);
        code.Csr("csrrs", T1, cause, Zero).Li64(T2, FetchFaults).R("srl", T2, T2, T1).I("andi", T2, T2, 1).Branch("bne", T2, Zero, labels[giveUp]);
        code.Csr("csrrs", T2, epc, Zero).I("ori", T2, T2, Layout.SlotSize - 1).Addi(T2, T2, 1).Csr("csrrw", Zero, epc, T2);
    }

    // Relative to pc, as the address may not be written as it is in 32 bits, and may be virtual.
    private static void PointAt(Asm code, int register, ulong address)
    {
        int distance = (int)(address - code.Here);
        int low = distance << 20 >> 20;
        code.Word(Match("auipc") | (uint)register << 7 | (uint)(distance - low)).Addi(register, register, low);
    }
}

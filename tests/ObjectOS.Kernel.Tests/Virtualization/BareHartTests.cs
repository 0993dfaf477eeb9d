using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>A monitor that has nothing but invocations runs a bare hart and emulates what the program on it takes for hardware.</summary>
public sealed class BareHartTests
{
    private const ulong Device = 0x100000;

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Monitor_ByInvocationsAlone_EmulatesADeviceAndPrivilegedInstructions(int depth)
    {
        using var nested = new Nested(new TowerOptions { Depth = depth });
        var invoker = nested.Invoker;
        uint vcpu = invoker.TakeSlot();
        invoker.Call1(Call.VCpuCreate, 1, vcpu, 1 << 30, 1 << 20).Should().Be(KernelStatus.Ok);
        nested.Root.CreateMemory(0x1000, out var memory).Should().Be(KernelStatus.Ok);

        // "Machine mode" code at 0x2000: mhartid, a device register read and written, mret's opcode, ebreak.
        var code = new Asm(0x2000).Csr("csrrs", A0, 0xF14, Zero).Word(Match("lui") | (A1 << 7) | (uint)Device).Load("lw", A2, 0, A1)
            .Addi(A2, A2, 1).Store("sw", A2, 4, A1).Bare("mret");
        memory.Write(0, code.ToArray()).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuMap, vcpu, 0x2000, memory.Slot, 0, 0x1000, 5).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuInterceptPages, vcpu, Device, 0x1000, 1).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuReadExit, vcpu).Should().Be(KernelStatus.WouldBlock);
        invoker.Call1(Call.VCpuStartHart, vcpu).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuStartHart, vcpu).Should().Be(KernelStatus.InvalidState);

        byte[] state = new byte[65 * 8];
        Set(state, 0, 0x2000);
        Resume(invoker, vcpu, state);
        ulong written = 0;
        for (int exits = 0; ; exits++)
        {
            exits.Should().BeLessThan(10);
            nested.Run().Should().Be(SliceEnd.Idle);
            var exit = ReadExit(invoker, vcpu);
            invoker.CallIn(Call.VCpuReadState, vcpu, state).Should().Be(KernelStatus.Ok);
            uint bits = (uint)exit[6];
            if (bits == Match("mret"))
            {
                break;
            }

            if (exit[1] == (ulong)ExitKind.PageAccess)
            {
                (exit[5] & ~4095UL).Should().Be(Device);
                exit[8].Should().Be(4);
                if (exit[7] == (ulong)AccessKind.Load)
                {
                    Set(state, (int)(bits >> 7) & 31, 41);
                }
                else
                {
                    written = Get(state, (int)(bits >> 20) & 31);
                }
            }
            else
            {
                exit[2].Should().Be((ulong)TrapCause.IllegalInstruction);
                Set(state, (int)(bits >> 7) & 31, 7);
            }

            Set(state, 0, Get(state, 0) + 4);
            Resume(invoker, vcpu, state);
        }

        written.Should().Be(42);
        Get(state, A0).Should().Be(7);
        var frame = new InvocationFrame();
        frame[0] = vcpu;
        invoker.Port.Invoke(Call.VCpuStatus, ref frame).Should().Be(KernelStatus.Ok);
        frame[3].Should().Be(2, "lui and addi were direct, the rest was emulated");
        frame[4].Should().Be(5, "the start, mhartid, load, store, mret");
    }

    private static void Resume(Invoker invoker, uint vcpu, byte[] state)
    {
        invoker.CallOut(Call.VCpuWriteState, vcpu, state).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuResume, vcpu).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuResume, vcpu).Should().Be(KernelStatus.InvalidState);
    }

    private static InvocationFrame ReadExit(Invoker invoker, uint vcpu)
    {
        var frame = new InvocationFrame();
        frame[0] = vcpu;
        invoker.Port.Invoke(Call.VCpuReadExit, ref frame).Should().Be(KernelStatus.Ok);
        return frame;
    }

    private static ulong Get(byte[] state, int word) => BinaryPrimitives.ReadUInt64LittleEndian(state.AsSpan(word * 8));

    private static void Set(byte[] state, int word, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(state.AsSpan(word * 8), value);
}

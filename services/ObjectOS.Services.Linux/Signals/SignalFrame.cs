using System.Buffers.Binary;

namespace ObjectOS.Services.Linux;

/// <summary>
/// What lies on the stack while a handler runs (arch/riscv/kernel/signal.c, struct rt_sigframe; uapi/asm/ucontext.h, sigcontext.h,
/// ptrace.h): siginfo, then the context: flags, link, alternate stack, mask, and at a multiple of 16 the registers.
/// </summary>
internal static class SignalFrame
{
    public const int Bytes = ContextAt + 176 + 256 + 528;

    public const int ContextAt = 128;
    private const int StackAt = ContextAt + 16;
    private const int MaskAt = ContextAt + 40;
    private const int RegistersAt = ContextAt + 176;
    private const int FloatsAt = RegistersAt + 256;
    private const int FcsrAt = FloatsAt + 256;

    /// <summary>Writes a frame for a thread in that state.</summary>
    public static byte[] Build(SignalInfo info, ReadOnlySpan<ulong> state, ulong mask, LinuxThread thread, bool isOnAltStack)
    {
        var frame = new byte[Bytes];
        WriteInfo(frame, info, thread.Process.Identity.Real.User);
        Put(frame, StackAt, thread.AltStack);
        BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(StackAt + 8), thread.AltStackSize == 0 ? 2 : isOnAltStack ? 1 : 0);
        Put(frame, StackAt + 16, thread.AltStackSize);
        Put(frame, MaskAt, mask);
        for (int i = 0; i < 32; i++)
        {
            Put(frame, RegistersAt + (i * 8), state[i]);
            Put(frame, FloatsAt + (i * 8), state[32 + i]);
        }

        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(FcsrAt), (uint)state[ThreadState.Fcsr]);
        return frame;
    }

    /// <summary>The first words of siginfo: number, errno, code, and the sender or the address (uapi/asm-generic/siginfo.h).</summary>
    public static void WriteInfo(Span<byte> bytes, SignalInfo info, uint user)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes, info.Signal);
        BinaryPrimitives.WriteInt32LittleEndian(bytes[8..], info.Code);
        if (info.Code > 0 && info.Signal is 4 or 5 or 7 or 8 or 11)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes[16..], info.Value);
            return;
        }

        BinaryPrimitives.WriteInt32LittleEndian(bytes[16..], info.Sender);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[20..], info.Code == SignalInfo.FromTimer ? (uint)info.Overrun : user);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[24..], info.Value);
    }

    /// <summary>Takes registers and mask out of a frame.</summary>
    public static void Read(ReadOnlySpan<byte> frame, Span<ulong> state, out ulong mask)
    {
        mask = BinaryPrimitives.ReadUInt64LittleEndian(frame[MaskAt..]);
        for (int i = 0; i < 32; i++)
        {
            state[i] = BinaryPrimitives.ReadUInt64LittleEndian(frame[(RegistersAt + (i * 8))..]);
            state[32 + i] = BinaryPrimitives.ReadUInt64LittleEndian(frame[(FloatsAt + (i * 8))..]);
        }

        state[ThreadState.Fcsr] = BinaryPrimitives.ReadUInt32LittleEndian(frame[FcsrAt..]);
    }

    private static void Put(Span<byte> frame, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(frame[at..], value);
}

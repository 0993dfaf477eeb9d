using ObjectOS.Abi;
using ObjectOS.Machine.Memory;
using static ObjectOS.Machine.Engines.Translator.X64Encoder;

namespace ObjectOS.Machine.Engines.Translator;

/// <summary>The code that all translations share: the way in, the way out, and the second look at the TLB.</summary>
/// <remarks>Addresses are those of the view that is written; what is called or jumped to is in the same view as the caller.</remarks>
internal sealed unsafe class Stubs
{
    private const int ControlValues = 64, FlagValues = 32;

    private static readonly int[] Sizes = [1, 2, 4, 8];

    private readonly byte*[] _reads = new byte*[9];
    private readonly byte*[] _writes = new byte*[9];

    /// <summary>Writes the stubs and their tables; <paramref name="code"/> is moved behind them.</summary>
    public Stubs(ref X64Encoder code, byte* data)
    {
        FlagsOfControl = data;
        ControlOfFlags = data + ControlValues;
        for (uint i = 0; i < ControlValues; i++)
            FlagsOfControl[i] = (byte)FloatControl.ToFlags(i);
        for (uint i = 0; i < FlagValues; i++)
            ((uint*)ControlOfFlags)[i] = FloatControl.Of(i);
        Enter = (nint)code.P + code.ToExecuted;
        EmitEnter(ref code);
        Leave = code.P;
        EmitLeave(ref code);
        foreach (int size in Sizes)
        {
            _reads[size] = EmitLookup(ref code, size, StateLayout.ReadTag);
            _writes[size] = EmitLookup(ref code, size, StateLayout.WriteTag);
        }

        ReadGroup = EmitLookup(ref code, 0, StateLayout.ReadTag);
        WriteGroup = EmitLookup(ref code, 0, StateLayout.WriteTag);
    }

    /// <summary>Executable; by the host's calling convention, with the state and the code to enter.</summary>
    public nint Enter { get; }

    /// <summary>Jumped to with the exit's number in eax.</summary>
    public byte* Leave { get; }

    /// <summary>As <see cref="Lookup"/>, for <c>[rbp + Scratch]</c> + 1 bytes.</summary>
    public byte* ReadGroup { get; }

    public byte* WriteGroup { get; }

    /// <summary>A table of bytes: fflags, by the exception bits of MXCSR.</summary>
    public byte* FlagsOfControl { get; }

    /// <summary>A table of words: MXCSR, by fflags.</summary>
    public byte* ControlOfFlags { get; }

    /// <summary>
    /// Called with an address in rax and a site's data in rcx. Equal: rcx is what to add to the address, and the site has learnt its entry;
    /// not equal: the TLB does not have the page, or the access crosses into the next.
    /// </summary>
    public byte* Lookup(int size, bool write) => write ? _writes[size] : _reads[size];

    // The System V convention: rdi and rsi are the arguments, rbx, rbp and r12 to r15 are the caller's.
    private static void EmitEnter(ref X64Encoder c)
    {
        foreach (int register in (int[])[Rbp, Rbx, 12, 13, 14, R15])
            c.Push(register);
        c.ArithmeticImmediate(Sub, Rsp, 8, wide: true);
        c.Move(Rbp, Rdi);
        c.Move(Rax, Rsi);
        foreach (var (guest, host) in RegisterMap.Pairs)
            c.Load(host, Rbp, StateLayout.X(guest));
        c.Memory(0x8B, R15, Rbp, StateLayout.Budget, wide: false);
        c.Memory(0x1AE, 2, Rbp, StateLayout.GuestControl, wide: false);    // ldmxcsr
        c.Byte(0xFF);
        c.Byte(0xE0);    // jmp rax
    }

    private static void EmitLeave(ref X64Encoder c)
    {
        c.Memory(0x89, Rax, Rbp, StateLayout.ExitNumber, wide: false);
        foreach (var (guest, host) in RegisterMap.Pairs)
            c.Store(host, Rbp, StateLayout.X(guest));
        c.Memory(0x89, R15, Rbp, StateLayout.Budget, wide: false);
        c.Memory(0x1AE, 3, Rbp, StateLayout.GuestControlAfter, wide: false);    // stmxcsr
        c.Memory(0x1AE, 2, Rbp, StateLayout.HostControl, wide: false);
        c.ArithmeticImmediate(Add, Rsp, 8, wide: true);
        foreach (int register in (int[])[R15, 14, 13, 12, Rbx, Rbp])
            c.Pop(register);
        c.Byte(0xC3);
    }

    // The entry is chosen by the first byte, the tag is compared with the page of the last one: see SoftTlb.
    private static byte* EmitLookup(ref X64Encoder c, int size, int tag)
    {
        byte* start = c.P;
        c.Push(Rdx);
        EntryOf(ref c, Rdx, Rax);
        if (size == 0)
            c.ArithmeticMemory(Add, Rax, Rbp, StateLayout.Scratch, wide: true);
        else if (size > 1)
            c.Lea(Rax, Rax, size - 1);
        c.ArithmeticImmediate(And, Rax, -4096, wide: true);
        c.Memory(0x3B, Rax, Rbp, Rdx, 0, StateLayout.Tlb + tag, wide: true);
        byte* other = c.JumpIf(NotEqual);
        byte* found = c.P;
        c.Memory(0x89, Rdx, Rcx, 0, wide: false);
        c.Memory(0x8B, Rcx, Rbp, Rdx, 0, StateLayout.Tlb + tag + StateLayout.OffsetAfterTag, wide: true);
        c.Pop(Rdx);
        c.Byte(0xC3);
        Patch(other, c.P);
        EmitSecondLookup(ref c, tag, found);
        return start;
    }

    // rdx: the offset of the entry that did not have the page; rax: the page of the last byte.
    private static void EmitSecondLookup(ref X64Encoder c, int tag, byte* found)
    {
        c.Push(Rcx);
        c.Push(Rsi);

        // Both bytes in one page: the last one chooses the same entry.
        EntryOf(ref c, Rsi, Rax);
        c.Arithmetic(Cmp, Rsi, Rdx, wide: false);
        byte* apart = c.JumpIf(NotEqual);
        c.Move(Rcx, Rax);
        c.ShiftImmediate(Shr, Rcx, Pages.Shift - SecondTlb.EntryShift, wide: true);
        c.ArithmeticMemory(And, Rcx, Rbp, StateLayout.Second + SecondTlb.MaskWord, wide: true);
        c.ArithmeticMemory(Add, Rcx, Rbp, StateLayout.Second + SecondTlb.EntriesWord, wide: true);
        c.Load(Rsi, Rbp, StateLayout.Second + SecondTlb.EpochWord);
        c.Arithmetic(Or, Rsi, Rax, wide: true);
        c.Memory(0x33, Rsi, Rcx, 0, wide: true);
        c.ArithmeticImmediate(Cmp, Rsi, 1, wide: true);
        byte* miss = c.JumpIf(tag == StateLayout.WriteTag ? NotEqual : Above);
        c.Load(Rcx, Rcx, sizeof(ulong));
        c.Memory(0x89, Rax, Rbp, Rdx, 0, StateLayout.Tlb + tag, wide: true);
        c.Memory(0x89, Rcx, Rbp, Rdx, 0, StateLayout.Tlb + tag + StateLayout.OffsetAfterTag, wide: true);
        c.Pop(Rsi);
        c.Pop(Rcx);
        c.Arithmetic(Cmp, Rax, Rax, wide: false);
        c.JumpTo(found);

        // The flags still say that it is not equal.
        Patch(apart, c.P);
        Patch(miss, c.P);
        c.Pop(Rsi);
        c.Pop(Rcx);
        c.Pop(Rdx);
        c.Byte(0xC3);
    }

    /// <summary>Puts the offset of the TLB entry for an address into a register.</summary>
    private static void EntryOf(ref X64Encoder c, int to, int address)
    {
        c.Move32(to, address);
        c.ShiftImmediate(Shr, to, 7, wide: false);
        c.ArithmeticImmediate(And, to, (StateLayout.TlbEntries - 1) << 5, wide: false);
    }
}

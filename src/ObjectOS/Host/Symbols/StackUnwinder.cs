using System.Buffers.Binary;
using ObjectOS.Services.Programs;

namespace ObjectOS.Host.Symbols;

/// <summary>
/// Walks the stack of a program that a fault has ended, from the function at fault to its callers: by call frame information, and for a function
/// without it by the frame pointer s0 (RISC-V ELF psABI, "Frame Pointer Convention"). It stops when it would have to guess.
/// </summary>
/// <param name="code">Where its code is.</param>
/// <param name="file">Its sections.</param>
/// <param name="fault">The registers and the stack at the fault.</param>
internal sealed class StackUnwinder(CodeRanges code, ElfSections file, ProgramEndRecord fault)
{
    /// <summary>Most functions that are found.</summary>
    public const int MostFrames = 64;

    private const int ReturnAddress = 1;
    private const int StackPointer = 2;
    private const int FramePointer = 8;

    private readonly FrameTable _frames = FrameTable.Of(file);
    private readonly ulong[] _registers = [.. fault.Registers];
    private ulong _pc = fault.Pc;

    /// <summary>Returns where the program was in each function: the instruction at fault first, then the return addresses.</summary>
    public IReadOnlyList<ulong> Walk()
    {
        List<ulong> found = [_pc];
        while (_registers.Length == FrameRow.Count && found.Count < MostFrames && TryStep(found.Count == 1))
        {
            found.Add(_pc);
        }

        return found;
    }

    private bool TryStep(bool isFirst)
    {
        if (!IsCode(_pc))
        {
            // A call through a wild pointer: nothing of the callee has run.
            return isFirst && TryReturn(_registers[ReturnAddress]);
        }

        ulong inside = _pc - code.LoadBase - (isFirst ? 0UL : 1);
        return _frames.TryFind(inside, out var function)
            ? FrameRow.At(function, inside) is { } row && TryLeave(row, function.Common.ReturnRegister, isFirst)
            : TryLeaveWithoutRules(isFirst);
    }

    /// <summary>Computes the caller's registers. All but the first function have made a call, so that their return address is stored.</summary>
    private bool TryLeave(FrameRow row, int returnRegister, bool isFirst)
    {
        if (row.FrameRegister < 0 || (!isFirst && row.Rules[returnRegister].Kind == RegisterRuleKind.Same))
        {
            return false;
        }

        ulong frame = _registers[row.FrameRegister] + (ulong)row.FrameOffset;
        ulong stack = _registers[StackPointer];
        if (frame < stack || (!isFirst && frame == stack))
        {
            return false;
        }

        ulong[] callee = [.. _registers];
        _registers[StackPointer] = frame;
        for (int i = 1; i < FrameRow.Count; i++)
        {
            var (kind, operand) = (row.Rules[i].Kind, row.Rules[i].Operand);
            switch (kind)
            {
                case RegisterRuleKind.Offset:
                    if (!TryRead(frame + (ulong)operand, out _registers[i]) && i == returnRegister)
                    {
                        return false;
                    }

                    break;
                case RegisterRuleKind.ValueOffset:
                    _registers[i] = frame + (ulong)operand;
                    break;
                case RegisterRuleKind.Register:
                    _registers[i] = operand is >= 0 and < FrameRow.Count ? callee[operand] : 0;
                    break;
                case RegisterRuleKind.Undefined:
                    _registers[i] = 0;
                    break;
                default:
                    break;
            }
        }

        return TryReturn(_registers[returnRegister]);
    }

    /// <summary>
    /// Leaves a function without call frame information. As long as it has called no other, ra leads to its caller; after a call, ra leads into the
    /// function itself.
    /// </summary>
    private bool TryLeaveWithoutRules(bool isFirst)
    {
        ulong frame = _registers[FramePointer];
        ulong back = _registers[ReturnAddress];
        ulong saved = 0, stored = 0;
        bool hasFrame = frame > _registers[StackPointer] && frame % 8 == 0 && TryRead(frame - 8, out saved) && TryRead(frame - 16, out stored);
        if (isFirst && LeadsOut(back))
        {
            // A function that calls none may store only s0, next to its frame.
            if (hasFrame && saved > frame && saved % 8 == 0 && TryRead(saved - 8, out _))
            {
                (_registers[StackPointer], _registers[FramePointer]) = (frame, saved);
            }

            return TryReturn(back);
        }

        if (!hasFrame || !IsCode(saved))
        {
            return false;
        }

        (_registers[StackPointer], _registers[FramePointer], _registers[ReturnAddress]) = (frame, stored, saved);
        return TryReturn(saved);
    }

    /// <summary>True if a return address is known to lie in another function than the one at fault.</summary>
    private bool LeadsOut(ulong address)
    {
        var names = FunctionNames.Of(file, [_pc - code.LoadBase, address - 1 - code.LoadBase]);
        return IsCode(address) && names[0] is not null && names[1] is not null && names[0] != names[1];
    }

    private bool TryReturn(ulong address)
    {
        _pc = address;
        return address % 2 == 0 && IsCode(address - 1);
    }

    private bool IsCode(ulong address) => code.Holds(address);

    private bool TryRead(ulong address, out ulong value)
    {
        ulong offset = address - fault.StackAddress;
        ulong length = (ulong)fault.Stack.Length;
        bool isThere = offset < length && length - offset >= sizeof(ulong);
        value = isThere ? BinaryPrimitives.ReadUInt64LittleEndian(fault.Stack.Span[(int)offset..]) : 0;
        return isThere;
    }
}

namespace ObjectOS.Host.Symbols;

/// <summary>How the caller's value of a register is found (DWARF 5, section 6.4.1).</summary>
internal enum RegisterRuleKind : byte
{
    /// <summary>It is unchanged.</summary>
    Same,

    /// <summary>It is lost.</summary>
    Undefined,

    /// <summary>It is stored at an offset from the canonical frame address.</summary>
    Offset,

    /// <summary>It is that address and an offset.</summary>
    ValueOffset,

    /// <summary>Another register holds it.</summary>
    Register,
}

/// <summary>A rule and its offset or register.</summary>
internal readonly record struct RegisterRule(RegisterRuleKind Kind, long Operand);

/// <summary>The rules in force at one address of a function.</summary>
internal sealed class FrameRow
{
    /// <summary>Registers that are followed: x0 to x31.</summary>
    public const int Count = 32;

    private const int MostRules = 1 << 16;
    private const int MostRemembered = 16;

    private readonly Stack<FrameRow> _remembered = [];

    private FrameRow()
    {
    }

    /// <summary>The register that the canonical frame address is counted from; −1 if it is an expression.</summary>
    public int FrameRegister { get; private set; } = -1;

    /// <summary>What is added to it.</summary>
    public long FrameOffset { get; private set; }

    /// <summary>A rule for each register.</summary>
    public RegisterRule[] Rules { get; private init; } = new RegisterRule[Count];

    /// <summary>Finds the rules for an address of the function; null if an instruction is unknown or damaged.</summary>
    public static FrameRow? At(FrameDescription function, ulong address)
    {
        if (function.Common.Rules.Length > MostRules || function.Rules.Length > MostRules)
        {
            return null;
        }

        var row = new FrameRow();
        ulong reached = 0;
        if (!row.TryRun(function.Common, function.Common.Rules.Span, ref reached, ulong.MaxValue, row.Rules))
        {
            return null;
        }

        var initial = row.Copy().Rules;
        reached = function.Start;
        return row.TryRun(function.Common, function.Rules.Span, ref reached, address, initial) ? row : null;
    }

    private bool TryRun(CommonFrame common, ReadOnlySpan<byte> rules, ref ulong reached, ulong address, RegisterRule[] initial)
    {
        var cursor = new ByteCursor(rules);
        while (cursor.HasMore)
        {
            byte opcode = cursor.U8();
            bool isLong = opcode is >= 0x02 and <= 0x04;
            if (isLong || (opcode & 0xc0) == 0x40)
            {
                ulong advance = (isLong ? cursor.Fixed(1 << (opcode - 2)) : opcode & 0x3fUL) * common.CodeStep;
                if (advance > address - reached)
                {
                    return cursor.IsValid;
                }

                reached += advance;
            }
            else if (!TryApply(ref cursor, opcode, common, initial))
            {
                return false;
            }
        }

        return cursor.IsValid;
    }

    /// <summary>Applies an instruction that has its register in its opcode, or one of the others.</summary>
    private bool TryApply(ref ByteCursor cursor, byte opcode, CommonFrame common, RegisterRule[] initial)
    {
        ulong register = opcode & 0x3fUL;
        switch (opcode & 0xc0)
        {
            case 0x80:
                Set(register, RegisterRuleKind.Offset, (long)cursor.Uleb() * common.DataStep);
                return true;
            case 0xc0:
                Restore(register, initial);
                return true;
            default:
                return TryRunLong(ref cursor, opcode, common, initial);
        }
    }

    /// <summary>Runs an instruction whose operands follow it (DWARF 5, section 7.24).</summary>
    private bool TryRunLong(ref ByteCursor cursor, int opcode, CommonFrame common, RegisterRule[] initial)
    {
        switch (opcode)
        {
            case 0x00:
                return true;
            case 0x05:
                Set(cursor.Uleb(), RegisterRuleKind.Offset, (long)cursor.Uleb() * common.DataStep);
                return true;
            case 0x06:
                Restore(cursor.Uleb(), initial);
                return true;
            case 0x07:
                Set(cursor.Uleb(), RegisterRuleKind.Undefined, 0);
                return true;
            case 0x08:
                Set(cursor.Uleb(), RegisterRuleKind.Same, 0);
                return true;
            case 0x09:
                Set(cursor.Uleb(), RegisterRuleKind.Register, (long)cursor.Uleb());
                return true;
            case 0x0a:
                _remembered.Push(Copy());
                return _remembered.Count <= MostRemembered;
            case 0x0b:
                return TryRecall();
            case 0x0c:
                SetFrame(cursor.Uleb(), (long)cursor.Uleb());
                return true;
            case 0x0d:
                SetFrame(cursor.Uleb(), FrameOffset);
                return true;
            case 0x0e:
                FrameOffset = (long)cursor.Uleb();
                return true;
            case 0x0f:
                FrameRegister = -1;
                cursor.Take(cursor.Uleb());
                return true;
            case 0x10 or 0x16:
                Set(cursor.Uleb(), RegisterRuleKind.Undefined, 0); // Expressions are not evaluated.
                cursor.Take(cursor.Uleb());
                return true;
            case 0x11:
                Set(cursor.Uleb(), RegisterRuleKind.Offset, cursor.Sleb() * common.DataStep);
                return true;
            case 0x12:
                SetFrame(cursor.Uleb(), cursor.Sleb() * common.DataStep);
                return true;
            case 0x13:
                FrameOffset = cursor.Sleb() * common.DataStep;
                return true;
            case 0x14:
                Set(cursor.Uleb(), RegisterRuleKind.ValueOffset, (long)cursor.Uleb() * common.DataStep);
                return true;
            case 0x15:
                Set(cursor.Uleb(), RegisterRuleKind.ValueOffset, cursor.Sleb() * common.DataStep);
                return true;
            case 0x2e:
                cursor.Uleb();
                return true;
            default:
                return false;
        }
    }

    private void Set(ulong register, RegisterRuleKind kind, long operand)
    {
        if (register < Count)
        {
            Rules[register] = new RegisterRule(kind, operand);
        }
    }

    private void Restore(ulong register, RegisterRule[] initial)
    {
        if (register < Count)
        {
            Rules[register] = initial[register];
        }
    }

    private void SetFrame(ulong register, long offset) => (FrameRegister, FrameOffset) = (register < Count ? (int)register : -1, offset);

    private bool TryRecall()
    {
        if (!_remembered.TryPop(out var row))
        {
            return false;
        }

        (FrameRegister, FrameOffset) = (row.FrameRegister, row.FrameOffset);
        row.Rules.CopyTo(Rules, 0);
        return true;
    }

    private FrameRow Copy() => new() { FrameRegister = FrameRegister, FrameOffset = FrameOffset, Rules = [.. Rules] };
}

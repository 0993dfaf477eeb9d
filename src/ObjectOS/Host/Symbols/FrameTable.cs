namespace ObjectOS.Host.Symbols;

/// <summary>What the frame descriptions of many functions have in common (DWARF 5, section 6.4.1: a common information entry).</summary>
/// <param name="CodeStep">What an advance is multiplied with.</param>
/// <param name="DataStep">What an offset is multiplied with.</param>
/// <param name="ReturnRegister">The register that holds the return address.</param>
/// <param name="Encoding">How <c>.eh_frame</c> writes addresses.</param>
/// <param name="HasAugmentation">True if each description has augmentation data.</param>
/// <param name="Rules">The instructions for every function.</param>
internal sealed record CommonFrame(ulong CodeStep, long DataStep, int ReturnRegister, byte Encoding, bool HasAugmentation, ReadOnlyMemory<byte> Rules);

/// <summary>How to leave the frame of a function.</summary>
/// <param name="Start">The function's first address.</param>
/// <param name="End">The address after its last.</param>
/// <param name="Common">What it shares with others.</param>
/// <param name="Rules">Its own instructions.</param>
internal readonly record struct FrameDescription(ulong Start, ulong End, CommonFrame Common, ReadOnlyMemory<byte> Rules);

/// <summary>
/// The call frame information of a program: <c>.eh_frame</c> (Linux Standard Base, "Exception Frames") and <c>.debug_frame</c>, the only one of
/// the two that compilers for RISC-V make of C by default.
/// </summary>
internal sealed class FrameTable
{
    /// <summary>Most descriptions that are kept.</summary>
    private const int Most = 1 << 19;

    private const int MostAugmentation = 16;

    private readonly List<FrameDescription> _descriptions = [];

    private FrameTable()
    {
    }

    /// <summary>Reads the tables of a file; damaged entries are left out.</summary>
    public static FrameTable Of(ElfSections file)
    {
        var table = new FrameTable();
        table.Add(file.Find(".debug_frame"u8), isExceptions: false);
        table.Add(file.Find(".eh_frame"u8), isExceptions: true);
        table._descriptions.Sort((left, right) => left.Start.CompareTo(right.Start));
        return table;
    }

    /// <summary>Finds the description of the function at an address of the file.</summary>
    public bool TryFind(ulong address, out FrameDescription found)
    {
        int low = 0;
        for (int high = _descriptions.Count; low < high;)
        {
            int middle = (low + high) / 2;
            (low, high) = _descriptions[middle].Start <= address ? (middle + 1, high) : (low, middle);
        }

        found = low > 0 ? _descriptions[low - 1] : default;
        return low > 0 && address < found.End;
    }

    private void Add(ElfSection? section, bool isExceptions)
    {
        if (section is not { } frames)
        {
            return;
        }

        var commons = new Dictionary<ulong, CommonFrame?>();
        var cursor = new ByteCursor(frames.Bytes.Span);
        while (cursor.HasMore && _descriptions.Count < Most)
        {
            ulong length = cursor.UnitLength(out bool isWide);
            int start = cursor.At;
            cursor.Take(length);
            if (length == 0 || !cursor.IsValid)
            {
                continue; // Linkers end a file's part of .eh_frame with a length of 0.
            }

            // Only .eh_frame has a distance here, of 4 bytes in either format.
            var entry = new ByteCursor(frames.Bytes.Span[..cursor.At], start);
            ulong identity = isExceptions ? entry.U32() : entry.Offset(isWide);
            if (identity == CommonIdentity(isExceptions, isWide))
            {
                continue;
            }

            ulong commonAt = isExceptions ? (ulong)start - identity : identity;
            if (!commons.TryGetValue(commonAt, out var common))
            {
                commons.Add(commonAt, common = ReadCommon(frames, commonAt, isExceptions));
            }

            if (common is not null && TryRead(ref entry, frames, common, isExceptions, cursor.At, out var description))
            {
                _descriptions.Add(description);
            }
        }
    }

    private static ulong CommonIdentity(bool isExceptions, bool isWide) => isExceptions ? 0 : isWide ? ulong.MaxValue : uint.MaxValue;

    private static CommonFrame? ReadCommon(ElfSection frames, ulong at, bool isExceptions)
    {
        if (at >= (ulong)frames.Bytes.Length)
        {
            return null;
        }

        var cursor = new ByteCursor(frames.Bytes.Span, (int)at);
        ulong length = cursor.UnitLength(out bool isWide);
        int start = cursor.At;
        cursor.Take(length);
        if (!cursor.IsValid)
        {
            return null;
        }

        int end = cursor.At;
        var entry = new ByteCursor(frames.Bytes.Span[..end], start);
        ulong identity = isExceptions ? entry.U32() : entry.Offset(isWide);
        int version = entry.U8();
        var augmentation = entry.Text(MostAugmentation);
        if (identity != CommonIdentity(isExceptions, isWide) || version is not (1 or 3 or 4) || (!augmentation.IsEmpty && augmentation[0] != (byte)'z'))
        {
            return null;
        }

        bool isOfEightBytes = version < 4 || entry.U16() == 8;
        ulong codeStep = entry.Uleb();
        long dataStep = entry.Sleb();
        ulong returnRegister = version == 1 ? entry.U8() : entry.Uleb();
        byte encoding = 0;
        bool isKnown = augmentation.IsEmpty || TryReadAugmentation(ref entry, augmentation[1..], out encoding);
        return entry.IsValid && isKnown && isOfEightBytes && returnRegister < FrameRow.Count
            ? new CommonFrame(codeStep, dataStep, (int)returnRegister, encoding, !augmentation.IsEmpty, frames.Bytes[entry.At..end])
            : null;
    }

    private static bool TryReadAugmentation(ref ByteCursor entry, ReadOnlySpan<byte> letters, out byte encoding)
    {
        encoding = 0;
        var data = new ByteCursor(entry.Take(entry.Uleb()));
        foreach (byte letter in letters)
        {
            switch (letter)
            {
                case (byte)'R':
                    encoding = data.U8();
                    break;
                case (byte)'L':
                    data.U8();
                    break;
                case (byte)'P':
                    Encoded(ref data, data.U8());
                    break;
                case (byte)'S':
                    break;
                default:
                    return false;
            }
        }

        return data.IsValid;
    }

    private static bool TryRead(ref ByteCursor entry, ElfSection frames, CommonFrame common, bool isExceptions, int end, out FrameDescription description)
    {
        description = default;
        byte encoding = isExceptions ? common.Encoding : (byte)0;
        ulong origin = frames.Address + (ulong)entry.At;
        ulong start = Encoded(ref entry, encoding);
        switch (encoding & 0xf0)
        {
            case 0x10:
                start += origin;
                break;
            case 0:
                break;
            default:
                return false;
        }

        ulong length = Encoded(ref entry, encoding);
        if (common.HasAugmentation)
        {
            entry.Take(entry.Uleb());
        }

        if (!entry.IsValid || length == 0 || length > ulong.MaxValue - start)
        {
            return false;
        }

        description = new FrameDescription(start, start + length, common, frames.Bytes[entry.At..end]);
        return true;
    }

    /// <summary>Reads an encoded number, without what it is relative to.</summary>
    private static ulong Encoded(ref ByteCursor cursor, byte encoding)
    {
        switch (encoding & 0xf)
        {
            case 0 or 4 or 0xc:
                return cursor.U64();
            case 1:
                return cursor.Uleb();
            case 2:
                return cursor.U16();
            case 3:
                return cursor.U32();
            case 9:
                return (ulong)cursor.Sleb();
            case 0xa:
                return (ulong)(short)cursor.U16();
            case 0xb:
                return (ulong)(int)cursor.U32();
            default:
                cursor.Take(ulong.MaxValue); // An unknown form: nothing after it can be read.
                return 0;
        }
    }
}

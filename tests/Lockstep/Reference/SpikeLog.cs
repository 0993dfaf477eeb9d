using System.Globalization;
using ObjectOS.Lockstep.Programs;
using ObjectOS.Lockstep.Tracing;

namespace ObjectOS.Lockstep.Reference;

/// <summary>
/// Brings Spike's log of commits and exceptions into canonical form. A commit: <c>core   0: 3 0xPC (0xBITS) x5  0x… c768_mstatus 0x… mem 0xADDRESS 0xVALUE</c>; an
/// exception: <c>core   0: exception NAME, epc 0x…</c>, and a line with <c>tval 0x…</c> where there is one.
/// </summary>
internal sealed class SpikeLog
{
    private const string Prefix = "core   0: ";
    private const uint MiscMem = 0x0F;

    private static readonly string[] Causes =
    [
        "trap_instruction_address_misaligned", "trap_instruction_access_fault", "trap_illegal_instruction", "trap_breakpoint", "trap_load_address_misaligned",
        "trap_load_access_fault", "trap_store_address_misaligned", "trap_store_access_fault", "trap_user_ecall", "trap_supervisor_ecall",
        "trap_virtual_supervisor_ecall", "trap_machine_ecall", "trap_instruction_page_fault", "trap_load_page_fault", "", "trap_store_page_fault",
    ];

    private readonly ulong _begin;
    private readonly List<string> _lines = [];
    private readonly TraceLine _line = new();
    private readonly CsrShadow _shadow = new();
    private readonly ulong[] _x = new ulong[32];
    private readonly ulong[] _f = new ulong[32];
    private readonly SortedDictionary<int, ulong> _csrs = [];
    private readonly List<(ulong Address, int Size, ulong Value)> _stores = [];
    private (ulong Cause, ulong Epc, ulong Value)? _trap;
    private bool _isTold;

    private SpikeLog(ulong begin) => _begin = begin;

    public static IReadOnlyList<string> Read(string file, ulong begin)
    {
        var log = new SpikeLog(begin);
        foreach (string line in File.ReadLines(file))
        {
            if (line.StartsWith(Prefix, StringComparison.Ordinal))
                log.Take(line.AsSpan(Prefix.Length));
        }

        log.EndTrap();
        return log._lines;
    }

    private void Take(ReadOnlySpan<char> text)
    {
        const string Exception = "exception ";
        ReadOnlySpan<char> trimmed = text.TrimStart();
        if (trimmed.StartsWith("tval ") && _trap is { } trap)
        {
            _trap = trap with { Value = Number(trimmed[5..]) };
            return;
        }

        EndTrap();
        if (text.StartsWith(Exception))
        {
            int comma = text.IndexOf(',');
            _trap = (CauseOf(text[Exception.Length..comma]), Number(text[(text.LastIndexOf(' ') + 1)..]), 0);
        }
        else if (text.Length > 2 && text[1] == ' ' && char.IsAsciiDigit(text[0]))
        {
            Commit(text);
        }
    }

    private void EndTrap()
    {
        if (_trap is not { } trap)
            return;
        Tell(TraceLine.Trap(trap.Cause, trap.Epc, trap.Value));
        _trap = null;
        _shadow.ForgetTrap();
    }

    private void Tell(string line)
    {
        if (_isTold)
            _lines.Add(line);
    }

    private static ulong CauseOf(ReadOnlySpan<char> name)
    {
        const string Interrupt = "interrupt #";
        if (name.StartsWith(Interrupt))
            return 1UL << 63 | ulong.Parse(name[Interrupt.Length..], CultureInfo.InvariantCulture);
        int cause = Causes.AsSpan().IndexOf(name.ToString());
        return cause >= 0 ? (ulong)cause : throw new InvalidDataException($"The log has an exception \"{name}\", which is not known here.");
    }

    private static ulong Number(ReadOnlySpan<char> text) => ulong.Parse(text[2..], NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private void Commit(ReadOnlySpan<char> text)
    {
        string[] words = text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        ulong pc = Number(words[1]);
        uint bits = (uint)Number(words[2].AsSpan(1, words[2].Length - 2));
        _isTold |= pc == _begin;
        _line.Begin(words[0][0] - '0', pc, bits);
        _csrs.Clear();
        _stores.Clear();
        for (int i = 3; i < words.Length;)
            i = Take(words, i);
        foreach ((int number, ulong value) in _csrs)
        {
            if (_shadow.Notes(number, value))
                _line.Csr(number, value);
        }

        // Zeroing a block is 64 stores there; the memory that is left at the end tells of them.
        if ((bits & 0x7F) != MiscMem)
        {
            foreach ((ulong address, int size, ulong value) in _stores)
                _line.Store(address, size, value);
        }

        Tell(_line.End());
    }

    private int Take(string[] words, int at)
    {
        string word = words[at];
        if (word == "mem")
        {
            ulong address = Number(words[at + 1]);
            if (at + 2 >= words.Length || !words[at + 2].StartsWith("0x", StringComparison.Ordinal))
                return at + 2;
            if (address is not (Layout.Msip or Layout.Mtimecmp))
                _stores.Add((address, (words[at + 2].Length - 2) / 2, Number(words[at + 2])));
            return at + 3;
        }

        ulong value = Number(words[at + 1]);
        int end = word.IndexOf('_', StringComparison.Ordinal);
        int number = int.Parse(word.AsSpan(1, (end < 0 ? word.Length : end) - 1), CultureInfo.InvariantCulture);
        switch (word[0])
        {
            case 'x':
                Note(_x, number, value, _line.Integer);
                break;
            case 'f':
                Note(_f, number, value, _line.Float);
                break;
            case 'c' when CsrShadow.Compared.Contains(number):
                _csrs[number] = value;
                break;
        }

        return at + 2;
    }

    private static void Note(ulong[] known, int number, ulong value, Action<int, ulong> tell)
    {
        if (known[number] != value)
            tell(number, value);
        known[number] = value;
    }
}

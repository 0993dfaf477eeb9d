using ObjectOS.Tests;

namespace ObjectOS.Lockstep.Programs;

/// <summary>Lays pieces of code out in slots. A piece is never cut, so that a handler leaves out the rest of one with its slot.</summary>
internal sealed class SlotWriter(ProgramImage image)
{
    private const ushort Nop = 0x0001;

    private readonly List<byte> _code = [];

    public int Length => _code.Count;

    public ulong Here => Layout.Code + (ulong)_code.Count;

    /// <summary>True where code for one more piece fits in before the last slot.</summary>
    public bool HasRoom => _code.Count < Layout.CodeSize - (2 * Layout.SlotSize);

    /// <summary>Appends a piece of so many bytes at most; what it writes may depend on where it is.</summary>
    public void Add(int most, Action<Asm> write)
    {
        if (most > Room())
            EndSlot();
        var code = new Asm(Here);
        write(code);
        byte[] bytes = code.ToArray();
        if (bytes.Length > Room())
            throw new InvalidOperationException($"A piece of {bytes.Length} bytes was said to have {most} at most.");
        _code.AddRange(bytes);
    }

    /// <summary>Appends one instruction.</summary>
    public void Add(uint bits) => Add((bits & 3) == 3 ? 4 : 2, code => _ = (bits & 3) == 3 ? code.Word(bits) : code.Half((ushort)bits));

    public void EndSlot()
    {
        while (Room() != Layout.SlotSize)
            _code.AddRange([(byte)Nop, Nop >> 8]);
    }

    /// <summary>Ends the code with a jump to its beginning.</summary>
    public void Close()
    {
        while (_code.Count < Layout.CodeSize - Layout.SlotSize || Room() != Layout.SlotSize)
            _code.AddRange([(byte)Nop, Nop >> 8]);
        Add(4, code => code.Jal(0, Layout.Code));
        image.Write(Layout.Code, [.. _code]);
    }

    private int Room() => Layout.SlotSize - (_code.Count % Layout.SlotSize);
}

using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Native;

/// <summary>What a native program finds at its start: <c>images/include/objectos_start.h</c> is the same for guests.</summary>
internal static class StartBlock
{
    /// <summary>Slots of the program's own table.</summary>
    public const uint CellSlot = 1, SpaceSlot = 2, ConsoleSlot = 3, FileSlot = 4;

    /// <summary>Where the block is mapped, read-only.</summary>
    public const ulong Address = 0x3F_F000_0000;

    /// <summary>Most bytes of the block: what the arguments may take.</summary>
    public const int Limit = 1 << 20;

    /// <summary>The stack ends here; nothing is mapped right below and above it.</summary>
    public const ulong StackTop = 0x3F_E000_0000;

    public const ulong StackBytes = 64 << 10;

    private const ulong Version = 1;
    private const int HeaderWords = 4;

    /// <summary>The block as it lies at <see cref="Address"/>: header, pointers, texts.</summary>
    public static byte[] Make(IReadOnlyList<string> arguments, ulong fileBytes)
    {
        var texts = arguments.Select(text => Encoding.UTF8.GetBytes(text + '\0')).ToArray();
        int pointers = HeaderWords * 8;
        int at = pointers + ((texts.Length + 1) * 8);
        var block = new byte[at + texts.Sum(text => text.Length)];
        Put(block, 0, Version);
        Put(block, 8, (ulong)texts.Length);
        Put(block, 16, Address + (ulong)pointers);
        Put(block, 24, fileBytes);
        for (int i = 0; i < texts.Length; i++)
        {
            Put(block, pointers + (i * 8), Address + (ulong)at);
            texts[i].CopyTo(block, at);
            at += texts[i].Length;
        }

        return block;
    }

    private static void Put(byte[] block, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(block.AsSpan(at), value);
}

using System.Buffers.Binary;
using ObjectOS.Abi;
using ObjectOS.Services.Files;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Linux;

/// <summary>
/// The stack that a program starts with: argc, argv, envp, the auxiliary vector, and above them the strings (System V ABI, "Process
/// initialization"; uapi/linux/auxvec.h).
/// </summary>
internal static class InitialStack
{
    /// <summary>I, M, A, F, D, C: bit n for letter n.</summary>
    private const ulong HardwareCapabilities = (1 << 8) | (1 << 12) | 1 | (1 << 5) | (1 << 3) | (1 << 2);

    /// <summary>Makes it. The bytes belong at the address given back, which is 16-byte aligned and the stack pointer.</summary>
    public static (ulong Pointer, byte[] Bytes) Build(
        ulong top, IReadOnlyList<byte[]> arguments, IReadOnlyList<byte[]> environment, Executable program, Identity identity, ReadOnlySpan<byte> random)
    {
        var strings = new MemoryStream();
        var argumentOffsets = Append(strings, arguments);
        var environmentOffsets = Append(strings, environment);
        ulong nameOffset = Append(strings, program.Name);
        ulong platformOffset = Append(strings, "riscv64");
        ulong randomOffset = (ulong)strings.Length;
        strings.Write(random);
        ulong stringsAt = (top - (ulong)strings.Length - 8) & ~15UL;
        var vector = AuxiliaryVector(program, identity, stringsAt + randomOffset, stringsAt + nameOffset, stringsAt + platformOffset);
        int words = 1 + arguments.Count + 1 + environment.Count + 1 + (vector.Length * 2);
        ulong pointer = (stringsAt - ((ulong)words * 8)) & ~15UL;
        var bytes = new byte[stringsAt - pointer + (ulong)strings.Length];
        int at = 0;
        Put((ulong)arguments.Count);
        PutAll(argumentOffsets);
        PutAll(environmentOffsets);
        foreach (var (type, value) in vector)
        {
            Put(type);
            Put(value);
        }

        strings.ToArray().CopyTo(bytes, (int)(stringsAt - pointer));
        return (pointer, bytes);

        void Put(ulong value)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(at), value);
            at += 8;
        }

        void PutAll(ulong[] offsets)
        {
            foreach (ulong offset in offsets)
            {
                Put(stringsAt + offset);
            }

            Put(0);
        }
    }

    private static (ulong Type, ulong Value)[] AuxiliaryVector(Executable program, Identity identity, ulong random, ulong fileName, ulong platform) =>
    [
        (16, HardwareCapabilities),
        (6, Pages.Size),
        (17, 100),
        (3, program.Image.ProgramHeaderAddress),
        (4, (ulong)ElfImage.ProgramHeaderSize),
        (5, (ulong)program.Image.ProgramHeaderCount),
        (7, program.Interpreter?.Image.LoadBase ?? 0),
        (8, 0),
        (9, program.Image.Entry),
        (11, identity.Real.User),
        (12, identity.Effective.User),
        (13, identity.Real.Group),
        (14, identity.Effective.Group),
        (23, 0),
        (25, random),
        (31, fileName),
        (15, platform),
        (0, 0),
    ];

    private static ulong[] Append(MemoryStream strings, IReadOnlyList<byte[]> texts)
    {
        var offsets = new ulong[texts.Count];
        for (int i = 0; i < texts.Count; i++)
        {
            offsets[i] = Append(strings, texts[i]);
        }

        return offsets;
    }

    private static ulong Append(MemoryStream strings, string text) => Append(strings, ByteText.ToBytes(text));

    private static ulong Append(MemoryStream strings, byte[] text)
    {
        ulong offset = (ulong)strings.Length;
        strings.Write(text);
        strings.WriteByte(0);
        return offset;
    }
}

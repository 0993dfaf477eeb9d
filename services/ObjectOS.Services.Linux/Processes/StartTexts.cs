using System.Buffers.Binary;

namespace ObjectOS.Services.Linux;

/// <summary>Where the texts lie that a program was started with, in its memory.</summary>
internal readonly record struct StartTexts(
    ulong ArgumentsAt, ulong ArgumentsLength, ulong EnvironmentAt, ulong EnvironmentLength, ulong VectorAt, ulong VectorLength)
{
    public (ulong Address, ulong Length) Environment => (EnvironmentAt, EnvironmentLength);

    /// <summary>The auxiliary vector.</summary>
    public (ulong Address, ulong Length) Vector => (VectorAt, VectorLength);

    /// <summary>Finds them on a first stack.</summary>
    public static StartTexts Of(ulong pointer, ReadOnlySpan<byte> stack, byte[][] arguments, byte[][] environment)
    {
        int vector = (1 + arguments.Length + 1 + environment.Length + 1) * 8;
        int end = vector;
        while (BinaryPrimitives.ReadUInt64LittleEndian(stack[end..]) != 0)
        {
            end += 16;
        }

        ulong First(ReadOnlySpan<byte> bytes, int index, byte[][] texts) => texts.Length == 0 ? 0 : BinaryPrimitives.ReadUInt64LittleEndian(bytes[(index * 8)..]);
        ulong LengthOf(byte[][] texts) => texts.Aggregate(0UL, (sum, text) => sum + (ulong)text.Length + 1);
        return new StartTexts(
            First(stack, 1, arguments), LengthOf(arguments), First(stack, 1 + arguments.Length + 1, environment), LengthOf(environment),
            pointer + (ulong)vector, (ulong)(end + 16 - vector));
    }

    public void Save(BinaryWriter writer)
    {
        foreach (ulong value in (ulong[])[ArgumentsAt, ArgumentsLength, EnvironmentAt, EnvironmentLength, VectorAt, VectorLength])
        {
            writer.Write(value);
        }
    }

    public static StartTexts Restore(BinaryReader reader) =>
        new(reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt64());
}

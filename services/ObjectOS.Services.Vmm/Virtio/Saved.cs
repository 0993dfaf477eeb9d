namespace ObjectOS.Services.Vmm;

/// <summary>Reads what every saved state begins with, and refuses what cannot be one.</summary>
internal static class Saved
{
    /// <summary>Checks a version.</summary>
    /// <exception cref="InvalidDataException">It is another.</exception>
    public static void Version(BinaryReader reader, uint wanted, string what)
    {
        uint found = reader.ReadUInt32();
        if (found != wanted)
        {
            throw new InvalidDataException($"The saved state of {what} has version {found}; {wanted} is wanted.");
        }
    }

    /// <summary>A count that was saved.</summary>
    /// <exception cref="InvalidDataException">It is negative or more than <paramref name="most"/>.</exception>
    public static int Count(BinaryReader reader, int most)
    {
        int count = reader.ReadInt32();
        return count >= 0 && count <= most ? count : throw new InvalidDataException($"A saved count is {count}; 0 to {most} is wanted.");
    }

    /// <summary>Writes bytes with their length.</summary>
    public static void Write(BinaryWriter writer, ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes.Length);
        writer.Write(bytes);
    }

    /// <summary>Bytes that <see cref="Write"/> wrote.</summary>
    /// <exception cref="InvalidDataException">There are more than <paramref name="most"/>, or fewer than their length says.</exception>
    public static byte[] Bytes(BinaryReader reader, int most)
    {
        int length = Count(reader, most);
        byte[] bytes = reader.ReadBytes(length);
        return bytes.Length == length ? bytes : throw new InvalidDataException($"A saved state ends after {bytes.Length} of {length} bytes.");
    }
}

using System.Buffers.Binary;

namespace ObjectOS.Services.Vmm;

/// <summary>An address on the switch.</summary>
/// <param name="Value">Its 48 bits; the first byte on the wire is the highest.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Bytes on the wire.</summary>
    public const int Length = 6;

    /// <summary>Everybody.</summary>
    public static MacAddress Broadcast { get; } = new(0xffff_ffff_ffff);

    /// <summary>True for groups, <see cref="Broadcast"/> among them.</summary>
    public bool IsGroup => (Value & (1UL << 40)) != 0;

    /// <summary>Reads one off the wire.</summary>
    public static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(((ulong)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 32) | BinaryPrimitives.ReadUInt32BigEndian(bytes[2..]));

    /// <summary>Puts it on the wire.</summary>
    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes, (ushort)(Value >> 32));
        BinaryPrimitives.WriteUInt32BigEndian(bytes[2..], (uint)Value);
    }
}

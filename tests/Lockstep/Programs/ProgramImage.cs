using System.Buffers.Binary;

namespace ObjectOS.Lockstep.Programs;

/// <summary>The whole of memory as a program finds it.</summary>
internal sealed class ProgramImage
{
    /// <summary>The bytes from <see cref="Layout.Ram"/> on.</summary>
    public byte[] Bytes { get; } = new byte[Layout.RamSize];

    public void Write(ulong address, ReadOnlySpan<byte> bytes) => bytes.CopyTo(Bytes.AsSpan((int)(address - Layout.Ram)));

    public void Write(ulong address, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Bytes.AsSpan((int)(address - Layout.Ram)), value);

    public ulong Read(ulong address) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes.AsSpan((int)(address - Layout.Ram)));
}

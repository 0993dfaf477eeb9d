namespace ObjectOS.Host;

/// <summary>
/// Recognises the disk image formats of other emulators by the numbers at their beginning. A disk is used byte for byte: such a file would show a guest
/// its container, and writes would destroy it.
/// </summary>
internal static class DiskFormat
{
    /// <summary>Bytes of a file that decide.</summary>
    public const int HeadBytes = 512;

    /// <summary>The name of the format; null: the file can be a raw disk.</summary>
    /// <param name="head">The file's beginning, <see cref="HeadBytes"/> long unless the file is shorter.</param>
    public static string? NameOf(ReadOnlySpan<byte> head) =>
        head is [(byte)'Q', (byte)'F', (byte)'I', 0xfb, ..] ? "qcow2"
        : head.StartsWith("QED\0"u8) ? "qed"
        : head.StartsWith("KDMV"u8) || head.StartsWith("COWD"u8) || head.StartsWith("# Disk DescriptorFile"u8) ? "vmdk"
        : head.Length >= 68 && head[64..68].SequenceEqual((ReadOnlySpan<byte>)[0x7f, 0x10, 0xda, 0xbe]) ? "vdi"
        : head.StartsWith("vhdxfile"u8) ? "vhdx"
        : head.StartsWith("conectix"u8) ? "vhd"
        : head.StartsWith("WithoutFreeSpace"u8) || head.StartsWith("WithouFreSpacExt"u8) ? "parallels"
        : null;
}

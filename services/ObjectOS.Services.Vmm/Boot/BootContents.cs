using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// A file that is to be booted, in a memory object. A plan is made of a few parts of it, headers and symbols, however long it is: they are read where they are looked at. Once a read has not
/// been done, all parts are zeros; who plans need not care, for <see cref="Status"/> says in the end that the plan is none.
/// </summary>
/// <param name="memory">Holds the file from offset 0 on.</param>
/// <param name="length">Its bytes.</param>
internal sealed class BootContents(MemoryCapability memory, ulong length)
{
    /// <summary>Bytes that tell what kind of file it is, and what it says of itself at its beginning.</summary>
    public const int HeadBytes = 64;

    private byte[]? _head;

    /// <summary>Bytes of the file.</summary>
    public ulong Length => length;

    /// <summary>How the reads ended: the first that was not done, else Ok.</summary>
    public KernelStatus Status { get; private set; }

    /// <summary>Its first bytes, as far as there are <see cref="HeadBytes"/>.</summary>
    public ReadOnlySpan<byte> Head => _head ??= Read(0, Math.Min(HeadBytes, length));

    /// <summary>True where a part lies in the file.</summary>
    public bool Contains(ulong offset, ulong bytes) => offset <= length && bytes <= length - offset;

    /// <summary>A part of it.</summary>
    /// <param name="offset">Where it starts.</param>
    /// <param name="bytes">How many; with the offset not beyond the file's end.</param>
    public byte[] Read(ulong offset, ulong bytes)
    {
        var part = new byte[bytes];
        if (Status == KernelStatus.Ok && part.Length > 0)
        {
            Status = memory.Read(offset, part);
        }

        return part;
    }
}

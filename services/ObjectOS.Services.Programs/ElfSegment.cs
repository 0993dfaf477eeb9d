using ObjectOS.Abi;

namespace ObjectOS.Services.Programs;

/// <summary>A loadable part of a program. Addresses are final: the load base is in them.</summary>
/// <param name="Address">The address of its first byte.</param>
/// <param name="MemorySize">Bytes in memory; those beyond <paramref name="FileSize"/> are zero.</param>
/// <param name="FileOffset">Where its bytes start in the file.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="Rights">What the program may do with it.</param>
public readonly record struct ElfSegment(ulong Address, ulong MemorySize, ulong FileOffset, ulong FileSize, PageRights Rights)
{
    /// <summary>The first address behind it.</summary>
    public ulong End => Address + MemorySize;

    /// <summary>The address of its first page.</summary>
    public ulong PageStart => Pages.RoundDown(Address);

    /// <summary>The first address behind its last page.</summary>
    public ulong PageEnd => Pages.RoundUp(End);

    /// <summary>True where pages of the file can be mapped as pages of memory.</summary>
    public bool IsCongruent => (Address & (Pages.Size - 1)) == (FileOffset & (Pages.Size - 1));
}

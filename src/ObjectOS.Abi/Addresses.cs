using System.Globalization;

namespace ObjectOS.Abi;

/// <summary>An address as a guest program sees it: in the address space of a cell. Unit: bytes.</summary>
/// <param name="Value">The address; any 64-bit value, canonical or not.</param>
public readonly record struct VirtualAddress(ulong Value) : IComparable<VirtualAddress>
{
    /// <summary>The number of the 4 KiB page that holds this address.</summary>
    public ulong PageNumber => Value >> Pages.Shift;

    /// <summary>The byte inside its page, 0 to 4095.</summary>
    public uint PageOffset => (uint)Value & (Pages.Size - 1);

    /// <summary>True where the address is the first of a page.</summary>
    public bool IsPageAligned => PageOffset == 0;

    /// <summary>The address <paramref name="offset"/> bytes further, modulo 2^64.</summary>
    public static VirtualAddress operator +(VirtualAddress address, ulong offset) => new(address.Value + offset);

    /// <summary>Orders addresses as unsigned numbers.</summary>
    public int CompareTo(VirtualAddress other) => Value.CompareTo(other.Value);

    /// <summary>Hexadecimal with 0x.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>True where <paramref name="left"/> is below <paramref name="right"/>.</summary>
    public static bool operator <(VirtualAddress left, VirtualAddress right) => left.Value < right.Value;

    /// <summary>True where <paramref name="left"/> is above <paramref name="right"/>.</summary>
    public static bool operator >(VirtualAddress left, VirtualAddress right) => left.Value > right.Value;

    /// <summary>True where <paramref name="left"/> is not above <paramref name="right"/>.</summary>
    public static bool operator <=(VirtualAddress left, VirtualAddress right) => left.Value <= right.Value;

    /// <summary>True where <paramref name="left"/> is not below <paramref name="right"/>.</summary>
    public static bool operator >=(VirtualAddress left, VirtualAddress right) => left.Value >= right.Value;
}

/// <summary>An address in the physical memory of one CPU, real or virtual ("guest-physical" seen from its parent). Unit: bytes.</summary>
/// <param name="Value">The address, 0 to the memory's size, exclusive.</param>
public readonly record struct PhysicalAddress(ulong Value)
{
    /// <summary>The number of the 4 KiB page that holds this address.</summary>
    public ulong PageNumber => Value >> Pages.Shift;

    /// <summary>The byte inside its page, 0 to 4095.</summary>
    public uint PageOffset => (uint)Value & (Pages.Size - 1);

    /// <summary>True where the address is the first of a page.</summary>
    public bool IsPageAligned => PageOffset == 0;

    /// <summary>The address <paramref name="offset"/> bytes further, modulo 2^64.</summary>
    public static PhysicalAddress operator +(PhysicalAddress address, ulong offset) => new(address.Value + offset);

    /// <summary>Hexadecimal with 0x.</summary>
    public override string ToString() => "0x" + Value.ToString("x", CultureInfo.InvariantCulture);
}

/// <summary>The page geometry that every floor shares.</summary>
public static class Pages
{
    /// <summary>Base-2 logarithm of the page size.</summary>
    public const int Shift = 12;

    /// <summary>Bytes in a page.</summary>
    public const uint Size = 1u << Shift;

    /// <summary>The number of pages that <paramref name="bytes"/> need, rounded up.</summary>
    public static ulong Count(ulong bytes) => (bytes >> Shift) + ((bytes & (Size - 1)) != 0 ? 1UL : 0);

    /// <summary><paramref name="bytes"/> rounded up to whole pages; wraps to 0 above 2^64 − 4096.</summary>
    public static ulong RoundUp(ulong bytes) => (bytes + (Size - 1)) & ~(ulong)(Size - 1);

    /// <summary><paramref name="bytes"/> rounded down to whole pages.</summary>
    public static ulong RoundDown(ulong bytes) => bytes & ~(ulong)(Size - 1);
}

namespace ObjectOS;

/// <summary>Sizes as people write them: <c>64.MiB()</c>.</summary>
public static class SizeExtensions
{
    /// <summary>Kibibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong KiB(this int count) => Scale(count, 10);

    /// <summary>Mebibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong MiB(this int count) => Scale(count, 20);

    /// <summary>Gibibytes in bytes.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative.</exception>
    public static ulong GiB(this int count) => Scale(count, 30);

    private static ulong Scale(int count, int shift)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return (ulong)count << shift;
    }
}

using System.Security.Cryptography;

namespace ObjectOS.Host;

/// <summary>The file of a program that is going to be started.</summary>
/// <param name="Bytes">All of it.</param>
/// <param name="Key">What <see cref="ImageStore"/> keeps it by.</param>
/// <param name="Sha256">Its SHA-256 in hexadecimal digits; null: it is not wanted.</param>
internal readonly record struct FileToStart(ReadOnlyMemory<byte> Bytes, FileKey Key, string? Sha256)
{
    /// <summary>Hashes a file. Any thread; it takes its time.</summary>
    public static FileToStart Of(ReadOnlyMemory<byte> bytes, bool reportsHash) => new(bytes, FileKey.Of(bytes), reportsHash ? HashOf(bytes) : null);

    /// <summary>SHA-256 in hexadecimal digits.</summary>
    public static string HashOf(ReadOnlyMemory<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes.Span));
}

using System.Buffers.Binary;
using System.IO.Compression;

namespace ObjectOS.Host;

/// <summary>Unpacks kernels that distributions ship compressed (<c>Image.gz</c>; RFC 1952).</summary>
internal static class GzipFile
{
    private const int Piece = 1 << 16;

    /// <summary>Bytes of header and trailer.</summary>
    private const int FewestBytes = 18;

    /// <summary>True if the bytes begin like a gzip file.</summary>
    public static bool IsGzip(ReadOnlyMemory<byte> file) => file.Span is [0x1f, 0x8b, ..];

    /// <summary>Unpacks a file. It takes its time, and never more memory than the limit.</summary>
    /// <param name="file">The file.</param>
    /// <param name="limit">Most bytes of its contents.</param>
    /// <param name="contents">What was in it; empty on failure.</param>
    /// <returns>Null on success, otherwise what is wrong, without the file's name.</returns>
    public static string? Unpack(ReadOnlyMemory<byte> file, ulong limit, out ReadOnlyMemory<byte> contents)
    {
        contents = default;
        using var unpacked = new MemoryStream();
        try
        {
            using var source = new GZipStream(new MemoryStream(file.ToArray(), writable: false), CompressionMode.Decompress);
            var buffer = new byte[Piece];
            for (int read; (read = source.Read(buffer)) > 0;)
            {
                if ((ulong)unpacked.Length + (ulong)read > limit)
                {
                    return $"the file is compressed by gzip and unpacks to more than {limit} bytes, the most that the machine can take";
                }

                unpacked.Write(buffer, 0, read);
            }
        }
        catch (InvalidDataException)
        {
            return $"the file is compressed by gzip and damaged: {unpacked.Length} bytes were unpacked before the error";
        }

        // RFC 1952, 2.3.1: the last four bytes are the length modulo 2^32. The decoder does not report a file that is cut off.
        if (file.Length < FewestBytes || BinaryPrimitives.ReadUInt32LittleEndian(file.Span[^4..]) != (uint)unpacked.Length)
        {
            return $"the file is compressed by gzip and cut off, or other bytes follow it: {unpacked.Length} bytes were unpacked";
        }

        contents = unpacked.ToArray();
        return null;
    }
}

using System.Buffers.Binary;
using System.IO.Hashing;
using System.Security.Cryptography;

namespace ObjectOS.Recording;

/// <summary>
/// Writes a recording: a magic number, then chunks, each with a tag, a length and a checksum. What was written stays good if the process dies: a
/// file without an end is replayed as far as it goes.
/// </summary>
internal sealed class RecordingWriter(Stream stream)
{
    /// <summary>The first eight bytes of a recording.</summary>
    public static ReadOnlySpan<byte> Magic => "OBJOSREC"u8;

    /// <summary>The version of the format; another one is refused.</summary>
    public const ushort Version = 4;

    public const byte HeaderTag = (byte)'H';
    public const byte BlobTag = (byte)'B';
    public const byte LogTag = (byte)'L';
    public const byte EndTag = (byte)'E';

    /// <summary>Bytes of a chunk besides its contents: tag and length before, the checksum after.</summary>
    public const int Prefix = 5;
    public const int Suffix = 8;

    private readonly Dictionary<string, int> _blobs = [];

    /// <summary>Why nothing is written any more; null while all is well.</summary>
    public Exception? Failure { get; private set; }

    public void Begin(RecordingHeader header)
    {
        var buffer = new RecordBuffer();
        header.Write(buffer);
        try
        {
            stream.Write([.. Magic, (byte)Version, (byte)(Version >> 8)]);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            Failure = e;
        }

        Chunk(HeaderTag, buffer.Bytes);
    }

    /// <summary>Writes bytes once; the result is the number by which records refer to them.</summary>
    public int Blob(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        string key = Convert.ToHexString(digest);
        if (!_blobs.TryGetValue(key, out int number))
        {
            number = _blobs.Count;
            _blobs.Add(key, number);
            Chunk(BlobTag, digest, bytes);
        }

        return number;
    }

    /// <summary>Writes a chunk and hands it to the host's file system.</summary>
    public void Chunk(byte tag, ReadOnlySpan<byte> contents) => Chunk(tag, [], contents);

    private void Chunk(byte tag, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        if (Failure is not null)
        {
            return;
        }

        Span<byte> prefix = stackalloc byte[Prefix], checksum = stackalloc byte[Suffix];
        prefix[0] = tag;
        BinaryPrimitives.WriteInt32LittleEndian(prefix[1..], first.Length + second.Length);
        var hash = new XxHash64();
        hash.Append(prefix);
        hash.Append(first);
        hash.Append(second);
        BinaryPrimitives.WriteUInt64LittleEndian(checksum, hash.GetCurrentHashAsUInt64());
        try
        {
            stream.Write(prefix);
            stream.Write(first);
            stream.Write(second);
            stream.Write(checksum);
            stream.Flush();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // The run goes on; who asked for the recording is told at its end.
            Failure = e;
        }
    }
}

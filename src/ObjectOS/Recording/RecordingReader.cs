using System.Buffers.Binary;
using System.IO.Hashing;

namespace ObjectOS.Recording;

/// <summary>
/// Reads a recording. All chunks are checked when it is opened; what is kept in memory is where they are. A file that ends inside a chunk, because the
/// process that wrote it died, is good up to there.
/// </summary>
internal sealed class RecordingReader
{
    private readonly Stream _stream;
    private readonly List<(long Offset, int Length)> _blobs = [];
    private readonly List<(long Offset, int Length)> _logs = [];
    private int _next;

    /// <exception cref="DamagedRecordingException">It is no recording, of another version, or damaged.</exception>
    public RecordingReader(Stream stream)
    {
        _stream = stream;
        _stream.Position = 0;
        Span<byte> start = stackalloc byte[RecordingWriter.Magic.Length + 2];
        if (_stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) < start.Length || !start.StartsWith(RecordingWriter.Magic))
        {
            throw new DamagedRecordingException("it is no recording: the first eight bytes are not OBJOSREC");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(start[RecordingWriter.Magic.Length..]);
        if (version != RecordingWriter.Version)
        {
            throw new DamagedRecordingException($"it is a recording of format {version}; format {RecordingWriter.Version} is read here");
        }

        Header = Scan() ?? throw new DamagedRecordingException("it ends before its header");
    }

    public RecordingHeader Header { get; }

    /// <summary>The position at its end; null: the recording has no end, because the process that wrote it died or the file was cut.</summary>
    public ulong? End { get; private set; }

    /// <summary>Starts over with the log.</summary>
    public void Rewind() => _next = 0;

    /// <summary>The next part of the log; null at its end. Parts begin and end between records.</summary>
    public RecordCursor? NextLog()
    {
        if (_next == _logs.Count)
        {
            return null;
        }

        var (offset, length) = _logs[_next++];
        return new RecordCursor(Read(offset, length), offset);
    }

    /// <summary>Bytes that were written once.</summary>
    public ReadOnlyMemory<byte> Blob(int number, RecordCursor cursor)
    {
        if (number >= _blobs.Count)
        {
            throw cursor.Damaged($"blob {number} is wanted, and the file has {_blobs.Count}");
        }

        return Read(_blobs[number].Offset, _blobs[number].Length);
    }

    private byte[] Read(long offset, int length)
    {
        var bytes = new byte[length];
        _stream.Position = offset;
        _stream.ReadExactly(bytes);
        return bytes;
    }

    private RecordingHeader? Scan()
    {
        RecordingHeader? header = null;
        var prefix = new byte[RecordingWriter.Prefix];
        while (End is null && TryRead(prefix, prefix.Length))
        {
            long offset = _stream.Position;
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(prefix.AsSpan(1));
            if (prefix[0] is not (RecordingWriter.HeaderTag or RecordingWriter.BlobTag or RecordingWriter.LogTag or RecordingWriter.EndTag))
            {
                throw new DamagedRecordingException($"offset {offset - RecordingWriter.Prefix}: a chunk has the unknown tag 0x{prefix[0]:x2}");
            }

            if (length + (long)RecordingWriter.Suffix > _stream.Length - offset)
            {
                // Cut off.
                return header;
            }

            var contents = new byte[(int)length + RecordingWriter.Suffix];
            _stream.ReadExactly(contents);
            Check(prefix, contents, offset);
            header = Take(prefix[0], contents.AsMemory(0, (int)length), offset, header);
        }

        if (End is not null && _stream.Position != _stream.Length)
        {
            throw new DamagedRecordingException($"offset {_stream.Position}: {_stream.Length - _stream.Position} bytes follow the end");
        }

        return header;
    }

    private RecordingHeader Take(byte tag, ReadOnlyMemory<byte> contents, long offset, RecordingHeader? header)
    {
        if ((tag == RecordingWriter.HeaderTag) != header is null)
        {
            throw new DamagedRecordingException($"offset {offset}: a header is wanted as the first chunk, and nowhere else");
        }

        const int Digest = 32;
        switch (tag)
        {
            case RecordingWriter.HeaderTag:
                return RecordingHeader.Read(new RecordCursor(contents, offset));
            case RecordingWriter.BlobTag when contents.Length < Digest:
                throw new DamagedRecordingException($"offset {offset}: a blob has {contents.Length} bytes; at least its digest of {Digest} is wanted");
            case RecordingWriter.BlobTag:
                _blobs.Add((offset + Digest, contents.Length - Digest));
                break;
            case RecordingWriter.LogTag:
                _logs.Add((offset, contents.Length));
                break;
            default:
                End = new RecordCursor(contents, offset).Number();
                break;
        }

        return header!;
    }

    private static void Check(byte[] prefix, byte[] contents, long offset)
    {
        var hash = new XxHash64();
        hash.Append(prefix);
        hash.Append(contents.AsSpan(0, contents.Length - RecordingWriter.Suffix));
        ulong wanted = BinaryPrimitives.ReadUInt64LittleEndian(contents.AsSpan(contents.Length - RecordingWriter.Suffix));
        if (hash.GetCurrentHashAsUInt64() is var found && found != wanted)
        {
            throw new DamagedRecordingException($"offset {offset}: the checksum of {contents.Length - RecordingWriter.Suffix} bytes is {found:x16}, and {wanted:x16} is wanted");
        }
    }

    private bool TryRead(byte[] buffer, int count) => _stream.ReadAtLeast(buffer.AsSpan(0, count), count, throwOnEndOfStream: false) == count;
}

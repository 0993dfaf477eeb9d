namespace ObjectOS.Host;

/// <summary>Reads program files. No more is read than can be a program: a device has no end.</summary>
internal static class ProgramFile
{
    /// <summary>Most bytes that a program's file may have.</summary>
    public const int Most = 256 << 20;

    /// <summary>Bytes that are read before it is known whether the rest is wanted; least bytes of room for a file without a length.</summary>
    private const int First = 1 << 16, LeastRoom = 1 << 12;

    /// <summary>The file's bytes; of a file that does not begin like a program, its beginning.</summary>
    /// <exception cref="IOException">It is not there, cannot be read, or is neither a file nor a device.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Task<ReadOnlyMemory<byte>> ReadAsync(string path, CancellationToken cancellationToken) => ReadAsync(path, mustBeElf: true, cancellationToken);

    /// <summary>The file's bytes, whatever it begins like; of one without an end, more than <see cref="Most"/>.</summary>
    /// <exception cref="IOException">It is not there, cannot be read, or is neither a file nor a device.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Task<ReadOnlyMemory<byte>> ReadAllAsync(string path, CancellationToken cancellationToken) => ReadAsync(path, mustBeElf: false, cancellationToken);

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(string path, bool mustBeElf, CancellationToken cancellationToken)
    {
        UnfitFileException.ThrowIfMisfit(path, mustBeElf ? "a program's file" : "an image's file");
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, useAsync: true);
        long length = file.CanSeek ? file.Length : 0;
        var buffer = new byte[Math.Clamp(length + 1, LeastRoom, First)];
        int count = 0;
        for (int read; (read = await file.ReadAsync(buffer.AsMemory(count), cancellationToken).ConfigureAwait(false)) > 0;)
        {
            count += read;
            if (count > Most || (mustBeElf && count >= 4 && !buffer.AsSpan(0, 4).SequenceEqual("\u007fELF"u8)))
            {
                break;
            }

            if (count == buffer.Length)
            {
                // Of a file with a length all of it, and a byte more: what comes after that is its end.
                Array.Resize(ref buffer, (int)Math.Min(Math.Max(2L * count, length + 1), Most + 1));
            }
        }

        return buffer.AsMemory(0, count);
    }

    /// <summary>Why a path or its bytes cannot be a program, as far as the host sees it; null: the loader decides.</summary>
    public static string? Problem(ReadOnlyMemory<byte> image) =>
        image.Length > Most ? $"more than {Most >> 20} MiB, or without an end; a program's file is wanted" : null;
}

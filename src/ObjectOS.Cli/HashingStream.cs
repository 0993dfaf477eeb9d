using System.Security.Cryptography;

namespace ObjectOS.Cli;

/// <summary>Passes on what is written to it and keeps a hash of it if that is wanted.</summary>
/// <param name="inner">Where it goes.</param>
/// <param name="isHashed">False: it is passed on alone. The library for hashes takes longer to load than a small program takes to run.</param>
internal sealed class HashingStream(Stream inner, bool isHashed) : Stream
{
    private const int BrokenPipe = 32; // EPIPE

    private readonly IncrementalHash? _hash = !isHashed ? null : IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>The hash in hexadecimal digits; empty if it is not wanted.</summary>
    public string Sha256 => _hash is null ? "" : Convert.ToHexStringLower(_hash.GetCurrentHash());

    /// <summary>Why a write failed, if one did where somebody still listens: the guest may have ended without having been told.</summary>
    public string? Problem { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer);
        _hash?.AppendData(buffer);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e) when (e.HResult != BrokenPipe)
        {
            Problem = e.Message;
            throw;
        }

        _hash?.AppendData(buffer.Span);
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        _hash?.Dispose();
        inner.Dispose();
        base.Dispose(disposing);
    }
}

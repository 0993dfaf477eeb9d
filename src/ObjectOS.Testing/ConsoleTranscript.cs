using System.Text;
using Nito.AsyncEx;

namespace ObjectOS.Testing;

/// <summary>The stream that a guest writes to, kept as text. Thread-safe.</summary>
internal sealed class ConsoleTranscript : Stream
{
    private readonly AsyncMonitor _changed = new();
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly StringBuilder _text = new();
    private bool _hasEnded;

    public event Action<string>? Written;

    public string Text
    {
        get
        {
            using (_changed.Enter())
            {
                return _text.ToString();
            }
        }
    }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Waits until something is found in the text; null for the match if the guest has ended without it.</summary>
    public async Task<(string Text, (int At, int Length)? Match)> WaitAsync(Func<string, (int At, int Length)?> find, CancellationToken cancellationToken)
    {
        using (await _changed.EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            while (true)
            {
                string text = _text.ToString();
                if (find(text) is { } match)
                {
                    return (text, match);
                }

                if (_hasEnded)
                {
                    return (text, null);
                }

                await _changed.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Nothing more is written.</summary>
    public async Task EndAsync()
    {
        using (await _changed.EnterAsync().ConfigureAwait(false))
        {
            _hasEnded = true;
            _changed.PulseAll();
        }
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        string piece;
        using (await _changed.EnterAsync(cancellationToken).ConfigureAwait(false))
        {
            var characters = new char[_decoder.GetCharCount(buffer.Span, flush: false)];
            _decoder.GetChars(buffer.Span, characters, flush: false);
            piece = new string(characters);
            _text.Append(piece);
            _changed.PulseAll();
        }

        Written?.Invoke(piece);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("The console is written asynchronously.");

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}

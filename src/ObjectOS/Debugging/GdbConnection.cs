using System.Globalization;
using System.Text;
using System.Threading.Channels;

namespace ObjectOS.Debugging;

/// <summary>Packets of gdb's remote protocol over a stream: <c>$contents#checksum</c>, acknowledged until both sides agree not to.</summary>
internal sealed class GdbConnection(Stream stream)
{
    /// <summary>Most bytes of a packet.</summary>
    public const int MostBytes = 1 << 14;

    private readonly Channel<string> _packets = Channel.CreateBounded<string>(64);
    private volatile CancellationTokenSource? _interrupt;
    private volatile bool _acknowledges = true;

    /// <summary>Cancelled when gdb sends an interrupt (0x03) or goes away; null: nothing waits for it.</summary>
    public CancellationTokenSource? Interrupt
    {
        set => _interrupt = value;
    }

    /// <summary>Nothing is acknowledged from now on.</summary>
    public void StopAcknowledging() => _acknowledges = false;

    /// <summary>The next packet; null: gdb has gone.</summary>
    public async Task<string?> ReadAsync(CancellationToken cancellationToken) =>
        await _packets.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false) && _packets.Reader.TryRead(out string? packet) ? packet : null;

    public async Task SendAsync(string contents, CancellationToken cancellationToken)
    {
        int sum = 0;
        foreach (char c in contents)
        {
            sum += (byte)c;
        }

        byte[] packet = Encoding.Latin1.GetBytes(string.Create(CultureInfo.InvariantCulture, $"${contents}#{(byte)sum:x2}"));
        await stream.WriteAsync(packet, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Receives until gdb goes away.</summary>
    public async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        var packet = new StringBuilder();
        int state = 0, sum = 0, given = 0;
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                for (int i = 0; i < count; i++)
                {
                    (state, sum, given) = await TakeAsync((char)buffer[i], packet, state, sum, given, cancellationToken).ConfigureAwait(false);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // It has gone.
        }

        _packets.Writer.TryComplete();
        _interrupt?.Cancel();
    }

    /// <summary>State 0: between packets; 1: in one; 2 and 3: in its checksum.</summary>
    private async ValueTask<(int State, int Sum, int Given)> TakeAsync(char c, StringBuilder packet, int state, int sum, int given, CancellationToken cancellationToken)
    {
        switch (state)
        {
            case 0 when c == '\u0003':
                _interrupt?.Cancel();
                return (0, 0, 0);
            case 0:
                packet.Clear();
                return (c == '$' ? 1 : 0, 0, 0);
            case 1 when c == '#':
                return (2, sum, 0);
            case 1:
                if (packet.Length < MostBytes)
                {
                    packet.Append(c);
                }

                return (1, sum + c, 0);
            case 2:
                return (3, sum, Digit(c) << 4);
            default:
                await EndAsync(packet.ToString(), (byte)sum == (given | Digit(c)), cancellationToken).ConfigureAwait(false);
                return (0, 0, 0);
        }
    }

    private async ValueTask EndAsync(string packet, bool isGood, CancellationToken cancellationToken)
    {
        if (_acknowledges)
        {
            await stream.WriteAsync(isGood ? "+"u8.ToArray() : "-"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        }

        if (isGood || !_acknowledges)
        {
            await _packets.Writer.WriteAsync(packet, cancellationToken).ConfigureAwait(false);
        }
    }

    private static int Digit(char c) => char.IsAsciiHexDigit(c) ? Convert.ToInt32(c.ToString(), 16) : 0;
}

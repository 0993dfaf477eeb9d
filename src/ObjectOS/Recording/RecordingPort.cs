using ObjectOS.Abi;

namespace ObjectOS.Recording;

/// <summary>A root cell's port whose invocations are logged.</summary>
internal sealed class RecordingPort(Recorder recorder, IInvocationPort inner, int kernel) : IInvocationPort
{
    /// <summary>Bytes that one recorded invocation can read.</summary>
    public const int MostRead = 1 << 20;

    public ulong Now => inner.Now;

    public KernelStatus Invoke(Call number, ref InvocationFrame frame, ReadOnlySpan<byte> source = default, Span<byte> destination = default)
    {
        if (destination.Length > MostRead)
        {
            throw new NotSupportedException($"An invocation that is recorded reads at most {MostRead} bytes; {destination.Length} are asked for.");
        }

        int mark = recorder.Mark;
        var log = recorder.Begin(RecordKind.Invocation);
        log.Number((ulong)kernel);
        log.Number((ulong)number);
        int words = InvocationFrame.Length;
        while (words > 0 && frame[words - 1] == 0)
        {
            words--;
        }

        log.Byte((byte)words);
        for (int i = 0; i < words; i++)
        {
            log.Number(frame[i]);
        }

        recorder.Source(source);
        log.Number((ulong)destination.Length);
        try
        {
            var status = inner.Invoke(number, ref frame, source, destination);
            log.Signed((int)status);
            return status;
        }
        catch
        {
            recorder.TakeBack(mark);
            throw;
        }
    }
}

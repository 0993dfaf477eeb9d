namespace ObjectOS.Machine.Memory;

/// <summary>Counts what the decoded code of one memory takes of the host.</summary>
internal sealed class CodeMeter
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(long bytes) => Interlocked.Add(ref _bytes, bytes);
}

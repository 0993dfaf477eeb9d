namespace ObjectOS.Machine.Memory;

/// <summary>Counts what the decoded code of one memory takes of the host.</summary>
internal sealed class CodeMeter
{
    private long _bytes;

    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>The most that it took.</summary>
    public long Peak { get; private set; }

    public void Add(long bytes) => Peak = Math.Max(Peak, Interlocked.Add(ref _bytes, bytes));
}

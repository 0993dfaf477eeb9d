using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Objects;

/// <summary>Bytes that services have read and written for a thread or in a space since its last event, as digests and samples.</summary>
internal struct Transfer
{
    public ulong Input;
    public ulong Output;
    public byte[]? InputSample;
    public byte[]? OutputSample;

    public void AddInput(ReadOnlySpan<byte> bytes, bool withSample) => Add(ref Input, ref InputSample, bytes, withSample);

    public void AddOutput(ReadOnlySpan<byte> bytes, bool withSample) => Add(ref Output, ref OutputSample, bytes, withSample);

    private static void Add(ref ulong digest, ref byte[]? sample, ReadOnlySpan<byte> bytes, bool withSample)
    {
        digest = Digest64.Add(digest, bytes);
        int kept = sample?.Length ?? 0;
        if (withSample && kept < EventRecord.SampleBytes)
        {
            sample = [.. sample ?? [], .. bytes[..Math.Min(bytes.Length, EventRecord.SampleBytes - kept)]];
        }
    }
}

using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>A program that makes the calls that a test lists, then writes all results, 8 bytes each, and ends. A child of clone goes on where it is told.</summary>
internal sealed class CallList
{
    public const ulong ThreadFlags = 0x50f00;
    public const ulong CurrentDirectory = unchecked((ulong)-100L);

    private const ulong ResultMark = 0xfeed_0000_0000_0000;

    private readonly byte[] _data = new byte[FuzzData.Bytes];
    private readonly List<(ulong[] Words, int Skip)> _calls = [];
    private int _used;

    /// <summary>4 KiB to write to.</summary>
    public static ulong Buffer => FuzzData.At + 0x14000;

    /// <summary>The end of a stack for a thread.</summary>
    public static ulong Stack => FuzzData.At + 0x17ff0;

    /// <summary>An argument: what that call of the list gave back.</summary>
    public static ulong Result(int call) => ResultMark + (ulong)call;

    public ulong Text(string text) => Put(Encoding.UTF8.GetBytes(text + "\0"));

    public ulong Words(params ulong[] words) => Put([.. words.SelectMany(BitConverter.GetBytes)]);

    /// <summary>Lists a call; its number in the list.</summary>
    public int Call(int number, params ulong[] arguments)
    {
        _calls.Add(([(ulong)number, .. arguments], 0));
        return _calls.Count - 1;
    }

    /// <summary>Lists a clone; the child skips what <paramref name="parent"/> lists.</summary>
    public int Clone(ulong flags, ulong stack, Action parent)
    {
        int at = Call(220, flags, stack);
        parent();
        _calls[at] = (_calls[at].Words, _calls.Count - at - 1);
        return at;
    }

    /// <summary>Lists the end of a process that writes the results first.</summary>
    public void End()
    {
        Call(64, 1, FuzzScript.ResultsAt, FuzzScript.Results * 8);
        Call(94, 0);
    }

    public byte[] ToProgram()
    {
        End();
        var script = new byte[_calls.Count * 64];
        for (int i = 0; i < _calls.Count; i++)
        {
            ulong meta = ((ulong)(i % FuzzScript.Results) * 8 << 32) | ((ulong)_calls[i].Skip << 16);
            for (int k = 0; k < _calls[i].Words.Length; k++)
            {
                ulong word = _calls[i].Words[k];
                bool isResult = k > 0 && word >> 48 == ResultMark >> 48;
                meta |= isResult ? 1UL << (k - 1) : 0;
                BinaryPrimitives.WriteUInt64LittleEndian(script.AsSpan((i * 64) + (k * 8)), isResult ? (word & 0xffff) * 8 : word);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(script.AsSpan((i * 64) + 56), meta);
        }

        return FuzzProgram.Make(_data, script);
    }

    /// <summary>The results that the program wrote.</summary>
    public static long[] Read(string output) =>
        [.. Enumerable.Range(0, output.Length / 8).Select(i => BinaryPrimitives.ReadInt64LittleEndian(Encoding.Latin1.GetBytes(output).AsSpan(i * 8)))];

    public ulong Put(byte[] bytes)
    {
        ulong at = FuzzData.At + (ulong)_used;
        bytes.CopyTo(_data, _used);
        _used += (bytes.Length + 7) & ~7;
        return at;
    }
}

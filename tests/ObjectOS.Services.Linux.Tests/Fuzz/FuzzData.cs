using System.Buffers.Binary;
using System.Text;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>What lies in a fuzzing guest's memory for its calls to point to: paths, vectors, times, actions, rubbish.</summary>
internal sealed class FuzzData
{
    public const ulong At = 0x20000;
    public const int Bytes = 0x18000;

    private readonly byte[] _bytes = new byte[Bytes];
    private int _used;

    public FuzzData(Random random, ulong[] handlers)
    {
        foreach (string path in Texts())
        {
            Paths.Add(Put(Encoding.Latin1.GetBytes(path + "\0")));
        }

        ulong[] pointers = [.. Paths[..8], 0, At, At + Bytes - 3, 0x3fffffffff, ulong.MaxValue - 7, 1];
        for (int i = 0; i < 6; i++)
        {
            Vectors.Add(Words(Enumerable.Range(0, i == 5 ? 2048 : 8)
                .Select(k => k % 2 == 0 ? Pick(random, pointers) : Pick(random, FuzzScript.Lengths)).ToArray()));
            Lists.Add(Words([.. Enumerable.Range(0, i * 3).Select(_ => Pick(random, i < 4 ? pointers[..8] : pointers)), 0]));
        }

        ulong[] times = [0, 1, 1000, 1_000_000, 999_999_999, 1_000_000_000, 1UL << 33, (1UL << 33) - 1, ulong.MaxValue, 1UL << 62, 0x3fffffff, 0x3ffffffe];
        for (int i = 0; i < 8; i++)
        {
            Times.Add(i < 4 ? Words(0, Pick(random, times[..4]), 0, Pick(random, times[..4])) : Words(Pick(random, times), Pick(random, times), Pick(random, times), Pick(random, times)));
            Sets.Add(Words(Pick(random, [0, 1, 0x10000, 0x1_0400, ulong.MaxValue, 1UL << 63, 0x200])));
            Actions.Add(Words(Pick(random, [.. handlers, 0, 1, 3, ulong.MaxValue]), Pick(random, [0, 4, 0x10000000, 0x40000004, 0x80000000, 0x08000004, 2, ulong.MaxValue]), Pick(random, [0, ulong.MaxValue, 0x10000])));
        }

        Actions.Add(Words(At + 0x10000, 0, 8192, At + 0x10000, 2, 0, 0, 0, ulong.MaxValue));
        var rubbish = new byte[1024];
        random.NextBytes(rubbish);
        Others.Add(Put(rubbish));
        Others.Add(Put(new byte[4096]));
        Others.Add(At + 0x14000);
    }

    public List<ulong> Paths { get; } = [];

    public List<ulong> Vectors { get; } = [];

    /// <summary>Lists of pointers that end with zero, mostly.</summary>
    public List<ulong> Lists { get; } = [];

    public List<ulong> Times { get; } = [];

    public List<ulong> Sets { get; } = [];

    public List<ulong> Actions { get; } = [];

    /// <summary>Rubbish, and places to write to.</summary>
    public List<ulong> Others { get; } = [];

    public byte[] ToArray() => _bytes;

    public static ulong Pick(Random random, IReadOnlyList<ulong> list) => list[random.Next(list.Count)];

    private static IEnumerable<string> Texts() =>
    [
        "/tmp/a", "/tmp/b", "a", "/w/a", "/w/b", "/proc/self/exe", "/tmp/d", "/w/d", "/tmp/l", "/w/l", "/proc/x", "/proc/self/x", "/proc/self", "/proc/self/fd/1", "/proc/self/fd/3",
        "/proc/self/cwd", "/proc", "/proc/self/maps", "/proc/cpuinfo", "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/stdin", "/dev/stdout", "/dev/tty", "/dev/fd/0", "/dev/fd", "", "/", ".", "..",
        "../../..", "/w/../..", "/w/..", "/w/../tmp/a", "/w/./d/../../tmp", "/w/d/x", "/tmp/d/x", "d/x", "/w/", "/tmp/a/", "/tmp/d/.", "/tmp", "/w", "/tmp/l/exe", "/tmp/l/x", "/tmp/../proc/d", "//tmp//b",
        "/tmp/\u00ff\u00fe\u0080", "/w/\u00c3\u0028\u00f0", "/w/l/../l/x", "\u0001", new string('n', 255), new string('n', 256), "/tmp/" + new string('m', 255), "/w/" + new string('m', 255),
        string.Concat(Enumerable.Repeat("/.", 2047)), "/" + string.Concat(Enumerable.Repeat("d/", 2040)), "/" + new string('x', 4094), new string('y', 4200),
    ];

    private ulong Words(params ulong[] words)
    {
        var bytes = new byte[words.Length * 8];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), words[i]);
        }

        return Put(bytes);
    }

    private ulong Put(byte[] bytes)
    {
        ulong at = At + (ulong)_used;
        bytes.CopyTo(_bytes, _used);
        _used += (bytes.Length + 7) & ~7;
        return at;
    }
}

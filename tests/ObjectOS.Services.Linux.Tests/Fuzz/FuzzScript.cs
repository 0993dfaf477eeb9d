using System.Buffers.Binary;

namespace ObjectOS.Services.Linux.Tests.Fuzz;

/// <summary>
/// A list of calls that a fuzzing guest makes one after the other: 64 bytes each: number, six arguments, and a word that says which
/// arguments are offsets into the results so far (bits 0 to 5), how many calls a child skips (16 to 31) and where the result goes (32 and up).
/// </summary>
internal sealed class FuzzScript(Random random, FuzzData data, ulong[] handlers)
{
    public const ulong At = 0x40000;
    public const ulong ResultsAt = 0x3f000;
    public const int Results = 64;

    public static readonly ulong[] Lengths =
        [0, 1, 7, 8, 16, 24, 64, 4095, 4096, 4097, 65536, 1 << 20, (1 << 20) + 1, int.MaxValue, 1UL << 31, uint.MaxValue, 1UL << 32, 1UL << 38, long.MaxValue, 1UL << 63, ulong.MaxValue - 4095, ulong.MaxValue];

    private static readonly ulong[] Addresses =
        [0, 1, 0xfff, 0x1000, 0x10000, FuzzData.At, FuzzData.At + 0x16000, At, 0x100000, 0x10_0000_0000, 0x3f_ffe0_0000, 0x3f_ffef_f000, 0x3f_ffef_f800, 0x3f_ffff_0000, 0x3f_ffff_f000, 0x40_0000_0000, 1UL << 63, ulong.MaxValue, ulong.MaxValue - 4095];

    private static readonly ulong[] Flags =
        [0, 1, 2, 3, 4, 5, 8, 9, 0x10, 0x20, 0x22, 0x32, 0x21, 0x31, 0x12, 0x100022, 0x40, 0x41, 0x42, 0x242, 0x442, 0x842, 0x2441, 0xc2, 0x800, 0x80000, 0x10000, 0x210000, 0x410002, 0x100, 0x200, 0x1000, 0x1000000, 1030, 1032, 0x5413, 0x541b, 0x5421, 0x80, 0x81, 0x83, 0x84, 0x85, 0x89, 0x8a, 0x105, ulong.MaxValue];

    private static readonly ulong[] Handled = [10, 12, 13, 14, 15, 64];

    private static readonly ulong[] CloneFlags =
        [17, 17, 0x4111, 0x4011, 0x50f00, 0x50f00, 0x3d0f00, 0x1310f00, 0x10000, 0x10f00, 0x100, 0x01200011, 0x1100011, 0, ulong.MaxValue];

    /// <summary>
    /// Each call with what its arguments are: f descriptor, s path, p a place, l length, n small number, v vectors, w list of pointers,
    /// t time, m signal set, h signal action, g signal, k process or thread, c clone's flags, x stack, a address, P page address, o offset, − zero.
    /// </summary>
    private static readonly (int Number, string Arguments, int Weight)[] Calls =
    [
        (17, "pl", 1), (19, "nn", 2), (20, "n", 2), (21, "fnfp", 4), (22, "fpnnm", 2), (23, "f", 3), (24, "ffn", 3), (25, "fnn", 4), (29, "fnp", 3), (34, "dsn", 4), (35, "dsn", 4),
        (36, "sds", 4), (37, "dsdsn", 1), (38, "dsds", 5), (43, "sp", 1), (44, "fp", 1), (45, "so", 2), (46, "fo", 4), (48, "dsn", 2), (49, "s", 3), (50, "f", 1), (52, "fn", 1),
        (53, "dsn", 1), (56, "dsnn", 14), (57, "f", 4), (59, "pn", 5), (61, "fpl", 3), (62, "fon", 4), (63, "fpl", 6), (64, "fpl", 8), (65, "fvn", 4), (66, "fvn", 6), (67, "fplo", 3),
        (68, "fplo", 3), (71, "ffpl", 1), (72, "nppptp", 2), (73, "pntm", 3), (78, "dspl", 2), (79, "dspn", 3), (80, "fp", 2), (82, "f", 1), (88, "dstn", 2), (93, "n", 1), (95, "nkpn", 1),
        (96, "a", 1), (98, "pnntpn", 6), (99, "al", 1), (101, "tp", 2), (102, "np", 1), (103, "ntp", 2), (113, "np", 1), (115, "nntp", 2), (121, "kp", 1), (123, "klp", 1), (124, "", 2), (129, "kg", 2),
        (130, "kg", 2), (131, "kkg", 2), (132, "hp", 2), (133, "ml", 1), (134, "ghp", 6), (135, "nmpl", 4), (136, "pl", 1), (137, "mptl", 1), (139, "", 1), (153, "p", 1), (154, "kk", 1), (155, "k", 1),
        (156, "k", 1), (157, "", 1), (160, "a", 1), (163, "np", 1), (165, "np", 1), (166, "n", 1), (167, "np", 1), (168, "pp", 1), (169, "pp", 1), (172, "", 1), (178, "", 1), (179, "a", 1), (200, "fpl", 1),
        (214, "P", 4), (215, "Pl", 3), (216, "PllnP", 4), (220, "cxpap", 10), (221, "sww", 1), (222, "Plnnfo", 10), (226, "Pln", 4), (233, "Pln", 2), (260, "kpnp", 4), (261, "knpp", 1),
        (276, "dsdsn", 3), (278, "pl", 2), (283, "n", 1), (291, "dsnnp", 1), (439, "dsn", 1), (9999, "ppp", 1),
    ];

    private static readonly int[] Wheel = [.. Calls.SelectMany((call, index) => Enumerable.Repeat(index, call.Weight))];

    /// <summary>Makes a script of that many calls; the last ends the process.</summary>
    public byte[] Make(int count)
    {
        var bytes = new byte[(count + 64) * 64];
        for (int i = 0; i < count + 64; i++)
        {
            var record = bytes.AsSpan(i * 64, 64);
            var (number, arguments, _) = Calls[Wheel[random.Next(Wheel.Length)]];
            if (i < Handled.Length)
            {
                (number, arguments) = (134, "-h"); // Most signals are handled, so that they end few.
            }
            else if (i >= count)
            {
                (number, arguments) = (i % 2 == 0 ? 93 : 94, "n");
            }

            ulong meta = ((ulong)(i % Results) * 8 << 32) | ((ulong)Math.Min(random.Next(12), Math.Max(0, count - i)) << 16);
            BinaryPrimitives.WriteInt64LittleEndian(record, number);
            for (int k = 0; k < 6; k++)
            {
                ulong value = k < arguments.Length ? Argument(arguments[k], k, ref meta) : 0;
                BinaryPrimitives.WriteUInt64LittleEndian(record[(8 * (k + 1))..], value);
            }

            if (i < Handled.Length)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(record[8..], Handled[i]);
            }

            BinaryPrimitives.WriteUInt64LittleEndian(record[56..], meta);
        }

        return bytes;
    }

    private ulong Argument(char kind, int index, ref ulong meta)
    {
        int chance = random.Next(100);
        if (chance < 4)
        {
            return FuzzData.Pick(random, random.Next(2) == 0 ? Lengths : Addresses);
        }

        if (chance < (kind is 'f' or 'k' or 'P' or 'd' ? 40 : 6))
        {
            meta |= 1UL << index;
            return (ulong)random.Next(Results) * 8;
        }

        return kind switch
        {
            'f' => (ulong)random.Next(chance < 90 ? 10 : 1026),
            'd' => chance < 80 ? unchecked((ulong)-100L) : (ulong)random.Next(10),
            's' => FuzzData.Pick(random, data.Paths),
            'p' => FuzzData.Pick(random, chance < 70 ? data.Others : chance < 80 ? data.Times : chance < 90 ? data.Vectors : data.Sets),
            'l' => FuzzData.Pick(random, chance < 60 ? Lengths[..12] : Lengths),
            'n' => FuzzData.Pick(random, chance < 60 ? Flags[..8] : Flags),
            'v' => FuzzData.Pick(random, data.Vectors),
            'w' => FuzzData.Pick(random, data.Lists),
            't' => FuzzData.Pick(random, chance < 85 ? data.Times[..4] : data.Times),
            'm' => FuzzData.Pick(random, data.Sets),
            'h' => FuzzData.Pick(random, data.Actions),
            'g' => FuzzData.Pick(random, [0, 10, 12, 14, 15, 17, 13, 11, 64, 65, 10, 12, 17, chance < 10 ? 9UL : 10]),
            'k' => FuzzData.Pick(random, [0, 100, 101, 102, 103, ulong.MaxValue, unchecked((ulong)-100L), 1]),
            'c' => FuzzData.Pick(random, CloneFlags),
            'x' => FuzzData.Pick(random, [0, 0x3f_ffe0_8000, 0x3f_ffe1_0000, FuzzData.At + 0x15000, 0x3f_ffe2_0008, chance < 20 ? 8UL : 0]),
            'a' => FuzzData.Pick(random, chance < 50 ? handlers : Addresses),
            'P' => chance < 60 ? 0 : FuzzData.Pick(random, chance < 90 ? [0x100000, 0x102000, 0x3f_ffe0_0000, 0x3f_ff00_0000, FuzzData.At + 0x16000, 0x90000, 0x200000] : Addresses),
            'o' => FuzzData.Pick(random, chance < 60 ? [0, 1, 4096, 8192, 100] : Lengths),
            _ => 0,
        };
    }
}

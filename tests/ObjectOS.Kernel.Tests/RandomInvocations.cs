using ObjectOS.Abi;

namespace ObjectOS.Tests.Kernels;

/// <summary>Invocations out of the table with arguments that often make sense, from a seed.</summary>
internal sealed class RandomInvocations(Random random, bool repeatingTimers = true)
{
    /// <summary>Slots that are used at all.</summary>
    public const uint Slots = 40;

    /// <summary>The first slot that nothing is put into on purpose.</summary>
    private const uint FirstFree = 15;

    /// <summary>Where a table usually has a thread that is a hart of an operating system.</summary>
    public const uint UsualHart = 14;

    private static readonly InvocationRow[] Choices =
        [.. InvocationTable.Rows.Where(row => row.Target != ObjectKind.HostPort)];

    private static readonly Call[] Common =
    [
        Call.EndpointCall, Call.EndpointReceive, Call.ReplySend, Call.ReplyCopyIn, Call.ReplyCopyIn, Call.ReplyCopyOut, Call.SpaceMap, Call.SpaceProtect,
        Call.SpaceRead,
    ];

    /// <summary>A call and the words of its frame.</summary>
    public (Call Call, ulong[] Words) Next()
    {
        var row = Choices[random.Next(Choices.Length)];
        if (random.Next(4) == 0)
        {
            // What needs a meeting or a mapping would else be rare.
            row = InvocationTable.Find((ulong)Common[random.Next(Common.Length)])!;
        }

        var words = new ulong[InvocationFrame.Length];
        bool isOfHart = row.Target == ObjectKind.Thread && row.Name.StartsWith("hart_", StringComparison.Ordinal);
        words[0] = row.Target == ObjectKind.None ? Slot() : isOfHart && random.Next(4) > 0 ? UsualHart : Of(row.Target);
        for (int i = 0; i < row.Arguments.Length; i++)
        {
            string name = row.Arguments[i];
            words[i + 1] = Argument(name == "period" && row.Arguments.Contains("budget") ? "share_period" : name);
        }

        return (row.Number, words);
    }

    public Script NextScript(int length)
    {
        var script = new Script();
        for (int i = 0; i < length; i++)
        {
            var (call, words) = Next();
            script.Add(call, words);
        }

        return script;
    }

    /// <summary>Where a table usually has an object of a kind.</summary>
    public static uint Usual(ObjectKind kind) => kind switch
    {
        ObjectKind.Cell => 12,
        ObjectKind.AddressSpace => 3,
        ObjectKind.MemoryObject => 4,
        ObjectKind.Thread => 5,
        ObjectKind.Endpoint => 6,
        ObjectKind.Notification => 8,
        ObjectKind.Timer => 9,
        ObjectKind.SchedulingContext => 10,
        ObjectKind.Reply => 11,
        ObjectKind.VCpu => 13,
        _ => 0,
    };

    private ulong Slot() => (ulong)random.Next((int)Slots);

    private ulong Of(ObjectKind kind) => random.Next(6) switch
    {
        0 => Slot(),
        1 when kind == ObjectKind.Cell => 1,
        2 when kind == ObjectKind.Endpoint => 7,
        _ => Usual(kind),
    };

    private ulong Free() => random.Next(5) == 0 ? Slot() : (ulong)random.Next((int)FirstFree, (int)Slots);

    private ulong Argument(string name) => name switch
    {
        "destination" => Free(),
        "source" or "capability" => Slot(),
        "endpoint" => Of(ObjectKind.Endpoint),
        "notification" => Of(ObjectKind.Notification),
        "space" => Of(ObjectKind.AddressSpace),
        "memory" => Of(ObjectKind.MemoryObject),
        "cell" => Of(ObjectKind.Cell),
        "reply_slot" => random.Next(3) == 0 ? Free() : Usual(ObjectKind.Reply),
        "capability_slot" => random.Next(2) == 0 ? Free() : 0,
        "scheduling_context" => random.Next(3) == 0 ? Of(ObjectKind.SchedulingContext) : 0,
        "rights" => random.Next(3) == 0 ? (ulong)random.Next(32) : 31,
        "badge" => (ulong)random.Next(3),
        "memory_bytes" => (ulong)random.Next(64) * 4096,
        "objects" => (ulong)random.Next(60),
        "bytes" => (ulong)random.Next(1, 40) * 2048,
        "address" => 0x100000 + ((ulong)random.Next(8) * 4096),
        "offset" => (ulong)random.Next(4) * 4096,
        "length" => random.Next(4) switch { 0 => (ulong)random.Next(200), 1 => random.Next(2) == 0 ? 520UL : 392, _ => (ulong)random.Next(6) * 4096 },
        "page_rights" => (ulong)random.Next(8),
        "deadline" => (ulong)random.Next(2_000_000),
        "period" => repeatingTimers && random.Next(3) == 0 ? (ulong)random.Next(200_000) : 0,
        "share_period" => (ulong)random.Next(20_000, 200_000),
        "budget" => (ulong)random.Next(900, 20_000),
        "priority" => (ulong)random.Next(10, 34),
        "pc" => KernelFixture.Code,
        "sp" => KernelFixture.Data + 0x2000,
        "argument" or "buffer" or "lease_address" => KernelFixture.Data + ((ulong)random.Next(64) * 128),
        "lease_length" => (ulong)random.Next(300),
        "lease_rights" => (ulong)random.Next(4),
        "flags" => (ulong)random.Next(2),
        "instructions" => random.Next(3) == 0 ? (ulong)random.Next(100_000) : 0,
        "mode" => (uint)random.Next(8) | (random.Next(4) == 0 ? 39UL << 8 : 0),
        "mask" or "lines" => 1UL << random.Next(12) | (random.Next(8) == 0 ? 1UL << 63 : 0),
        "size" => 1UL << random.Next(4),
        "kind" => (ulong)random.Next(4),
        "bits" => 1UL << random.Next(4),
        _ => (ulong)random.Next(100),
    };
}

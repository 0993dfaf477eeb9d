using System.Globalization;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// What a virtual machine consists of beside harts and devices of the embedding program: where memory starts, and which parts stand where. By code, or
/// by a text such as <c>ram@0x80000000 plic@0xc000000 uart@0x10000000:10</c>: parts are <c>kind@address[:interrupt]</c>, separated by white space.
/// </summary>
public sealed record PlatformDescription
{
    /// <summary>The number of interrupt sources.</summary>
    public const int Sources = 96;

    private const int MostParts = 256;

    /// <summary>The layout of the well-known board <c>virt</c>.</summary>
    public static PlatformDescription Virt { get; } = new()
    {
        Parts =
        [
            new(PartKind.Test, 0x100000), new(PartKind.Clock, 0x101000, 11), new(PartKind.Clint, 0x2000000), new(PartKind.Plic, 0xc000000), new(PartKind.Uart, 0x10000000, 10),
            .. Enumerable.Range(0, 8).Select(slot => new PlatformPart(PartKind.VirtioSlot, 0x10001000 + ((ulong)slot * 0x1000), slot + 1)),
            new(PartKind.OwnDevices, 0x4000000, 32),
        ],
    };

    /// <summary>The first guest-physical address of memory, a multiple of 2 MiB.</summary>
    public ulong MemoryBase { get; init; } = 0x80000000;

    /// <summary>The parts.</summary>
    public IReadOnlyList<PlatformPart> Parts { get; init; } = [];

    /// <summary>The same with the legacy interface in all its virtio slots.</summary>
    public PlatformDescription WithLegacyVirtio() =>
        this with { Parts = [.. Parts.Select(part => part.Kind == PartKind.VirtioSlot ? part with { Kind = PartKind.LegacyVirtioSlot } : part)] };

    /// <summary>Its virtio slots, in the order in which they are filled.</summary>
    internal IEnumerable<PlatformPart> VirtioSlots => Parts.Where(part => part.Kind is PartKind.VirtioSlot or PartKind.LegacyVirtioSlot);

    /// <summary>Reads a text. False: <paramref name="problem"/> says in one sentence what is wrong with which part.</summary>
    public static bool TryParse(string text, out PlatformDescription platform, out string problem)
    {
        ArgumentNullException.ThrowIfNull(text);
        platform = new PlatformDescription();
        var parts = new List<PlatformPart>();
        foreach (string word in text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string[] halves = word.Split('@');
            string[] numbers = halves.Length == 2 ? halves[1].Split(':') : [];
            int interrupt = 0;
            if (numbers.Length is not (1 or 2) || !TryNumber(numbers[0], out ulong address) || (numbers.Length == 2 && !int.TryParse(numbers[1], NumberStyles.None, CultureInfo.InvariantCulture, out interrupt)))
            {
                problem = $"the platform's part \"{word}\" is not written as kind@address or kind@address:interrupt";
                return false;
            }

            if (halves[0] == "ram")
            {
                platform = platform with { MemoryBase = address };
            }
            else if (Array.IndexOf(Names, halves[0]) is >= 0 and var kind)
            {
                parts.Add(new PlatformPart((PartKind)kind, address, interrupt));
            }
            else
            {
                problem = $"the platform's part \"{word}\" is of no known kind: ram, {string.Join(", ", Names)} are known";
                return false;
            }
        }

        platform = platform with { Parts = parts };
        problem = platform.Problem() ?? "";
        return problem.Length == 0;
    }

    /// <summary>Says what is wrong with it; null where nothing is.</summary>
    public string? Problem()
    {
        if (MemoryBase % (2 << 20) != 0 || MemoryBase > 1UL << 48)
        {
            return $"memory starts at 0x{MemoryBase:x}: a multiple of 2 MiB below 2^48 is wanted";
        }

        foreach (var part in Parts)
        {
            if (part.Address % 4096 != 0 || part.Address > 1UL << 48)
            {
                return $"the part {NameOf(part.Kind)} is at 0x{part.Address:x}: a multiple of 4096 below 2^48 is wanted";
            }

            bool needsInterrupt = part.Kind is PartKind.Clock or PartKind.Uart or PartKind.VirtioSlot or PartKind.LegacyVirtioSlot or PartKind.OwnDevices;
            if (needsInterrupt && part.Interrupt is < 1 or > Sources)
            {
                return $"the part {NameOf(part.Kind)} at 0x{part.Address:x} has interrupt {part.Interrupt}: 1 to {Sources} is wanted";
            }
        }

        return null;
    }

    /// <summary>The text that <see cref="TryParse"/> reads.</summary>
    public override string ToString() => string.Join(' ', Parts
        .Select(part => string.Create(CultureInfo.InvariantCulture, $"{NameOf(part.Kind)}@0x{part.Address:x}{(part.Interrupt == 0 ? "" : ":" + part.Interrupt.ToString(CultureInfo.InvariantCulture))}"))
        .Prepend(string.Create(CultureInfo.InvariantCulture, $"ram@0x{MemoryBase:x}")));

    /// <summary>Writes it.</summary>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.Write(MemoryBase);
        writer.Write(Parts.Count);
        foreach (var part in Parts)
        {
            writer.Write((byte)part.Kind);
            writer.Write(part.Address);
            writer.Write(part.Interrupt);
        }
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is something else.</exception>
    public static PlatformDescription Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ulong memory = reader.ReadUInt64();
        int count = reader.ReadInt32();
        if (count is < 0 or > MostParts)
        {
            throw new InvalidDataException($"The platform has {count} parts; at most {MostParts} are allowed.");
        }

        var parts = new PlatformPart[count];
        for (int i = 0; i < count; i++)
        {
            parts[i] = new PlatformPart((PartKind)reader.ReadByte(), reader.ReadUInt64(), reader.ReadInt32());
        }

        return new PlatformDescription { MemoryBase = memory, Parts = parts };
    }

    private static readonly string[] Names = ["test", "rtc", "clint", "plic", "uart", "virtio", "devices", "virtio-legacy"];

    private static string NameOf(PartKind kind) => (int)kind < Names.Length ? Names[(int)kind] : $"{kind}";

    private static bool TryNumber(string text, out ulong value) => text.StartsWith("0x", StringComparison.Ordinal)
        ? ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value)
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}

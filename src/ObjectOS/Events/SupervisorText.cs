using ObjectOS.Cpu;
using ObjectOS.Services.Vmm;

namespace ObjectOS.Events;

/// <summary>Writes what a hart of a virtual machine asked its firmware and its devices for.</summary>
internal static class SupervisorText
{
    /// <summary>The SBI extension "TIME".</summary>
    public const uint TimeExtension = 0x54494D45;

    /// <summary>The SBI extension "set timer" of version 0.1.</summary>
    public const uint LegacySetTimer = 0;

    /// <summary>The SBI extension "console putchar" of version 0.1.</summary>
    private const uint LegacyPutCharacter = 1;

    /// <summary>True for registers that show or take times: those of the CLINT and of the clock, on the board <c>virt</c>.</summary>
    public static bool IsClock(ulong address) => DeviceAt(address)?.Kind is PartKind.Clint or PartKind.Clock;

    public static string Call(in EventRecord record)
    {
        uint extension = (uint)record.Number;
        uint function = (uint)(record.Number >> 32);
        if (extension == LegacyPutCharacter)
        {
            return $"console_putchar {Letter(record.Arguments[0])}";
        }

        string name = extension switch
        {
            0 => "set_timer (legacy)",
            2 => "console_getchar (legacy)",
            8 => "shutdown (legacy)",
            0x10 => $"base.{function}",
            TimeExtension => "time.set_timer",
            0x735049 => "ipi.send",
            0x52464E43 => $"rfence.{function}",
            0x48534D => $"hsm.{function}",
            0x53525354 => "srst.system_reset",
            0x4442434E => $"dbcn.{function}",
            0x504D55 => $"pmu.{function}",
            0x53555350 => "susp.suspend",
            _ => $"sbi 0x{extension:x}.{function}",
        };
        return $"{name}(0x{record.Arguments[0]:x}, 0x{record.Arguments[1]:x}, 0x{record.Arguments[2]:x}) = {(long)record.Result}, 0x{record.SecondResult:x}";
    }

    private static string Letter(ulong code) => (code & 0xff) switch
    {
        '\n' => "'\\n'",
        '\r' => "'\\r'",
        >= ' ' and < 0x7f => $"'{(char)(code & 0xff)}'",
        _ => $"0x{code & 0xff:x2}",
    };

    public static string Access(in EventRecord record)
    {
        ulong address = record.Arguments[0];
        bool isStore = (AccessKind)record.Arguments[2] == AccessKind.Store;
        string place = DeviceAt(address) is { } part
            ? $"{part.Kind.ToString().ToLowerInvariant()}@0x{part.Address:x}+0x{address - part.Address:x}"
            : $"device 0x{address:x}";
        if (isStore && DeviceAt(address) is { Kind: PartKind.Uart } uart && address == uart.Address)
        {
            return $"store {place} = {Letter(record.Arguments[1])}";
        }

        return isStore ? $"store {place} = 0x{record.Arguments[1]:x} ({record.Arguments[3]} bytes)" : $"load {place} = 0x{record.Result:x} ({record.Arguments[3]} bytes)";
    }

    private static readonly PlatformPart[] Parts = [.. PlatformDescription.Virt.Parts.OrderByDescending(part => part.Address)];

    private static PlatformPart? DeviceAt(ulong address)
    {
        foreach (var part in Parts)
        {
            if (part.Address <= address)
            {
                return part;
            }
        }

        return null;
    }
}

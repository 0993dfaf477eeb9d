using System.Globalization;
using ObjectOS.Services.Vmm;

namespace ObjectOS;

/// <summary>The value of <c>--publish</c>: <c>HOSTPORT:GUESTPORT[/tcp|/udp]</c>.</summary>
internal static class PublishOption
{
    /// <summary>The ports that a text names; null: it is something else.</summary>
    public static PublishSpec? Parse(string text)
    {
        string[] halves = text.Split('/');
        PublishProtocol? protocol = halves switch
        {
            [_] or [_, "tcp"] => PublishProtocol.Tcp,
            [_, "udp"] => PublishProtocol.Udp,
            _ => null,
        };
        string[] ports = halves[0].Split(':');
        return protocol is { } known && ports.Length == 2 && TryParsePort(ports[0], out int host) && TryParsePort(ports[1], out int guest)
            ? new PublishSpec(host, guest, known)
            : null;
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is >= 1 and <= 65535;
}

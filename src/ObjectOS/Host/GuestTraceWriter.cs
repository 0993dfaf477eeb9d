using System.Globalization;
using System.Text.Json;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Host;

/// <summary>Writes what harts do without their kernel as JSON lines, between the lines of the kernels.</summary>
/// <param name="writer">Where to.</param>
/// <param name="events">What.</param>
/// <param name="drain">Writes what the kernels have kept so far.</param>
internal sealed class GuestTraceWriter(TextWriter writer, GuestEvents events, Action drain) : IGuestObserver
{
    public void Trapped(HartContext context, TrapCause cause, ulong pc, ulong value, ulong retired)
    {
        if (events.HasFlag(GuestEvents.Traps))
        {
            Write(context, retired, "int", JsonNamingPolicy.CamelCase.ConvertName(cause.ToString()), [pc, value], context.Pc);
        }
    }

    public void Walked(HartContext context, AccessKind access, ulong address, ulong? physical)
    {
        if (events.HasFlag(GuestEvents.Walks))
        {
            Write(context, context.Retired, "mmu", JsonNamingPolicy.CamelCase.ConvertName(access.ToString()), [address], physical);
        }
    }

    private void Write(HartContext context, ulong retired, string kind, string name, ReadOnlySpan<ulong> arguments, ulong? result)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("n", retired);
            json.WriteNumber("hart", context.System!.Mhartid);
            json.WriteString("kind", kind);
            json.WriteString("name", name);
            json.WriteStartArray("args");
            foreach (ulong argument in arguments)
            {
                json.WriteStringValue(Hex(argument));
            }

            json.WriteEndArray();
            json.WriteString("result", result is { } value ? Hex(value) : null);
            json.WriteEndObject();
        }

        try
        {
            drain();
            writer.Write(System.Text.Encoding.UTF8.GetString(buffer.ToArray()));
            writer.Write('\n');
        }
        catch (IOException)
        {
            // The end of the slice fails for the same reason, and tells of it.
        }
    }

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}

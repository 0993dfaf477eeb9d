using System.Globalization;
using System.Text.Json;
using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Host;

/// <summary>Writes a kernel's trace records as JSON lines, with the path of its level.</summary>
/// <param name="writer">Where they go.</param>
/// <param name="level">The path of the kernel.</param>
/// <param name="linux">Names the system calls.</param>
internal sealed class TraceWriter(TextWriter writer, string level, ILinuxFactory linux)
{
    /// <summary>Writes every record that the kernel has kept.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Drain(IKernel kernel)
    {
        try
        {
            Write(kernel);
            writer.Flush();
        }
        catch (IOException e)
        {
            throw new IOException($"the trace cannot be written: {e.Message.TrimEnd('.')}", e);
        }
    }

    /// <summary>The same without a flush.</summary>
    public void Write(IKernel kernel)
    {
        while (kernel.TryTakeTrace(out var record))
        {
            writer.Write(ToLine(record));
            writer.Write('\n');
        }
    }

    private string ToLine(TraceRecord record)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("n", record.Retired);
            json.WriteString("level", level);
            json.WriteNumber("cell", record.Cell);
            json.WriteNumber("thread", record.Thread);
            json.WriteString("kind", record.Kind switch
            {
                TraceKind.Trap => "trap",
                TraceKind.End => "exit",
                TraceKind.SystemCall when linux.CallName(record.Number) is null => "unsupported",
                _ => "call",
            });
            json.WriteString("name", Name(record));
            json.WriteStartArray("args");
            foreach (ulong argument in record.Arguments)
            {
                json.WriteStringValue("0x" + argument.ToString("x", CultureInfo.InvariantCulture));
            }

            json.WriteEndArray();
            json.WriteNumber("result", (long)record.Result);
            json.WriteEndObject();
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private string Name(TraceRecord record) => record.Kind switch
    {
        TraceKind.Invocation => InvocationTable.Find(record.Number)?.Name ?? record.Number.ToString(CultureInfo.InvariantCulture),
        TraceKind.SystemCall => linux.CallName(record.Number) ?? record.Number.ToString(CultureInfo.InvariantCulture),
        TraceKind.Trap => JsonNamingPolicy.CamelCase.ConvertName(((TrapCause)record.Number).ToString()),
        _ => record.Number.ToString(CultureInfo.InvariantCulture),
    };
}

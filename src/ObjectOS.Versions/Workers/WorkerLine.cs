using System.Text.Json;
using System.Text.Json.Nodes;

namespace ObjectOS.Versions;

/// <summary>
/// One line between a tool and its worker: a JSON object in UTF-8, ended by LF. The worker greets with <c>protocol</c> and
/// <c>contract</c>. A request has <c>id</c>, <c>command</c> and <c>arguments</c>, or <c>id</c> and <c>cancel</c>; its answer has
/// <c>id</c> and, any number of times, <c>event</c>, then once <c>result</c> or <c>error</c>.
/// </summary>
internal static class WorkerLine
{
    /// <summary>The version of the protocol: raised with each change that the other side could misunderstand.</summary>
    public const int Protocol = 1;

    /// <summary>Reads the next line; null at the end, and for a line that is no object.</summary>
    public static async Task<JsonObject?> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            string? line = await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false);
            return line is null ? null : JsonNode.Parse(line) as JsonObject;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Writes a line whole.</summary>
    public static async Task WriteAsync(Stream stream, JsonObject line, SemaphoreSlim turn)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            line.WriteTo(writer);
        }

        buffer.WriteByte((byte)'\n');
        await turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(buffer.GetBuffer().AsMemory(0, (int)buffer.Length)).ConfigureAwait(false);
            await stream.FlushAsync().ConfigureAwait(false);
        }
        finally
        {
            turn.Release();
        }
    }
}

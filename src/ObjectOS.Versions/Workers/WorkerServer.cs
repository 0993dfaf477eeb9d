using System.Text.Json.Nodes;

namespace ObjectOS.Versions;

/// <summary>Carries out one command of a worker.</summary>
/// <param name="arguments">What the tool sent with it.</param>
/// <param name="events">Sends objects to the tool while the command goes on; any thread.</param>
/// <param name="cancellationToken">Cancelled if the tool no longer wants the result, or has gone.</param>
/// <returns>The result.</returns>
/// <exception cref="VersionException">It cannot be done; the tool gets the sentence.</exception>
public delegate Task<JsonObject> WorkerCommand(JsonObject arguments, IProgress<JsonObject> events, CancellationToken cancellationToken);

/// <summary>The worker's side: reads requests, carries them out side by side, and answers. It ends if its input does.</summary>
/// <param name="commands">The commands by their names.</param>
public sealed class WorkerServer(IReadOnlyDictionary<string, WorkerCommand> commands)
{
    /// <summary>Serves until the input ends, and then waits for what is under way to notice that.</summary>
    /// <param name="input">Requests, one line each.</param>
    /// <param name="output">Answers, one line each.</param>
    public async Task RunAsync(Stream input, Stream output)
    {
        using var reader = new StreamReader(input);
        using var stopping = new CancellationTokenSource();
        using var turn = new SemaphoreSlim(1);
        var running = new Dictionary<long, (Task Task, CancellationTokenSource Stop)>();
        await WorkerLine.WriteAsync(output,
            new JsonObject { ["protocol"] = WorkerLine.Protocol, ["contract"] = ContractAssemblies.Version.ToString(2) }, turn)
            .ConfigureAwait(false);
        while (await WorkerLine.ReadAsync(reader, CancellationToken.None).ConfigureAwait(false) is { } line)
        {
            foreach (var (ended, entry) in running.Where(entry => entry.Value.Task.IsCompleted).ToArray())
            {
                running.Remove(ended);
                entry.Stop.Dispose();
            }

            if (line["id"]?.GetValueKind() != System.Text.Json.JsonValueKind.Number)
            {
                break;
            }

            long id = (long)line["id"]!;
            if (line.ContainsKey("cancel"))
            {
                if (running.TryGetValue(id, out var entry))
                {
                    await entry.Stop.CancelAsync().ConfigureAwait(false);
                }
            }
            else
            {
                var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping.Token);
                running[id] = (Task.Run(() => ServeAsync(id, line, output, turn, stop.Token)), stop);
            }
        }

        await stopping.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(running.Values.Select(entry => entry.Task)).ConfigureAwait(false);
    }

    private async Task ServeAsync(long id, JsonObject line, Stream output, SemaphoreSlim turn, CancellationToken cancellationToken)
    {
        var answer = new JsonObject { ["id"] = id };
        try
        {
            string name = (string?)line["command"] ?? "";
            var events = new EventSender(id, output, turn);
            answer["result"] = commands.TryGetValue(name, out var command)
                ? await command(line["arguments"] as JsonObject ?? [], events, cancellationToken).ConfigureAwait(false)
                : throw new VersionException($"the worker has no command \"{name}\"");
        }
        catch (OperationCanceledException)
        {
            answer["error"] = "cancelled";
        }
        catch (VersionException e)
        {
            answer["error"] = e.Message;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // A command's failure is the tool's to report; the worker serves on.
            answer["error"] = $"the worker failed: {e}";
        }

        try
        {
            await WorkerLine.WriteAsync(output, answer, turn).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The tool has gone; the end of the input follows.
        }
    }

    /// <summary>Sends events in the order in which they are reported.</summary>
    private sealed class EventSender(long id, Stream output, SemaphoreSlim turn) : IProgress<JsonObject>
    {
        public void Report(JsonObject value)
        {
            try
            {
                WorkerLine.WriteAsync(output, new JsonObject { ["id"] = id, ["event"] = value }, turn).GetAwaiter().GetResult();
            }
            catch (IOException)
            {
                // As above.
            }
        }
    }
}

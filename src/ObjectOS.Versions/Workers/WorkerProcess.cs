using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;

namespace ObjectOS.Versions;

/// <summary>
/// A worker: a process of the .NET runtime that loads builds of the kernel and the services for a tool that cannot, or that wants them
/// apart from itself. Thread-safe. The worker ends with the process that started it.
/// </summary>
public sealed class WorkerProcess : IAsyncDisposable
{
    private const int MostErrorText = 4096;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly StreamReader _answers;
    private readonly SemaphoreSlim _turn = new(1);
    private readonly ConcurrentDictionary<long, Request> _requests = [];
    private readonly StringBuilder _errors = new();
    private Task _reading = Task.CompletedTask;
    private long _last;
    private volatile string? _end;

    private WorkerProcess(Process process)
    {
        _process = process;
        _answers = new StreamReader(process.StandardOutput.BaseStream, new UTF8Encoding(false));
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginErrorReadLine();
    }

    /// <summary>Starts a worker.</summary>
    /// <param name="location">Where it is; null: <see cref="WorkerLocation.Find()"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="VersionException">It cannot be started, or speaks another protocol; the message is one sentence.</exception>
    public static async Task<WorkerProcess> StartAsync(WorkerLocation? location = null, CancellationToken cancellationToken = default)
    {
        location ??= WorkerLocation.Find();
        var start = new ProcessStartInfo(location.Host, [location.Worker]) { UseShellExecute = false };
        start.RedirectStandardInput = start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["DOTNET_NOLOGO"] = "1";
        WorkerProcess worker;
        try
        {
            worker = new WorkerProcess(Process.Start(start)!);
        }
        catch (Win32Exception e)
        {
            throw new VersionException($"{location.Host}: cannot be started: {e.Message.TrimEnd('.')}", e);
        }

        try
        {
            await worker.GreetAsync(location, cancellationToken).ConfigureAwait(false);
            return worker;
        }
        catch
        {
            await worker.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Has the worker carry out a command.</summary>
    /// <param name="command">The command's name.</param>
    /// <param name="arguments">What goes with it.</param>
    /// <param name="events">Gets what the command reports before its end, in order; null: that is dropped.</param>
    /// <param name="cancellationToken">Cancels the command.</param>
    /// <returns>The result.</returns>
    /// <exception cref="VersionException">The command could not be carried out, or the worker ended; the message says why.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public async Task<JsonObject> RequestAsync(string command, JsonObject arguments, IProgress<JsonObject>? events = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        long id = Interlocked.Increment(ref _last);
        var request = new Request(events);
        _requests[id] = request;
        try
        {
            if (_end is { } end)
            {
                throw new VersionException(end);
            }

            await SendAsync(new JsonObject { ["id"] = id, ["command"] = command, ["arguments"] = arguments.DeepClone() })
                .ConfigureAwait(false);
            await using var registration = cancellationToken.Register(() => _ = CancelAsync(id)).ConfigureAwait(false);
            return await request.Result.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _requests.TryRemove(id, out _);
        }
    }

    /// <summary>Closes the worker's input, which ends it; one that does not end soon is killed.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has gone already.
        }

        using (var patience = new CancellationTokenSource(Patience))
        {
            try
            {
                await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
            }
        }

        await _reading.ConfigureAwait(false);
        _answers.Dispose();
        _process.Dispose();
        _turn.Dispose();
    }

    private async Task GreetAsync(WorkerLocation location, CancellationToken cancellationToken)
    {
        var greeting = await WorkerLine.ReadAsync(_answers, cancellationToken).ConfigureAwait(false);
        if (greeting is null)
        {
            throw new VersionException($"{location.Worker}: did not start: {await EndAsync().ConfigureAwait(false)}");
        }

        if ((int?)greeting["protocol"] != WorkerLine.Protocol)
        {
            throw new VersionException($"{location.Worker}: speaks protocol {greeting["protocol"]}, here is {WorkerLine.Protocol}");
        }

        _reading = Task.Run(ReadAnswersAsync, CancellationToken.None);
    }

    private async Task ReadAnswersAsync()
    {
        try
        {
            while (await WorkerLine.ReadAsync(_answers, CancellationToken.None).ConfigureAwait(false) is { } line)
            {
                if (line["id"] is { } id && _requests.TryGetValue((long)id, out var request))
                {
                    request.Take(line);
                }
            }
        }
        catch (IOException)
        {
            // The same as its end.
        }

        _end = $"the worker ended: {await EndAsync().ConfigureAwait(false)}";
        foreach (var request in _requests.Values)
        {
            request.Result.TrySetException(new VersionException(_end));
        }
    }

    private async Task<string> EndAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            _process.Kill(entireProcessTree: true);
            return "it wrote no answer, and was killed";
        }

        lock (_errors)
        {
            string text = _errors.ToString().Trim();
            return text.Length == 0 ? $"code {_process.ExitCode}"
                : $"code {_process.ExitCode}: {text.Split('\n')[0].TrimEnd('.', ' ', '\r')}";
        }
    }

    private async Task SendAsync(JsonObject line)
    {
        try
        {
            await WorkerLine.WriteAsync(_process.StandardInput.BaseStream, line, _turn).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new VersionException($"the worker ended: {await EndAsync().ConfigureAwait(false)}", e);
        }
    }

    private async Task CancelAsync(long id)
    {
        try
        {
            await SendAsync(new JsonObject { ["id"] = id, ["cancel"] = true }).ConfigureAwait(false);
        }
        catch (Exception e) when (e is VersionException or ObjectDisposedException or InvalidOperationException)
        {
            // It has ended, and the command with it.
        }
    }

    private void Keep(string? line)
    {
        lock (_errors)
        {
            if (line is not null && _errors.Length < MostErrorText)
            {
                _errors.Append(line).Append('\n');
            }
        }
    }

    private sealed class Request(IProgress<JsonObject>? events)
    {
        public TaskCompletionSource<JsonObject> Result { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Take(JsonObject line)
        {
            if (line["event"] is JsonObject reported)
            {
                events?.Report((JsonObject)reported.DeepClone());
            }
            else if (line["result"] is JsonObject result)
            {
                Result.TrySetResult((JsonObject)result.DeepClone());
            }
            else
            {
                Result.TrySetException(new VersionException((string?)line["error"] ?? "the worker answered nothing"));
            }
        }
    }
}

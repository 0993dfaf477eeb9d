using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;

namespace ObjectOS.Testing;

/// <summary>
/// The console of a program or a virtual machine, as a test uses it: it waits for text and sends lines. Each wait looks at what came after the end of
/// the match before. Every failure shows the transcript. Thread-safe; one wait at a time.
/// </summary>
/// <example>
/// <code>
/// await using var console = await GuestConsole.BootAsync(os, new MachineSpec { Kernel = "Image", Initrd = "initrd" });
/// await console.WaitForAsync("login: ", TimeSpan.FromSeconds(30));
/// await console.SendLineAsync("root");
/// </code>
/// </example>
public sealed class GuestConsole : IAsyncDisposable
{
    private readonly Pipe _input = new();
    private readonly ConsoleTranscript _transcript = new();
    private Cell _cell = null!;
    private int _at;

    private GuestConsole()
    {
    }

    /// <summary>The program or machine.</summary>
    public Cell Cell => _cell;

    /// <summary>All that was written to the console so far: standard output and error of a program, in its order.</summary>
    public string Transcript => _transcript.Text;

    /// <summary>Raised with each piece of output as it comes, on a host thread.</summary>
    public event Action<string>? Written
    {
        add => _transcript.Written += value;
        remove => _transcript.Written -= value;
    }

    /// <summary>Starts a program whose standard streams are the console.</summary>
    /// <param name="os">Where it runs.</param>
    /// <param name="spec">The program; its streams are replaced.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <remarks>Exceptions: those of <see cref="ObjectOs.StartAsync"/>.</remarks>
    public static async Task<GuestConsole> StartAsync(ObjectOs os, ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(os);
        ArgumentNullException.ThrowIfNull(spec);
        var console = new GuestConsole();
        console._cell = await os.StartAsync(
            spec with { StandardInput = console._input.Reader.AsStream(), StandardOutput = console._transcript, StandardError = console._transcript }, cancellationToken).ConfigureAwait(false);
        _ = console.EndWithGuestAsync();
        return console;
    }

    /// <summary>Boots a virtual machine whose first console it is.</summary>
    /// <param name="os">Where it runs.</param>
    /// <param name="spec">The machine; its standard streams are replaced.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <remarks>Exceptions: those of <see cref="ObjectOs.StartMachineAsync"/>.</remarks>
    public static async Task<GuestConsole> BootAsync(ObjectOs os, MachineSpec spec, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(os);
        ArgumentNullException.ThrowIfNull(spec);
        var console = new GuestConsole();
        console._cell = await os.StartMachineAsync(
            spec with { StandardInput = console._input.Reader.AsStream(), StandardOutput = console._transcript }, cancellationToken).ConfigureAwait(false);
        _ = console.EndWithGuestAsync();
        return console;
    }

    /// <summary>Waits until a text has been written.</summary>
    /// <param name="text">The text, compared byte by byte as UTF-16.</param>
    /// <param name="timeout">Host time to wait at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>What was written before it, from the end of the match before.</returns>
    /// <exception cref="ConsoleException">The time is up, or the guest has ended; the message shows the transcript.</exception>
    public async Task<string> WaitForAsync(string text, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(text);
        var (before, _) = await WaitAsync(
            all => all.IndexOf(text, _at, StringComparison.Ordinal) is var at and >= 0 ? (at, text.Length) : null, $"\"{text}\"", timeout, cancellationToken).ConfigureAwait(false);
        return before;
    }

    /// <summary>Waits until something has been written that a pattern matches.</summary>
    /// <param name="pattern">The pattern.</param>
    /// <param name="timeout">Host time to wait at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The match.</returns>
    /// <exception cref="ConsoleException">The time is up, or the guest has ended; the message shows the transcript.</exception>
    public async Task<Match> WaitForAsync(Regex pattern, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(pattern);
        Match? found = null;
        await WaitAsync(
            all => (found = pattern.Match(all, _at)).Success ? (found.Index, found.Length) : null, $"the pattern {pattern}", timeout, cancellationToken).ConfigureAwait(false);
        return found!;
    }

    /// <summary>Waits for the end of the program or machine.</summary>
    /// <param name="timeout">Host time to wait at most.</param>
    /// <param name="cancellationToken">Gives up; the guest runs on.</param>
    /// <exception cref="ConsoleException">The time is up; the message shows the transcript.</exception>
    public async Task<RunResult> WaitForEndAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Cell.Completion.WaitAsync(timeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new ConsoleException($"{Cell.Name} has not ended within {timeout.TotalSeconds:0.###} s.", Transcript);
        }
    }

    /// <summary>Sends text as if it were typed.</summary>
    /// <param name="text">The text, sent as UTF-8.</param>
    /// <param name="cancellationToken">Gives up waiting for a guest that does not read.</param>
    /// <exception cref="ConsoleException">The guest has ended.</exception>
    public async Task SendAsync(string text, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        var result = await _input.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted)
        {
            throw new ConsoleException($"{Cell.Name} has ended and takes no input.", Transcript);
        }
    }

    /// <summary>Sends a line: the text and a newline.</summary>
    /// <inheritdoc cref="SendAsync"/>
    public Task SendLineAsync(string text, CancellationToken cancellationToken = default) => SendAsync(text + "\n", cancellationToken);

    /// <summary>Ends the input.</summary>
    public void EndInput() => _input.Writer.Complete();

    /// <summary>Stops the guest if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        await Cell.StopAsync().ConfigureAwait(false);
        await _input.Writer.CompleteAsync().ConfigureAwait(false);
    }

    private async Task<(string Before, int Length)> WaitAsync(Func<string, (int At, int Length)?> find, string wanted, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            var (all, match) = await _transcript.WaitAsync(find, limit.Token).ConfigureAwait(false);
            if (match is not { } found)
            {
                var result = await Cell.Completion.ConfigureAwait(false);
                throw new ConsoleException($"{Cell.Name} ended without writing {wanted}: {result}", all);
            }

            string before = all[_at..found.At];
            _at = found.At + found.Length;
            return (before, found.Length);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConsoleException($"{Cell.Name} has not written {wanted} within {timeout.TotalSeconds:0.###} s.", Transcript);
        }
    }

    private async Task EndWithGuestAsync()
    {
        await Cell.Completion.ConfigureAwait(false);
        await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await _transcript.EndAsync().ConfigureAwait(false);
    }
}

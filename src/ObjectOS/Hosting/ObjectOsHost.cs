using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ObjectOS.Hosting;

/// <summary>An OS object that lives as long as its application.</summary>
/// <param name="options">How it is set up.</param>
/// <param name="logger">Where its life is logged, unless the options name another.</param>
public sealed class ObjectOsHost(IOptions<ObjectOsOptions> options, ILogger<ObjectOs> logger) : IHostedService, IAsyncDisposable
{
    private readonly TaskCompletionSource<ObjectOs> _os = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The OS object, as soon as the application has started.</summary>
    public Task<ObjectOs> Os => _os.Task;

    /// <inheritdoc/>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            var set = options.Value;
            set.Logger ??= logger;
            _os.SetResult(await ObjectOs.BootAsync(set, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e)
        {
            _os.TrySetException(e);
            throw;
        }
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _os.TrySetCanceled(CancellationToken.None);
        if (_os.Task.IsCompletedSuccessfully)
        {
            await (await _os.Task.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
        }
    }
}

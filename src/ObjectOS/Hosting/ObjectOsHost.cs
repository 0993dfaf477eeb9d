using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ObjectOS.Hosting;

/// <summary>An OS object that lives as long as its application. Booted by the first that wants it, at the latest with the application's start.</summary>
public sealed class ObjectOsHost : IHostedService, IAsyncDisposable, IDisposable
{
    private readonly Lock _lock = new();
    private readonly IOptionsMonitor<ObjectOsOptions> _options;
    private readonly ILogger<ObjectOs> _logger;
    private readonly string _name;
    private ObjectOs? _os;
    private bool _isDisposed;

    internal ObjectOsHost(IOptionsMonitor<ObjectOsOptions> options, ILogger<ObjectOs> logger, string name)
    {
        (_options, _logger, _name) = (options, logger, name);
    }

    /// <summary>The OS object.</summary>
    /// <exception cref="OptionsValidationException">Its options are out of range.</exception>
    /// <exception cref="ObjectDisposedException">The application has stopped.</exception>
    public ObjectOs Os
    {
        get
        {
            lock (_lock)
            {
                ObjectDisposedException.ThrowIf(_isDisposed, this);
                return _os ??= Boot();
            }
        }
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = Os;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken) => await DisposeAsync().ConfigureAwait(false);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (TakeForDisposal() is { } os)
        {
            await os.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Begins the disposal, for service providers that are disposed of synchronously.</summary>
    public void Dispose()
    {
        if (TakeForDisposal() is { } os)
        {
            _ = os.DisposeAsync().AsTask();
        }
    }

    private ObjectOs? TakeForDisposal()
    {
        lock (_lock)
        {
            _isDisposed = true;
            return Interlocked.Exchange(ref _os, null);
        }
    }

    private ObjectOs Boot()
    {
        var options = _options.Get(_name);
        options.Logger ??= _logger;
        return ObjectOs.Boot(options);
    }
}

namespace ObjectOS.Host;

/// <summary>Looks now and then whether an OS object stalls, on another host thread. It does not keep the OS object alive.</summary>
internal sealed class StallWatch : IDisposable
{
    /// <summary>Looks in the time after which a stall is reported: it is reported that much later at most.</summary>
    private const int Looks = 10;

    private readonly WeakReference<ObjectOs> _os;
    private readonly Timer _timer;

    private StallWatch(ObjectOs os, TimeSpan stallTime)
    {
        _os = new WeakReference<ObjectOs>(os);
        _timer = new Timer(static watch => ((StallWatch)watch!).Look(), this, stallTime / Looks, stallTime / Looks);
    }

    /// <summary>Starts to watch.</summary>
    public static StallWatch Start(ObjectOs os, TimeSpan stallTime) => new(os, stallTime);

    /// <inheritdoc/>
    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (_os.TryGetTarget(out var os))
        {
            os.LookForStall();
        }
        else
        {
            _timer.Dispose();
        }
    }
}

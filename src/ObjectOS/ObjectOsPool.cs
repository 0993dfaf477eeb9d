namespace ObjectOS;

/// <summary>
/// A number of OS objects with equal options. Work goes to the one with the least of it, and one that has halted is replaced by a new one. Each is run
/// by a host thread at a time, so that a pool uses as many processors as it has members. Thread-safe.
/// </summary>
public sealed class ObjectOsPool : IAsyncDisposable, IDisposable
{
    /// <summary>Most members.</summary>
    public const int MostMembers = 4096;

    private readonly Lock _lock = new();
    private readonly Member[] _members;
    private readonly Func<ObjectOsOptions> _options;
    private bool _isDisposed;

    /// <summary>Boots the members.</summary>
    /// <param name="size">How many.</param>
    /// <param name="configure">Sets the options of each; null: all as they are.</param>
    /// <exception cref="ArgumentOutOfRangeException">The size is below 1 or beyond <see cref="MostMembers"/>.</exception>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    public ObjectOsPool(int size, Action<ObjectOsOptions>? configure = null)
        : this(size, () =>
        {
            var options = new ObjectOsOptions();
            configure?.Invoke(options);
            return options;
        })
    {
    }

    internal ObjectOsPool(int size, Func<ObjectOsOptions> options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MostMembers);
        _options = options;
        _members = new Member[size];
        for (int i = 0; i < size; i++)
        {
            _members[i] = new Member(Boot());
        }
    }

    /// <summary>How many OS objects there are.</summary>
    public int Size => _members.Length;

    /// <summary>Programs and machines that were started through the pool and have not ended.</summary>
    public int Running
    {
        get
        {
            lock (_lock)
            {
                return _members.Sum(member => member.Running);
            }
        }
    }

    /// <summary>Runs a program to its end on the least busy member.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="cancellationToken">Stops the program.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed of.</exception>
    /// <remarks>Exceptions besides: those of <see cref="ObjectOs.RunAsync(ProgramSpec, CancellationToken)"/>.</remarks>
    public Task<RunResult> RunAsync(ProgramSpec spec, CancellationToken cancellationToken = default) =>
        RunAsync(os => os.StartAsync(spec, cancellationToken), cancellationToken);

    /// <summary>Boots a virtual machine on the least busy member and waits for its end.</summary>
    /// <param name="spec">What to boot.</param>
    /// <param name="cancellationToken">Stops the machine.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed of.</exception>
    /// <remarks>Exceptions besides: those of <see cref="ObjectOs.BootMachineAsync"/>.</remarks>
    public Task<RunResult> BootMachineAsync(MachineSpec spec, CancellationToken cancellationToken = default) =>
        RunAsync(os => os.StartMachineAsync(spec, cancellationToken), cancellationToken);

    /// <summary>Starts a program on the least busy member.</summary>
    /// <param name="spec">What to run.</param>
    /// <param name="cancellationToken">Gives up before the start.</param>
    /// <exception cref="ObjectDisposedException">The pool has been disposed of.</exception>
    /// <remarks>Exceptions besides: those of <see cref="ObjectOs.StartAsync"/>.</remarks>
    public async Task<Cell> StartAsync(ProgramSpec spec, CancellationToken cancellationToken = default)
    {
        var member = Take();
        try
        {
            var cell = await member.Os.StartAsync(spec, cancellationToken).ConfigureAwait(false);
            _ = GiveBackAsync(member, cell.Completion);
            return cell;
        }
        catch
        {
            GiveBack(member);
            throw;
        }
    }

    /// <summary>Stops everything and disposes of every member.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_lock)
        {
            _isDisposed = true;
        }

        await Task.WhenAll(_members.Select(member => member.Os.DisposeAsync().AsTask())).ConfigureAwait(false);
    }

    /// <summary>Begins the disposal, for service providers that are disposed of synchronously.</summary>
    public void Dispose() => _ = DisposeAsync().AsTask();

    private async Task<RunResult> RunAsync(Func<ObjectOs, ValueTask<Cell>> start, CancellationToken cancellationToken)
    {
        var member = Take();
        try
        {
            var cell = await start(member.Os).ConfigureAwait(false);
            return await cell.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            GiveBack(member);
        }
    }

    /// <summary>Takes the least busy member; one that has halted is replaced first.</summary>
    private Member Take()
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            for (int i = 0; i < _members.Length; i++)
            {
                if (_members[i].Os.HasHalted)
                {
                    _ = _members[i].Os.DisposeAsync().AsTask();
                    _members[i] = new Member(Boot());
                }
            }

            var least = _members.MinBy(member => member.Running)!;
            least.Running++;
            return least;
        }
    }

    private void GiveBack(Member member)
    {
        lock (_lock)
        {
            member.Running--;
        }
    }

    private async Task GiveBackAsync(Member member, Task<RunResult> end)
    {
        await end.ConfigureAwait(false);
        GiveBack(member);
    }

    private ObjectOs Boot() => ObjectOs.Boot(_options());

    private sealed class Member(ObjectOs os)
    {
        public ObjectOs Os => os;

        public int Running { get; set; }
    }
}

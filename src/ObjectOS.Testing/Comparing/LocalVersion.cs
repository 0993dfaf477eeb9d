namespace ObjectOS.Testing.Comparing;

/// <summary>A version that runs in this process: its kernel and services are set by options, its program or machine may be its own.</summary>
/// <param name="name">What reports call it.</param>
/// <example>
/// <code>
/// var old = new LocalVersion("old", options => options.KernelFactory = oldKernels);
/// var report = await Comparison.RunAsync(old, new LocalVersion("new"), [scenario]);
/// </code>
/// </example>
public sealed class LocalVersion(string name) : IComparedVersion
{
    /// <summary>A version whose OS objects are set up by <paramref name="configure"/>.</summary>
    public LocalVersion(string name, Action<ObjectOsOptions> configure)
        : this(name) => Configure = configure;

    /// <inheritdoc/>
    public string Name => name;

    /// <summary>Sets the options of each OS object; null: they stay as they are.</summary>
    public Action<ObjectOsOptions>? Configure { get; init; }

    /// <summary>Its program, for scenarios that name none; null: it has none.</summary>
    public string? Program { get; init; }

    /// <summary>Its machine, for scenarios that name no program; null: it has none.</summary>
    public MachineSpec? Machine { get; init; }

    /// <summary>Kernels under the first one, besides those of the scenario.</summary>
    public int Depth { get; init; }

    /// <summary>The file of its standard input; null: what the scenario types.</summary>
    public string? Input { get; init; }

    /// <summary>Faults that happen to its guests, besides those of the scenario.</summary>
    public IReadOnlyList<InjectedFault> Faults { get; init; } = [];

    /// <summary>Virtual instructions after which its guests are stopped, as by a crash; null: none.</summary>
    public ulong? CrashAt { get; init; }

    /// <inheritdoc/>
    public async Task<SideRun> RunAsync(Scenario scenario, SideRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(scenario);
        ArgumentNullException.ThrowIfNull(request);
        using var runner = new SideRunner(this, scenario, request);
        return await runner.RunAsync(cancellationToken).ConfigureAwait(false);
    }
}

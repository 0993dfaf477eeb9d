namespace ObjectOS.Testing.Comparing;

/// <summary>A version that can be put through scenarios: in this process, or in another one.</summary>
public interface IComparedVersion
{
    /// <summary>What reports call it.</summary>
    string Name { get; }

    /// <summary>Runs a scenario from its start to its end.</summary>
    /// <exception cref="ScenarioException">The scenario cannot be run with the version.</exception>
    Task<SideRun> RunAsync(Scenario scenario, SideRequest request, CancellationToken cancellationToken = default);
}

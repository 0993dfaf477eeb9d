namespace ObjectOS.Abi;

/// <summary>What a build of a service reports about itself.</summary>
/// <param name="Name">A product name, for instance <c>ObjectOS.Services.Linux</c>.</param>
/// <param name="Version">The version of that build.</param>
public sealed record ServiceDescription(string Name, string Version);

/// <summary>
/// Makes Linux personalities of one build. The service speaks the program protocol of its contract version: messages start, stop and report programs, and
/// their records are bytes, so that the facade and the service may come from different builds.
/// </summary>
public interface ILinuxFactory
{
    /// <summary>What its services report about themselves.</summary>
    ServiceDescription Description { get; }

    /// <summary>Makes the service for one kernel.</summary>
    IManagedProgram Create();

    /// <summary>Returns the name of a system call that the service has, by its number on riscv64; null for others.</summary>
    string? CallName(ulong number);
}

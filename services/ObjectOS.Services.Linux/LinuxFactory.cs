using ObjectOS.Abi;

namespace ObjectOS.Services.Linux;

/// <summary>Makes Linux personalities of this build.</summary>
public sealed class LinuxFactory : ILinuxFactory
{
    /// <inheritdoc/>
    public ServiceDescription Description { get; } = new("ObjectOS.Services.Linux", typeof(LinuxFactory).Assembly.GetName().Version!.ToString(3));

    /// <inheritdoc/>
    public IManagedProgram Create() => new LinuxService();

    /// <inheritdoc/>
    public string? CallName(ulong number) => LinuxService.CallName(number);
}

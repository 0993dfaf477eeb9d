namespace ObjectOS.Services.Vmm;

/// <summary>What a gateway may do.</summary>
/// <param name="Grant">The host's number of the network grant; 0: none, and nothing leads to the host.</param>
/// <param name="WaitMilliseconds">
/// How long the host waits at most before it says that nothing came; <see cref="ulong.MaxValue"/>: without a limit. A kernel whose completions are
/// deterministic stands still while one is awaited: there a small number is wanted, such as 1.
/// </param>
public sealed record GatewayOptions(ulong Grant = 0, ulong WaitMilliseconds = ulong.MaxValue);

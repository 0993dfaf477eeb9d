namespace ObjectOS.Versions;

/// <summary>What a version boots and how, as a file of <c>boot</c>'s options says it.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Depth">Kernels under its own.</param>
/// <param name="Seed">The seed; null: not said.</param>
/// <param name="HostClock">True if guest time follows the host's clock; null: not said.</param>
/// <param name="Inputs">When answers of the host reach guests; null: not said.</param>
public sealed record BootOptions(MachineSpec Machine, int Depth, ulong? Seed, bool? HostClock, Inputs? Inputs);

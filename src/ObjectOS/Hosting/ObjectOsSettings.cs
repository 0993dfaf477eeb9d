using Microsoft.Extensions.Configuration;

namespace ObjectOS.Hosting;

/// <summary>The options of an OS object as a configuration says them: sizes may have units. What is not set stays as it is.</summary>
internal sealed class ObjectOsSettings
{
    public string? Memory { get; set; }

    public string? ReservedMemory { get; set; }

    public ulong? Seed { get; set; }

    public DateTimeOffset? WallClock { get; set; }

    public Inputs? Inputs { get; set; }

    public IdleTime? IdleTime { get; set; }

    public bool? HostClock { get; set; }

    public uint? Quantum { get; set; }

    public TimeSpan? StallTime { get; set; }

    /// <summary>Sets what a section of a configuration says.</summary>
    /// <exception cref="InvalidOperationException">A value cannot be read; the message names its key.</exception>
    public static void Apply(IConfigurationSection section, ObjectOsOptions options)
    {
        var settings = new ObjectOsSettings();
        section.Bind(settings);
        options.Memory = SizeOf(section, nameof(Memory), settings.Memory) ?? options.Memory;
        options.ReservedMemory = SizeOf(section, nameof(ReservedMemory), settings.ReservedMemory) ?? options.ReservedMemory;
        options.Seed = settings.Seed ?? options.Seed;
        options.WallClock = settings.WallClock ?? options.WallClock;
        options.Inputs = settings.Inputs ?? options.Inputs;
        options.IdleTime = settings.IdleTime ?? options.IdleTime;
        options.HostClock = settings.HostClock ?? options.HostClock;
        options.Quantum = settings.Quantum ?? options.Quantum;
        options.StallTime = settings.StallTime ?? options.StallTime;
    }

    private static ulong? SizeOf(IConfigurationSection section, string key, string? text) =>
        text is null ? null
        : SizeExtensions.TryParse(text, out ulong bytes) ? bytes
        : throw new InvalidOperationException($"{section.Path}:{key} is \"{text}\"; a size such as 64MiB, 1G or a number of bytes is wanted.");
}

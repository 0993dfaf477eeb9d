namespace ObjectOS.Host;

/// <summary>How guest time goes with the host's.</summary>
internal enum PumpTime
{
    /// <summary>Not at all: idle time jumps to the next event.</summary>
    Virtual,

    /// <summary>Idle time passes no faster than the host's, as far as the kernel asks for that.</summary>
    Paced,

    /// <summary>Guest time follows the host's clock.</summary>
    Host,
}

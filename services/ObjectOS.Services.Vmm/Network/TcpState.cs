namespace ObjectOS.Services.Vmm;

/// <summary>Where a connection is.</summary>
internal enum TcpState : byte
{
    /// <summary>The guest has not answered yet.</summary>
    SynSent,

    /// <summary>Bytes go both ways, or one way once the other has ended.</summary>
    Open,

    /// <summary>Both ways have ended; what the guest repeats is acknowledged for a while.</summary>
    TimeWait,

    /// <summary>Over.</summary>
    Closed,
}

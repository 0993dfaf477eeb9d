namespace ObjectOS;

/// <summary>When the answers of the host (input, files, sockets) reach the guests of an OS object.</summary>
public enum Inputs
{
    /// <summary>
    /// At a fixed guest time after the request if the host has answered by then, else when the answer comes. Only the cell that asked waits.
    /// </summary>
    Live,

    /// <summary>
    /// Always at a fixed guest time after the request: all cells wait for a late answer, so that equal input gives equal runs to the instruction.
    /// </summary>
    Deterministic,
}

/// <summary>How guest time passes while no cell can run.</summary>
public enum IdleTime
{
    /// <summary>
    /// It jumps to the next timer. With <see cref="Inputs.Live"/> it passes as with <see cref="Paced"/> while an answer of the host is awaited: a
    /// person at a terminal, a peer at a pipe or socket.
    /// </summary>
    Warp,

    /// <summary>It passes no faster than the host's time.</summary>
    Paced,
}

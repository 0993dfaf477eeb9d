namespace ObjectOS.Recording;

/// <summary>A file is no recording, or is damaged. The message is one sentence that says what was found where.</summary>
public sealed class DamagedRecordingException(string message) : IOException(message);

/// <summary>A recording cannot be replayed here: another kernel, or a class of the embedding program is missing. The message names it.</summary>
public sealed class UnfitRecordingException(string message) : IOException(message);

/// <summary>A replay differs from its recording. The message says what was expected, what came instead, where, and in which lane.</summary>
public sealed class DesyncException(string message, ulong position, string lane) : Exception(message)
{
    /// <summary>Virtual instructions that the root kernel had charged.</summary>
    public ulong Position => position;

    /// <summary>The kernel whose doing differs (0 the root, 0.1 its first child, and so on), or the state as a whole.</summary>
    public string Lane => lane;
}

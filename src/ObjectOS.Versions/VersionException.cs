namespace ObjectOS.Versions;

/// <summary>A version cannot be had; the message is one whole sentence that begins with the file or the value.</summary>
/// <param name="message">The sentence, without a full stop.</param>
/// <param name="inner">What caused it; null: nothing else.</param>
public sealed class VersionException(string message, Exception? inner = null) : Exception(message, inner);

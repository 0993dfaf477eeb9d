namespace ObjectOS.Testing.Comparing;

/// <summary>A scenario cannot be read or cannot be run with a version; the message is one sentence for people.</summary>
/// <param name="message">The sentence.</param>
/// <param name="inner">The cause.</param>
public sealed class ScenarioException(string message, Exception? inner = null) : Exception(message, inner);

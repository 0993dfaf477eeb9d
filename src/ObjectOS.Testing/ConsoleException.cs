namespace ObjectOS.Testing;

/// <summary>A console did not do what a test expected of it. The message ends with the transcript.</summary>
public sealed class ConsoleException : Exception
{
    /// <summary>Characters of the transcript's end that the message shows.</summary>
    private const int MostShown = 4000;

    /// <summary>Makes it from a sentence and the transcript.</summary>
    public ConsoleException(string message, string transcript)
        : base($"{message}\n--- transcript ---\n{End(transcript)}\n--- end of the transcript ---") => Transcript = transcript;

    /// <summary>Makes it without a message.</summary>
    public ConsoleException()
    {
    }

    /// <summary>Makes it from a message.</summary>
    public ConsoleException(string message)
        : base(message)
    {
    }

    /// <summary>Makes it from a message and a cause.</summary>
    public ConsoleException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>All that the guest had written.</summary>
    public string Transcript { get; } = "";

    private static string End(string transcript) =>
        transcript is null or "" ? "(nothing was written)" : transcript.Length <= MostShown ? transcript : $"… {transcript[^MostShown..]}";
}

namespace ObjectOS.Host;

/// <summary>A path of the host names what cannot be used as it is wanted; the message is a whole sentence that begins with the path.</summary>
/// <param name="path">The path.</param>
/// <param name="problem">What is there, and what is wanted.</param>
internal sealed class UnfitFileException(string path, string problem) : IOException($"{path}: {problem}")
{
    /// <summary>Throws where a path names neither a file nor a device, before it is opened.</summary>
    /// <param name="path">The path.</param>
    /// <param name="wanted">What is wanted, as in "a program's file".</param>
    public static void ThrowIfMisfit(string path, string wanted)
    {
        if (HostNode.Misfit(path) is { } misfit)
        {
            throw new UnfitFileException(path, $"{misfit}; {wanted} is wanted");
        }
    }
}

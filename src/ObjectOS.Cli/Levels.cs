namespace ObjectOS.Cli;

/// <summary>OS objects under OS objects.</summary>
internal static class Levels
{
    /// <summary>Makes so many levels under an OS object; the innermost of them.</summary>
    public static async Task<ObjectOs> DescendAsync(this ObjectOs os, int depth, CancellationToken cancellationToken = default)
    {
        for (; depth > 0; depth--)
        {
            os = await os.CreateChildAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        }

        return os;
    }
}

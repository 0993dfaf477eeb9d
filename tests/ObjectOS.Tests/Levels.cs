namespace ObjectOS.Tests;

/// <summary>OS objects under OS objects.</summary>
internal static class Levels
{
    /// <summary>Makes so many levels under an OS object; the innermost of them.</summary>
    public static async Task<ObjectOs> DescendAsync(this ObjectOs os, int depth)
    {
        for (; depth > 0; depth--)
        {
            os = await os.CreateChildAsync();
        }

        return os;
    }
}

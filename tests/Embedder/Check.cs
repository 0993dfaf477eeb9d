namespace Embedder;

/// <summary>Expectations of the scenarios.</summary>
internal static class Check
{
    /// <summary>Fails the scenario unless something is true.</summary>
    public static void That(bool condition, string expectation)
    {
        if (!condition)
        {
            throw new InvalidOperationException($"Expected: {expectation}");
        }
    }

    /// <summary>Returns the exception of a kind that something must throw; a kind that derives from it is another.</summary>
    public static async Task<T> ThrowsAsync<T>(Func<Task> action, string about)
        where T : Exception
    {
        try
        {
            await action().WaitAsync(Limits.Soon);
        }
        catch (Exception e) when (e.GetType() == typeof(T))
        {
            return (T)e;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Expected: {about} throws {typeof(T).Name}", e);
        }

        throw new InvalidOperationException($"Expected: {about} throws {typeof(T).Name}; it throws nothing");
    }
}

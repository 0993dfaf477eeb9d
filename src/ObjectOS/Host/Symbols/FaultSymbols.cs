using ObjectOS.Services.Programs;

namespace ObjectOS.Host.Symbols;

/// <summary>Adds to the report of a fault what the symbols of the program's file say.</summary>
internal static class FaultSymbols
{
    /// <summary>
    /// Returns the result with function, line and backtrace; the same one if there are no symbols. The file of a program that was started by its path
    /// is read again, since nothing holds it while it runs; a file that has changed since then gives no symbols.
    /// </summary>
    public static async Task<RunResult> AddAsync(RunResult result, ProgramEndRecord record, Job job)
    {
        if (result.Fault is not { } fault || await ReadFileAsync(job).ConfigureAwait(false) is not { IsEmpty: false } file)
        {
            return result;
        }

        var frames = await Task.Run(() => Backtrace.Of(file, record)).ConfigureAwait(false);
        return frames.Count == 0 ? result : result with { Message = result.Message + Place(frames[0]), Fault = fault with { Backtrace = frames } };
    }

    private static string Place(StackFrame frame) =>
        $"{(frame.Function is null ? "" : $" in {frame.Function}")}{(frame.File is null ? "" : $" ({frame.File}:{frame.Line})")}";

    private static async Task<ReadOnlyMemory<byte>> ReadFileAsync(Job job)
    {
        if (job.Spec.Image is { } image)
        {
            return image.Contents;
        }

        try
        {
            // A pipe has no length, and would not be read a second time.
            if (new FileInfo(job.Spec.Path) is not { Exists: true } info || info.Length != job.ImageLength)
            {
                return default;
            }

            var file = await ProgramFile.ReadAsync(job.Spec.Path, CancellationToken.None).ConfigureAwait(false);
            return await Task.Run(() => FileKey.Of(file)).ConfigureAwait(false) == job.ImageKey ? file : default;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException or ArgumentException)
        {
            return default;
        }
    }
}

namespace ObjectOS.Versions;

/// <summary>An assembly of a build, in memory: the file may be replaced while it is in use.</summary>
/// <param name="Name">What messages call it: the file's path, or the package's with the path inside.</param>
/// <param name="Contents">The assembly.</param>
/// <param name="Symbols">Its portable symbols; null: there are none.</param>
internal sealed record BuildFile(string Name, byte[] Contents, byte[]? Symbols);

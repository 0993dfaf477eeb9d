using ObjectOS.Services.Vmm;

namespace ObjectOS.Host;

/// <summary>A file of a machine that is going to be started.</summary>
/// <param name="File">What it is to the machine.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Key">What <see cref="ImageStore"/> keeps it by.</param>
/// <param name="Sha256">SHA-256 of the file as it came, compressed or not; null: it is not wanted.</param>
/// <param name="Problem">Why it cannot be booted, without its name; null: the service decides.</param>
internal readonly record struct FileToBoot(MachineFile File, BootFile Source, ReadOnlyMemory<byte> Bytes, FileKey Key, string? Sha256, string? Problem);

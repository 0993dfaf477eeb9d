using System.Security.Cryptography;
using System.Text;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>What a machine did: its steps in canonical form, and memory as it was left.</summary>
/// <param name="Lines">The steps.</param>
/// <param name="Memory">All of memory at the end.</param>
/// <param name="Waits">True where it ends because the hart waits for an interrupt.</param>
internal sealed record MachineTrace(IReadOnlyList<string> Lines, byte[] Memory, bool Waits)
{
    /// <summary>SHA-256 of all of it, in hexadecimal.</summary>
    public string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string line in Lines)
        {
            hash.AppendData(Encoding.ASCII.GetBytes(line));
            hash.AppendData("\n"u8);
        }

        hash.AppendData(Memory);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}

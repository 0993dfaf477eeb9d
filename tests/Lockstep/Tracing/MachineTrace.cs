using System.Security.Cryptography;
using System.Text;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>What a machine did: its steps in canonical form, and memory as it was left.</summary>
/// <param name="Lines">The steps.</param>
/// <param name="Memory">All of memory at the end.</param>
/// <param name="Steps">How many they were, with those of the boot code and of set-up: less than were asked for where the hart waits for an interrupt.</param>
/// <param name="Wakes">Where it waits: whether a timer would have woken it before the steps that were asked for are over.</param>
/// <param name="Hart">Our hart at the end, all of it; of the reference model nothing.</param>
internal sealed record MachineTrace(IReadOnlyList<string> Lines, byte[] Memory, ulong Steps, bool Wakes, byte[] Hart)
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

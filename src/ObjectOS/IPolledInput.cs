namespace ObjectOS;

/// <summary>
/// A standard input that never makes its reader wait: it says at once that there is nothing yet, and is asked again after a millisecond of guest time. It is asked
/// after all that the guest wrote before, so that it can be a function of the guest's output: then runs with <see cref="Inputs.Deterministic"/> are equal, of
/// programs that poll and of virtual machines as well.
/// </summary>
/// <remarks>Implemented by a stream that is given as <see cref="ProgramSpec.StandardInput"/> or <see cref="MachineSpec.StandardInput"/>.</remarks>
public interface IPolledInput
{
    /// <summary>Takes input.</summary>
    /// <param name="buffer">Where the bytes go; not empty.</param>
    /// <returns>The number of bytes; 0 at the end; null: nothing yet.</returns>
    int? Poll(Span<byte> buffer);
}

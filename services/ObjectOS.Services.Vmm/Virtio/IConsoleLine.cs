namespace ObjectOS.Services.Vmm;

/// <summary>
/// The line that a serial device of a machine is connected to: what is typed, and what is printed. It holds its bytes itself and saves them
/// itself; none of its members touches a guest's memory or suspends.
/// </summary>
public interface IConsoleLine
{
    /// <summary>Bytes that can be printed now. After it was less than what a device wanted, the line says when there is more.</summary>
    int Room { get; }

    /// <summary>Prints bytes, no more than <see cref="Room"/>.</summary>
    void Print(ReadOnlySpan<byte> bytes);

    /// <summary>What was typed and nobody has taken.</summary>
    ReadOnlySpan<byte> Typed { get; }

    /// <summary>Takes bytes of <see cref="Typed"/>.</summary>
    void Take(int count);

    /// <summary>The device could take more than what <see cref="Typed"/> shows, which is nothing; the line says when there is some.</summary>
    void Ask();

    /// <summary>Names who is told of a change. Called once, while the machine is built.</summary>
    void Connect(IConsoleListener listener);
}

/// <summary>The device at a console line.</summary>
public interface IConsoleListener
{
    /// <summary>
    /// Something was typed, or there is room again. Called in guest time, never from within <see cref="IConsoleLine.Print"/> or
    /// <see cref="IConsoleLine.Take"/>; does nothing but ask for a deadline or drive an interrupt line.
    /// </summary>
    void OnLineChanged();
}

namespace ObjectOS.Cli;

/// <summary>What the console's escape, Ctrl-A, asks of the tool.</summary>
internal enum TerminalEscape
{
    /// <summary>Ctrl-A x: leave.</summary>
    Leave,

    /// <summary>Ctrl-A h or ?: say what there is.</summary>
    Help,
}

/// <summary>Takes the escape out of what is typed. Ctrl-A twice sends it once; behind it, a key that means nothing is dropped with it.</summary>
/// <param name="send">Takes what is the guest's.</param>
/// <param name="escape">Takes what is the tool's.</param>
internal sealed class KeyFilter(Action<byte> send, Action<TerminalEscape> escape)
{
    private const byte ControlA = 1;

    private bool _isEscaped;

    /// <summary>Takes keys, in any pieces.</summary>
    public void Feed(ReadOnlySpan<byte> keys)
    {
        foreach (byte key in keys)
        {
            if (!_isEscaped && key == ControlA)
            {
                _isEscaped = true;
                continue;
            }

            switch (key)
            {
                case (byte)'x' or (byte)'X' when _isEscaped:
                    escape(TerminalEscape.Leave);
                    break;
                case (byte)'h' or (byte)'H' or (byte)'?' when _isEscaped:
                    escape(TerminalEscape.Help);
                    break;
                case not ControlA when _isEscaped:
                    break;
                default:
                    send(key);
                    break;
            }

            _isEscaped = false;
        }
    }
}

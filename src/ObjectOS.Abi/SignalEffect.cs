namespace ObjectOS.Abi;

/// <summary>What a signal of Linux did to the thread or process that it was delivered to.</summary>
public enum SignalEffect : byte
{
    /// <summary>The thread runs the program's handler.</summary>
    Handler,

    /// <summary>The process ends, as by default.</summary>
    End,

    /// <summary>The process stops, as by default.</summary>
    Stop,

    /// <summary>The process, which was stopped, continues.</summary>
    Continue,
}

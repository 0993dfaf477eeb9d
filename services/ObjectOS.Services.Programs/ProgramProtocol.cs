namespace ObjectOS.Services.Programs;

/// <summary>Labels of the messages by which the host has programs started and stopped.</summary>
public static class ProgramProtocol
{
    /// <summary>
    /// Starts a program. Words: offset and length of a saved <see cref="ProgramRequest"/>, and the length of the program's file, all in
    /// the memory object that comes along (rights to read, execute and grant): the file is at offset 0, the record at a page's start behind it.
    /// </summary>
    public const ulong Start = 1;

    /// <summary>Ends a job at once, as a signal would that cannot be caught. Words: the job, the signal's number.</summary>
    public const ulong Stop = 2;

    /// <summary>Pauses a job and all its children, or ends a pause. Words: the job, 1 to pause and 0 to resume.</summary>
    public const ulong Pause = 3;

    /// <summary>Sends a signal to the first process of a Linux job. Words: the job, the signal's number, 1 to 64.</summary>
    public const ulong Signal = 4;
}

/// <summary>How a program ended; argument 0 of the host request <see cref="Abi.HostRequestKind.Ended"/>.</summary>
public enum ProgramEnd
{
    /// <summary>By itself; argument 1 is its exit code.</summary>
    Exited = 0,

    /// <summary>By a signal that somebody sent; argument 1 is its number.</summary>
    Signalled = 1,

    /// <summary>By a fault of its own; argument 1 is the number of the signal that stands for it.</summary>
    Fault = 2,

    /// <summary>Its memory quota is used up; argument 1 is 9.</summary>
    MemoryExhausted = 3,

    /// <summary>It could not be started; the record's text says why.</summary>
    NotRunnable = 4,

    /// <summary>Its budget of virtual instructions is used up.</summary>
    BudgetExhausted = 5,
}

namespace ObjectOS.Abi;

/// <summary>How a row uses a buffer of the caller. Its address and length are the row's last two arguments.</summary>
public enum BufferUse : byte
{
    /// <summary>No buffer.</summary>
    None,

    /// <summary>The kernel reads the caller's buffer.</summary>
    FromCaller,

    /// <summary>The kernel writes the caller's buffer.</summary>
    ToCaller,
}

/// <summary>One invocation.</summary>
/// <param name="Number">a7.</param>
/// <param name="Name">Its name in C, without the prefix <c>objectos_</c>.</param>
/// <param name="Target">The kind of object that word 0 must name; <see cref="ObjectKind.None"/> where it names none.</param>
/// <param name="Rights">Rights that the target capability must have.</param>
/// <param name="Cost">What it costs, in virtual instructions, besides one for each 8 bytes copied, 48 for each page mapped or unmapped and 400 for each page given back.</param>
/// <param name="Arguments">Names of words 1 and up on entry.</param>
/// <param name="Results">Names of words 1 and up on return.</param>
/// <param name="Statuses">What it may return beside Ok and the statuses of a bad target.</param>
/// <param name="Summary">What it does, in one or two sentences.</param>
/// <param name="Buffer">Whether the last two arguments are a buffer.</param>
/// <param name="MayWait">Whether the calling thread may have to wait.</param>
public sealed record InvocationRow(
    Call Number,
    string Name,
    ObjectKind Target,
    CapabilityRights Rights,
    int Cost,
    string[] Arguments,
    string[] Results,
    KernelStatus[] Statuses,
    string Summary,
    BufferUse Buffer = BufferUse.None,
    bool MayWait = false)
{
    /// <summary>The word of the frame that holds the buffer's address; its length is in the next. −1 where there is no buffer.</summary>
    public int BufferWord => Buffer == BufferUse.None ? -1 : Arguments.Length - 1;
}

namespace ObjectOS.Services.Linux;

/// <summary>
/// The kinds of a system call's arguments and of its result, one letter each, as "arguments:result". They say which words two runs of different
/// versions must have in common: a descriptor, but not an address.
/// </summary>
public static class CallShape
{
    /// <summary>A file descriptor.</summary>
    public const char Descriptor = 'f';

    /// <summary>A number, a length or an offset.</summary>
    public const char Number = 'n';

    /// <summary>Flags, shown in hexadecimal.</summary>
    public const char Flags = 'x';

    /// <summary>The address of a text that the call reads.</summary>
    public const char Text = 'p';

    /// <summary>The address of bytes that the call reads.</summary>
    public const char Input = 'i';

    /// <summary>The address of bytes that the call writes.</summary>
    public const char Output = 'o';

    /// <summary>The address of bytes that the call writes, with points in time among them.</summary>
    public const char Status = 's';

    /// <summary>A time, or the address of times.</summary>
    public const char Time = 't';

    /// <summary>An address of the program.</summary>
    public const char Address = 'a';

    /// <summary>The number of a process or thread.</summary>
    public const char Process = 'd';

    /// <summary>The number of a signal.</summary>
    public const char Signal = 'g';

    /// <summary>For a result: 0 or an error.</summary>
    public const char Error = 'e';

    /// <summary>A word that the call does not use.</summary>
    public const char Unused = '-';
}

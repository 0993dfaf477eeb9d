namespace ObjectOS.Abi;

/// <summary>What the events of a kernel note of bytes that <see cref="Call.SpaceRead"/> copies.</summary>
public enum SpaceReadKind : ulong
{
    /// <summary>All of them.</summary>
    Bytes = 0,

    /// <summary>A text: the bytes up to the first zero byte, with it.</summary>
    Text = 1,

    /// <summary>None: they hold addresses, which differ between versions of a program.</summary>
    Addresses = 2,
}

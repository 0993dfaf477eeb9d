namespace ObjectOS.Machine.Interpreter;

/// <summary>A remembered answer to "which block starts at this address?", good in one epoch: until maps or code change.</summary>
internal struct JumpEntry
{
    public ulong Pc;
    public ulong Epoch;
    public Block? Block;
}

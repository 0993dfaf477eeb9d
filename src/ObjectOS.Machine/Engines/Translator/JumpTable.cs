namespace ObjectOS.Machine.Engines.Translator;

// Safety: the entries are in memory that its maker keeps pinned, JumpEntries of them; every index is masked to that.
/// <summary>Pairs of a guest address and the translated code that an indirect jump there goes to, which the code looks up itself.</summary>
internal readonly unsafe struct JumpTable(byte* entries)
{
    /// <summary>Lets indirect jumps to an address go straight to its translation.</summary>
    public void Remember(ulong pc, nint code)
    {
        byte* entry = entries + ((nint)(pc >> 1 & (StateLayout.JumpEntries - 1)) * StateLayout.JumpEntrySize);
        *(ulong*)entry = pc;
        *(nint*)(entry + 8) = code;
    }

    // Any value can be a target that is looked up, but not in every entry: each gets one that belongs to its neighbour.
    public void Clear()
    {
        byte* entry = entries;
        for (int i = 0; i < StateLayout.JumpEntries; i++, entry += StateLayout.JumpEntrySize)
        {
            *(ulong*)entry = (ulong)(i ^ 1) << 1;
            *(nint*)(entry + 8) = 0;
        }
    }
}

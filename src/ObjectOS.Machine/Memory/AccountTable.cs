namespace ObjectOS.Machine.Memory;

/// <summary>The accounts of a pool by number, so that a frame names its account in four bytes and the collector need not visit frames.</summary>
internal sealed class AccountTable
{
    private readonly Stack<int> _unused = new();
    private MemoryAccount?[] _accounts = new MemoryAccount?[8];
    private int _count;

    public MemoryAccount this[int index] => _accounts[index]!;

    /// <summary>Numbers in use; for tests.</summary>
    public int InUse => _count - _unused.Count;

    public int Add(MemoryAccount account)
    {
        if (!_unused.TryPop(out int index))
        {
            if (_count == _accounts.Length)
                Array.Resize(ref _accounts, _count * 2);
            index = _count++;
        }

        _accounts[index] = account;
        return index;
    }

    public void Remove(int index)
    {
        _accounts[index] = null;
        _unused.Push(index);
    }
}

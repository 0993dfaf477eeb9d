namespace ObjectOS.Lockstep.Programs;

/// <summary>
/// The registers that loads and stores go by. Random code does not write them, and the lower twelve bits of each are the same in all
/// episodes of a program: so it is known where an access would cross a page.
/// </summary>
internal sealed class BaseRegisters
{
    private const int PageSize = 4096, BlockSize = 64;

    private static readonly int[] All = [2, 8, 9, 18, 19, 20, 21];

    private readonly Dictionary<int, int> _low = [];

    /// <summary>The one whose address is that of a cache block.</summary>
    public const int Block = 20;

    public BaseRegisters(Random random)
    {
        foreach (int register in All)
        {
            _low[register] = random.Next(4) switch
            {
                0 => PageSize - (8 * random.Next(1, 5)),
                1 => 8 * random.Next(4),
                _ => 8 * random.Next(PageSize / 8),
            };
        }

        // One is not aligned, and one is where a block of a cache begins.
        _low[9] += random.Next(8);
        _low[Block] &= ~(BlockSize - 1);
    }

    public static ReadOnlySpan<int> Registers => All;

    /// <summary>Those that are aligned.</summary>
    public static ReadOnlySpan<int> Aligned => [2, 8, 18, 19, 20, 21];

    public static bool Has(int register) => All.Contains(register);

    /// <summary>The lower twelve bits of a base register.</summary>
    public int Low(int register) => _low[register];

    public bool Crosses(int register, int offset, int size) => ((_low[register] + offset) & (PageSize - 1)) + size > PageSize;
}

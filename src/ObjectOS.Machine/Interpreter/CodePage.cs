using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Interpreter;

/// <summary>The decoded form of one frame; frame 0 is the page of zeros that stands for every hole.</summary>
internal sealed class CodePage
{
    /// <summary>The bytes changed or went away: fetch again. Set by <see cref="Drop"/>, see <see cref="Mmu.Coherence"/>.</summary>
    public bool IsStale;

    private const int Halfwords = 2048;
    private const int PageBytes = 128;
    private const int TableBytes = Halfwords * 8;
    private const int BlockBytes = 112;
    private const int InstructionBytes = 16;

    private readonly FramePool _pool;
    private readonly uint _frame;
    private readonly CodeMeter _meter;
    private Block?[]? _blocks;
    private Block?[]? _withoutFloats;
    private long _held = PageBytes;

    public CodePage(FramePool pool, uint frame, CodeMeter meter)
    {
        _pool = pool;
        _frame = frame;
        _meter = meter;
        meter.Add(PageBytes);
    }

    /// <summary>
    /// The block that starts at each halfword, where one has been decoded; of harts whose floating-point state is off or clean those in which
    /// floating-point instructions are illegal.
    /// </summary>
    public Block?[] Blocks(bool hidesFloats) => hidesFloats ? _withoutFloats ??= NewTable() : _blocks ??= NewTable();

    /// <summary>The 4096 bytes of the page; not to be kept, and not to be read once the page is stale.</summary>
    public ReadOnlySpan<byte> Bytes => _pool.Bytes(_frame);

    /// <summary>True if it counts there.</summary>
    public bool IsOf(CodeMeter meter) => _meter == meter;

    /// <summary>Counts a block that was decoded.</summary>
    public void Count(Block block) => Hold(BlockBytes + (block.Code.Length * InstructionBytes) + (block.Links.Length * 8));

    /// <summary>It is not used any more.</summary>
    public void Drop()
    {
        IsStale = true;
        _meter.Add(-Interlocked.Exchange(ref _held, 0));
    }

    private Block?[] NewTable()
    {
        Hold(TableBytes);
        return new Block?[Halfwords];
    }

    private void Hold(long bytes)
    {
        Interlocked.Add(ref _held, bytes);
        _meter.Add(bytes);
    }
}

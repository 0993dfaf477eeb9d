using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Interpreter;

/// <summary>The decoded form of one frame; frame 0 is the page of zeros that stands for every hole.</summary>
internal sealed class CodePage(FramePool pool, uint frame)
{
    /// <summary>The bytes changed or went away: fetch again. Set by the memory, see <see cref="Mmu.Coherence"/>.</summary>
    public bool IsStale;

    private const int Halfwords = 2048;

    private readonly Block?[] _blocks = new Block?[Halfwords];
    private Block?[]? _withoutFloats;

    /// <summary>
    /// The block that starts at each halfword, where one has been decoded; of harts whose floating-point state is off or clean those in which
    /// floating-point instructions are illegal.
    /// </summary>
    public Block?[] Blocks(bool hidesFloats) => hidesFloats ? _withoutFloats ??= new Block?[Halfwords] : _blocks;

    /// <summary>The 4096 bytes of the page; not to be kept, and not to be read once the page is stale.</summary>
    public ReadOnlySpan<byte> Bytes => pool.Bytes(frame);
}

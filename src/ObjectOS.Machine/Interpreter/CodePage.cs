using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Interpreter;

/// <summary>The decoded form of one frame; frame 0 is the page of zeros that stands for every hole.</summary>
internal sealed class CodePage(FramePool pool, uint frame)
{
    /// <summary>The bytes changed or went away: fetch again. Set by the memory, see <see cref="Mmu.Coherence"/>.</summary>
    public bool IsStale;

    /// <summary>The block that starts at each halfword, where one has been decoded.</summary>
    public readonly Block?[] Blocks = new Block?[2048];

    /// <summary>The 4096 bytes of the page; not to be kept, and not to be read once the page is stale.</summary>
    public ReadOnlySpan<byte> Bytes => pool.Bytes(frame);
}

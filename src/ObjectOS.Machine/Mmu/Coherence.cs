using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Mmu;

/// <summary>
/// What keeps the pointers and the decoded code that address spaces cache true to a memory. There is one for each
/// <see cref="GuestMemory"/>; all of it runs on that memory's host thread.
/// </summary>
/// <remarks>
/// <para>The rules, which hold whenever guest code runs:</para>
/// <list type="number">
/// <item>A cached read pointer goes to the frame that its page has now, or to the page of zeros if it has none.</item>
/// <item>A cached write pointer goes to a frame that is in one place of the tree only and has no <c>CodePage</c>.</item>
/// <item>A cached <c>CodePage</c> is not stale, and is that of the frame that its page has now.</item>
/// <item>No pointer outlives its frame: it is revoked before the frame is freed.</item>
/// </list>
/// <para>What is done about them:</para>
/// <list type="bullet">
/// <item>A page gets its first frame: if zeros were handed out since they were last revoked, pointers to the zeros are revoked. A page
/// nobody has read costs nothing here.</item>
/// <item>A write finds a shared frame and takes a copy: pointers to the old frame are revoked, and if it has code, cached code.</item>
/// <item>A write finds a frame with code: the code is detached, marked stale, and cached code is revoked; then the frame may be
/// written through a pointer.</item>
/// <item>A frame gets code: write pointers to it are revoked.</item>
/// <item>A clone: all write pointers are revoked, because whole subtrees become shared without being walked.</item>
/// <item>A discard: everything is revoked, before the frames go.</item>
/// </list>
/// <para>
/// Revoking raises a generation, which each space compares before it runs and inside its own slow paths. Most of the time one space
/// alone holds pointers; then only those to the frame in question are taken out of its TLB, and nothing else is lost.
/// </para>
/// </remarks>
internal sealed class Coherence
{
    private Holders _readers;
    private Holders _writers;
    private bool _zerosAreCached;
    private bool _codeIsCached;
    private ulong _fetchEpoch;

    /// <summary>Raised with any of the generations: the one number that a space compares before it runs.</summary>
    public ulong Epoch { get; private set; }

    public ulong ReadGeneration { get; private set; }

    public ulong WriteGeneration { get; private set; }

    public ulong CodeGeneration { get; private set; }

    /// <summary>A number that no space has had; from 1 up.</summary>
    public ulong NextFetchEpoch() => ++_fetchEpoch;

    /// <summary>A space is about to cache a pointer for loads; frame 0 is the page of zeros.</summary>
    public void ReadCached(SoftTlb holder, uint frame)
    {
        _readers.Add(holder);
        _zerosAreCached |= frame == 0;
    }

    /// <summary>A space is about to cache a pointer for loads and stores.</summary>
    public void WriteCached(SoftTlb holder)
    {
        _readers.Add(holder);
        _writers.Add(holder);
    }

    /// <summary>A space is about to cache a decoded page.</summary>
    public void CodeCached() => _codeIsCached = true;

    /// <summary>A page is about to have a frame in the place of <paramref name="old"/>, 0 for a hole.</summary>
    public void RevokeReadsOf(uint old)
    {
        if (old == 0)
        {
            if (!_zerosAreCached)
                return;
            _zerosAreCached = false;
        }

        if (_readers.Several)
            RevokeReads();
        else
            _readers.One?.DropReadsOf(old);
    }

    /// <summary>A frame is about to get code.</summary>
    public void RevokeWritesOf(uint frame)
    {
        if (_writers.Several)
            RevokeWrites();
        else
            _writers.One?.DropWritesOf(frame);
    }

    /// <summary>Subtrees are about to be shared.</summary>
    public void RevokeWrites()
    {
        if (_writers.One is null)
            return;
        _writers = default;
        WriteGeneration++;
        Epoch++;
    }

    /// <summary>A page that may be executing is about to have other bytes.</summary>
    public void RevokeCode()
    {
        if (!_codeIsCached)
            return;
        _codeIsCached = false;
        CodeGeneration++;
        Epoch++;
    }

    /// <summary>Frames are about to go.</summary>
    public void RevokeAll()
    {
        RevokeReads();
        RevokeWrites();
        RevokeCode();
    }

    private void RevokeReads()
    {
        _zerosAreCached = false;
        if (_readers.One is null)
            return;
        _readers = default;
        ReadGeneration++;
        Epoch++;
    }

    /// <summary>Who may hold pointers since they were last revoked: nobody, one space, or more.</summary>
    private struct Holders
    {
        public SoftTlb? One { get; private set; }

        public bool Several { get; private set; }

        public void Add(SoftTlb holder)
        {
            One ??= holder;
            Several |= One != holder;
        }
    }
}

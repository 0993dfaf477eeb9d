using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Tests.Memory;

/// <summary>
/// A table of a hart's regime: a page that can be stored to can be loaded from, so that translated code, which looks once where it loads and
/// stores, hits and misses as the interpreter does.
/// </summary>
public sealed class LastingTlbTests : IDisposable
{
    private const ulong Page = 0x12345000, SamePlace = Page + (SoftTlb.LastingCount << 12);

    private readonly Machine _machine = new();
    private readonly GuestMemory _memory;
    private readonly SoftTlb _tlb;
    private readonly uint _frame, _other;

    public LastingTlbTests()
    {
        _memory = _machine.CreateMemory(1 << 20, 100);
        _tlb = new SoftTlb(_machine.Pool, isLasting: true);
        _memory.TryOwn(0, _memory.Account, out _frame).Should().BeTrue();
        _memory.TryOwn(1, _memory.Account, out _other).Should().BeTrue();
    }

    public void Dispose()
    {
        _memory.Dispose();
        _machine.Dispose();
    }

    [Fact]
    public void FillRead_OfAPageInThePlaceOfAnother_TakesItsStoresToo()
    {
        _tlb.FillWrite(Page, _frame);
        _tlb.FillRead(SamePlace, _other);
        ShouldHave(Page, reads: false, writes: false);
        ShouldHave(SamePlace, reads: true, writes: false);
    }

    [Fact]
    public void FlushReads_OfAPageThatCanBeStoredTo_KeepsIt()
    {
        _tlb.FillWrite(Page, _frame);
        _tlb.FillRead(Page + 0x1000, _other);
        _tlb.FlushReads();
        ShouldHave(Page, reads: true, writes: true);
        ShouldHave(Page + 0x1000, reads: false, writes: false);
        _tlb.FlushWrites();
        ShouldHave(Page, reads: true, writes: false);
        _tlb.FlushReads();
        ShouldHave(Page, reads: false, writes: false);
    }

    [Theory]
    [InlineData(10), InlineData(64), InlineData(65), InlineData(2000)]
    public void Flush_AfterAnyNumberOfFills_LeavesNothing(int fills)
    {
        for (int round = 0; round < 2; round++)
        {
            for (ulong i = 0; i < (ulong)fills; i++)
                _tlb.FillWrite(Page + (i << 12), _frame);
            _tlb.Flush();
            for (ulong i = 0; i < (ulong)fills; i++)
                ShouldHave(Page + (i << 12), reads: false, writes: false);
        }
    }

    [Fact]
    public void Drop_OfAFrame_FindsItAmongManyPages()
    {
        for (ulong i = 0; i < 100; i++)
            _tlb.FillWrite(Page + (i << 12), i == 50 ? _other : _frame);
        _tlb.DropWritesOf(_other);
        ShouldHave(Page + (50 << 12), reads: true, writes: false);
        _tlb.DropReadsOf(_other);
        ShouldHave(Page + (50 << 12), reads: false, writes: false);
        ShouldHave(Page + (51 << 12), reads: true, writes: true);
    }

    private void ShouldHave(ulong page, bool reads, bool writes) =>
        (TlbAccess.TryRead(_tlb, page, 8, out _), TlbAccess.TryWrite(_tlb, page, 8, 0)).Should().Be((reads, writes));
}

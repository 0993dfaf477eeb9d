using ObjectOS.Abi;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Tests.Memory;

public sealed class CoherenceTests : IDisposable
{
    private const PageRights All = PageRights.Read | PageRights.Write | PageRights.Execute;
    private readonly Machine _machine = new(new MachineOptions(16 << 20));
    private readonly GuestMemory _memory;
    private readonly AddressSpace _space;
    private readonly AddressSpace _other;

    public CoherenceTests()
    {
        _memory = _machine.CreateMemory(1UL << 30, 1000);
        _space = new AddressSpace(_memory, _memory.Account);
        _other = new AddressSpace(_memory, _memory.Account);
        foreach (AddressSpace space in new[] { _space, _other })
        {
            space.Map(new(0x10000), new(0), 0x10000, All);
            space.Map(new(0x80000), new(0), 0x10000, All);
            space.Map(new(0x200000), new(0x100000), 0x10000, All);
        }
    }

    public static TheoryData<bool> OneOrTwoSpaces => [false, true];

    public void Dispose() => _machine.Dispose();

    [Theory]
    [MemberData(nameof(OneOrTwoSpaces))]
    public void HoleRead_ThenFilledByAnAlias_ShowsTheNewBytes(bool two)
    {
        Load(_space, 0x10000).Should().Be(0);
        if (two)
            Load(_other, 0x10000).Should().Be(0);
        _machine.LiveFrames.Should().Be(0);
        _space.Tlb.TryRead64(0x10000, out _).Should().BeTrue("holes are cached");

        Store(_space, 0x80000, 42);

        Load(_space, 0x10000).Should().Be(42);
        Load(_other, 0x10000).Should().Be(42);
    }

    [Theory]
    [MemberData(nameof(OneOrTwoSpaces))]
    public void HoleRead_ThenClonedInto_ShowsTheNewBytes(bool two)
    {
        _memory.Write(new(0), [9], _memory.Account);
        Load(_space, 0x200000).Should().Be(0);
        CodePage hole = _space.Fetch(0x200000)!;
        hole.Bytes.ContainsAnyExcept((byte)0).Should().BeFalse();
        if (two)
            Load(_other, 0x200000).Should().Be(0);

        _memory.Clone(new(0), new(0x100000), 0x1000);

        hole.IsStale.Should().BeTrue();
        Load(_space, 0x200000).Should().Be(9);
        Load(_other, 0x200000).Should().Be(9);
        _space.Fetch(0x200000)!.Bytes[0].Should().Be(9);
    }

    [Theory]
    [MemberData(nameof(OneOrTwoSpaces))]
    public void Clone_WritesThroughBothSides_StayApart(bool two)
    {
        Store(_space, 0x10000, 1);
        if (two)
            Store(_other, 0x10000, 1);
        _memory.Clone(new(0), new(0x100000), 0x10000);
        _space.Enter();
        _space.Tlb.TryWrite64(0x10000, 5).Should().BeFalse("a clone revokes the right to write");
        Load(_space, 0x80000).Should().Be(1);
        Load(_space, 0x200000).Should().Be(1);

        Store(_space, 0x10000, 2);
        Store(two ? _other : _space, 0x200000, 3);

        foreach (AddressSpace space in new[] { _space, _other })
        {
            Load(space, 0x10000).Should().Be(2);
            Load(space, 0x80000).Should().Be(2);
            Load(space, 0x200000).Should().Be(3);
        }

        _machine.LiveFrames.Should().Be(2);
    }

    [Fact]
    public void Discard_WhileCached_ReadsZero()
    {
        Store(_space, 0x10000, 1);
        Load(_other, 0x80000).Should().Be(1);
        CodePage code = _space.Fetch(0x10000)!;

        _memory.Discard(new(0), 0x10000);

        _machine.LiveFrames.Should().Be(0);
        code.IsStale.Should().BeTrue();
        Load(_space, 0x10000).Should().Be(0);
        Load(_other, 0x80000).Should().Be(0);
        _space.Fetch(0x10000)!.Bytes[0].Should().Be(0);
    }

    [Theory]
    [MemberData(nameof(OneOrTwoSpaces))]
    public void Fetch_AfterACachedWrite_TheNextWriteIsNoticed(bool two)
    {
        if (two)
            Store(_other, 0x80000, 1);
        Store(_space, 0x80000, 1);
        CodePage code = _other.Fetch(0x10000)!;
        _space.Enter();
        _space.Tlb.TryWrite64(0x80000, 2).Should().BeFalse("a page with code is not written through a pointer");

        _space.Write(0x80000, 8, 2).Should().Be(AccessResult.OkCodeChanged);

        code.IsStale.Should().BeTrue();
        _other.Enter();
        _other.Fetch(0x10000).Should().NotBeSameAs(code);
        _other.Fetch(0x10000)!.Bytes[0].Should().Be(2);
    }

    [Fact]
    public void Fetch_OfAClone_SharesTheDecodedPage_UntilOneSideWrites()
    {
        Store(_space, 0x10000, 1);
        _memory.Clone(new(0), new(0x100000), 0x10000);
        _space.Enter();
        CodePage code = _space.Fetch(0x10000)!;
        _space.Fetch(0x200000).Should().BeSameAs(code);
        _other.Enter();
        _other.Fetch(0x200000).Should().BeSameAs(code);

        _space.Write(0x200000, 1, 9).Should().Be(AccessResult.OkCodeChanged);

        code.IsStale.Should().BeFalse("the other side still has these bytes");
        _space.Fetch(0x10000).Should().BeSameAs(code);
        _space.Fetch(0x200000)!.Bytes[0].Should().Be(9);
        _other.Enter();
        _other.Fetch(0x200000)!.Bytes[0].Should().Be(9);
    }

    [Fact]
    public void KernelWrite_ToCode_MakesItStale()
    {
        Store(_space, 0x10000, 1);
        CodePage code = _space.Fetch(0x10000)!;
        _memory.Write(new(8), [7], _memory.Account);
        code.IsStale.Should().BeTrue();
        _space.Enter();
        _space.Fetch(0x10000)!.Bytes[8].Should().Be(7);
    }

    [Fact]
    public void Protect_AndUnmap_TakeCachedRightsAway()
    {
        Store(_space, 0x10000, 1);
        _space.Fetch(0x10000).Should().NotBeNull();
        _space.Protect(new(0x10000), 0x1000, PageRights.Read);
        _space.Tlb.TryWrite64(0x10000, 1).Should().BeFalse();
        _space.Write(0x10000, 8, 1).Should().Be(AccessResult.PageFault);
        _space.Fetch(0x10004).Should().BeNull();
        _space.FaultAddress.Should().Be(0x10004);
        Load(_space, 0x10000).Should().Be(1);
        _space.Unmap(new(0x10000), 0x1000);
        _space.Tlb.TryRead64(0x10000, out _).Should().BeFalse();
        _space.Read(0x10ffc, 8, out _).Should().Be(AccessResult.PageFault);
        _space.FaultAddress.Should().Be(0x10ffc);
        _space.ExtentCount.Should().Be(3);
    }

    [Fact]
    public void Tlb_MisalignedInsideAPage_Hits_AcrossPagesMisses()
    {
        Store(_space, 0x10000, 0);
        Store(_space, 0x11000, 0);
        for (ulong offset = 0xff0; offset < 0x1000; offset++)
        {
            foreach (int size in new[] { 1, 2, 4, 8 })
            {
                bool inside = offset + (ulong)size <= 0x1000;
                TlbAccess.TryRead(_space.Tlb, 0x10000 + offset, size, out _).Should().Be(inside);
                TlbAccess.TryWrite(_space.Tlb, 0x10000 + offset, size, ulong.MaxValue).Should().Be(inside);
            }
        }

        _space.Tlb.TryRead64(ulong.MaxValue - 3, out _).Should().BeFalse();
        Load(_space, 0x11000).Should().Be(0);
    }

    [Fact]
    public void Space_JustMade_IsSmall()
    {
        _ = new AddressSpace(_memory, _memory.Account);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var space = new AddressSpace(_memory, _memory.Account);
        (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(2048);
        space.Tlb.Count.Should().Be(32);
        space.Map(new(0), new(0), 1UL << 30, All);
        for (ulong i = 0; i < 1000; i++)
            Load(space, i << 12).Should().Be(0);
        space.Tlb.Count.Should().Be(256);
    }

    private static ulong Load(AddressSpace space, ulong va)
    {
        space.Enter();
        if (!space.Tlb.TryRead64(va, out ulong value))
            space.Read(va, 8, out value).Should().Be(AccessResult.Ok);
        return value;
    }

    private static void Store(AddressSpace space, ulong va, ulong value)
    {
        space.Enter();
        if (!space.Tlb.TryWrite64(va, value))
            space.Write(va, 8, value).Should().BeOneOf(AccessResult.Ok, AccessResult.OkCodeChanged);
    }
}

using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Tests.Memory;

public sealed class MemoryAccountTests : IDisposable
{
    private readonly FramePool _pool = new(100);
    private readonly GuestMemory _memory;

    public MemoryAccountTests() => _memory = new GuestMemory(_pool, (MemoryAccount)_pool.RootAccount.CreateChild(90), 1UL << 30);

    public void Dispose()
    {
        _memory.Dispose();
        _pool.LiveFrames.Should().Be(0);
        _pool.Dispose();
    }

    [Theory]
    [InlineData(0, 5, 50, 90)]
    [InlineData(1, 50, 5, 90)]
    [InlineData(2, 50, 40, 5)]
    public void Write_LimitAtSomeLevel_StopsThereAndNamesTheAccount(int level, ulong leaf, ulong middle, ulong top)
    {
        _memory.Account.SetLimit(top);
        IMemoryAccount parent = _memory.Account.CreateChild(middle);
        IMemoryAccount payer = parent.CreateChild(leaf);
        var data = new byte[10 * 4096];
        Array.Fill(data, (byte)7);

        _memory.Write(new(0), data, payer).Should().Be(MemoryStatus.Exhausted);

        IMemoryAccount[] accounts = [payer, parent, _memory.Account];
        _memory.ExhaustedAccount.Should().BeSameAs(accounts[level]);
        payer.ChargedHere.Should().Be(5);
        accounts.Should().OnlyContain(account => account.Charged == 5);
        var actual = new byte[10 * 4096];
        _memory.Read(new(0), actual);
        actual.AsSpan(0, 5 * 4096).ContainsAnyExcept((byte)7).Should().BeFalse();
        actual.AsSpan(5 * 4096).ContainsAnyExcept((byte)0).Should().BeFalse();
    }

    [Fact]
    public void Write_MachineIsFull_NamesTheMachinesAccount()
    {
        _memory.Account.SetLimit(1000);
        _pool.RootAccount.SetLimit(1000);

        _memory.Write(new(0), new byte[101 * 4096], _memory.Account).Should().Be(MemoryStatus.Exhausted);

        _memory.ExhaustedAccount.Should().BeSameAs(_pool.RootAccount);
        _pool.LiveFrames.Should().Be(100);
    }

    [Fact]
    public void Store_LimitReached_IsExhaustedWithAccountAndAddress()
    {
        var payer = (MemoryAccount)_memory.Account.CreateChild(1);
        using var space = new AddressSpace(_memory, payer);
        space.Map(new(0x1000), new(0), 0x2000, PageRights.Read | PageRights.Write);

        space.Write(0x1ffc, 8, 1).Should().Be(AccessResult.MemoryExhausted);

        space.FaultAddress.Should().Be(0x2000);
        space.ExhaustedAccount.Should().BeSameAs(payer);
        space.Read(0x1ff8, 8, out ulong value).Should().Be(AccessResult.Ok);
        value.Should().Be(0, "a store that fails on its second page writes nothing");
    }

    [Fact]
    public void Close_WithChildren_MovesAllChargesToTheParent()
    {
        IMemoryAccount middle = _memory.Account.CreateChild(50);
        IMemoryAccount leaf = middle.CreateChild(50);
        _memory.Write(new(0), new byte[3 * 4096], leaf);
        _memory.Write(new(1 << 20), new byte[2 * 4096], middle);

        middle.Close();

        _memory.Account.ChargedHere.Should().Be(5);
        (middle.Charged + leaf.Charged).Should().Be(0);
        leaf.Invoking(account => account.CreateChild(1)).Should().Throw<InvalidOperationException>();
        _memory.Write(new(2 << 20), new byte[4096], leaf).Should().Be(MemoryStatus.Ok);
        _memory.Account.ChargedHere.Should().Be(6);
        _memory.Discard(new(0), 4 << 20);
        _memory.Account.Charged.Should().Be(0);
        _pool.Accounts.InUse.Should().Be(2);
    }

    [Fact]
    public void Close_MachinesOwn_Throws() =>
        _pool.RootAccount.Invoking(account => account.Close()).Should().Throw<InvalidOperationException>();

    [Theory]
    [InlineData(4096)]
    [InlineData(256 * 1024)]
    [InlineData(16 * 1024 * 1024)]
    public void Write_FrameWasSharedAndOwnerLeft_IsChargedToTheWriter(ulong unit)
    {
        IMemoryAccount owner = _memory.Account.CreateChild(10);
        IMemoryAccount writer = _memory.Account.CreateChild(10);
        _memory.Write(new(0), new byte[4096], owner);
        _memory.Clone(new(0), new(unit * 2), unit);
        _memory.Discard(new(0), unit);
        owner.ChargedHere.Should().Be(1, "the frame still lives, and nobody else has written it");

        _memory.Write(new(unit * 2), [1], writer);

        owner.ChargedHere.Should().Be(0);
        writer.ChargedHere.Should().Be(1);
        _memory.Account.Charged.Should().Be(1);
        _memory.Account.Peak.Should().Be(1);

        _memory.Write(new(unit * 2), [1], owner);
        writer.ChargedHere.Should().Be(1, "it is charged anew once, not to whoever wrote last");
    }

    [Theory]
    [InlineData(4096)]
    [InlineData(256 * 1024)]
    public void Write_CloneWentAway_SourceIsChargedToItsWriter(ulong unit)
    {
        IMemoryAccount owner = _memory.Account.CreateChild(10);
        IMemoryAccount writer = _memory.Account.CreateChild(10);
        _memory.Write(new(0), new byte[4096], owner);
        _memory.Write(new(0), [1], writer);
        owner.ChargedHere.Should().Be(1, "it was never shared");
        _memory.Clone(new(0), new(unit * 2), unit);
        _memory.Discard(new(unit * 2), unit);

        _memory.Write(new(0), [1], writer);

        writer.ChargedHere.Should().Be(1);
    }

    [Fact]
    public void Write_FrameWasSharedAndWriterCannotPay_StaysWithTheOwner()
    {
        IMemoryAccount owner = _memory.Account.CreateChild(10);
        IMemoryAccount writer = _memory.Account.CreateChild(0);
        _memory.Write(new(0), new byte[4096], owner);
        _memory.Clone(new(0), new(4096), 4096);
        _memory.Discard(new(0), 4096);

        _memory.Write(new(4096), [1], writer).Should().Be(MemoryStatus.Ok);

        owner.ChargedHere.Should().Be(1);
    }

    [Fact]
    public void Write_AccountOfAnotherMemory_Throws() =>
        _memory.Invoking(m => m.Write(new(0), new byte[1], _pool.RootAccount)).Should().Throw<ArgumentException>();
}

using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Memory;

namespace ObjectOS.Machine.Tests.Memory;

/// <summary>Pages that are guaranteed: carved from the accounts above at once, used without asking them, given back whole.</summary>
public sealed class ReservationTests : IDisposable
{
    private readonly FramePool _pool = new(100);
    private readonly GuestMemory _memory;

    public ReservationTests() => _memory = new GuestMemory(_pool, (MemoryAccount)_pool.RootAccount.CreateChild(50), 1UL << 30);

    public void Dispose()
    {
        _memory.Dispose();
        _pool.RootAccount.Used.Should().Be(0);
        _pool.LiveFrames.Should().Be(0);
        _pool.Dispose();
    }

    [Fact]
    public void TryReserve_TakesFromAllAbove_AndNeighboursCannotHaveIt()
    {
        IMemoryAccount child = _memory.Account.CreateChild(40);
        child.TryReserve(30).Should().BeTrue();
        (_memory.Account.Used, _memory.Account.Charged, _pool.RootAccount.Used).Should().Be((30UL, 0UL, 30UL));

        Write(0, 25, _memory.Account).Should().Be(MemoryStatus.Exhausted);
        _memory.Account.ChargedHere.Should().Be(20);
        _memory.ExhaustedAccount.Should().BeSameAs(_memory.Account);
        Write(64, 30, child).Should().Be(MemoryStatus.Ok, "they were guaranteed");
        Write(128, 1, child).Should().Be(MemoryStatus.Exhausted, "what is above the guarantee is as before");
        _memory.Account.Used.Should().Be(50);
    }

    [Fact]
    public void TryReserve_MoreThanThereIs_ChangesNothing()
    {
        IMemoryAccount child = _memory.Account.CreateChild(60);
        Write(0, 25, _memory.Account);
        child.TryReserve(26).Should().BeFalse();
        child.TryReserve(61).Should().BeFalse();
        (child.Reserved, _memory.Account.Used).Should().Be((0UL, 25UL));
        child.TryReserve(25).Should().BeTrue();
        child.TryReserve(3).Should().BeTrue();
        _memory.Account.Used.Should().Be(28);
    }

    [Fact]
    public void Close_GivesBackWhatWasReservedAndNotUsed()
    {
        IMemoryAccount child = _memory.Account.CreateChild(40);
        child.TryReserve(30);
        IMemoryAccount below = child.CreateChild(20);
        below.TryReserve(10).Should().BeTrue();
        child.Used.Should().Be(10);
        Write(0, 4, below);
        child.Close();
        (_memory.Account.Used, _memory.Account.Charged, _memory.Account.ChargedHere).Should().Be((4UL, 4UL, 4UL));
    }

    [Theory]
    [InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void RandomSteps_KeepTheBooks(int seed)
    {
        var random = new Random(seed);
        var open = new List<IMemoryAccount> { _memory.Account };
        for (int step = 0; step < 2000; step++)
        {
            IMemoryAccount account = open[random.Next(open.Count)];
            switch (random.Next(8))
            {
                case 0 when open.Count < 12:
                    open.Add(account.CreateChild((ulong)random.Next(60)));
                    break;
                case 1:
                    if (account != _memory.Account)
                        account.TryReserve((ulong)random.Next(30));
                    break;
                case 2 when account != _memory.Account && random.Next(3) == 0:
                    open.RemoveAll(each => IsUnder(each, account));
                    account.Close();
                    break;
                case 3:
                    _memory.Discard(new PhysicalAddress((ulong)random.Next(120) * 4096), 4096UL * (ulong)random.Next(1, 9));
                    break;
                default:
                    Write(random.Next(120), random.Next(1, 6), account);
                    break;
            }

            Check(open, $"seed {seed}, step {step}");
        }
    }

    private void Check(List<IMemoryAccount> open, string when)
    {
        open.Aggregate(0UL, (sum, account) => sum + account.ChargedHere).Should().Be(_pool.LiveFrames, when);
        foreach (IMemoryAccount account in open)
        {
            ulong used = open.Where(child => child.Parent == account).Aggregate(account.ChargedHere, (sum, child) => sum + Math.Max(child.Used, child.Reserved));
            account.Used.Should().Be(used, when);
            account.Used.Should().BeGreaterThanOrEqualTo(account.Charged, when);
        }

        _pool.RootAccount.Used.Should().Be(Math.Max(_memory.Account.Used, _memory.Account.Reserved), when);
        _memory.Account.Used.Should().BeLessThanOrEqualTo(50, when);
    }

    private MemoryStatus Write(int page, int count, IMemoryAccount payer) =>
        _memory.Write(new PhysicalAddress((ulong)page * 4096), new byte[count * 4096], payer);

    private static bool IsUnder(IMemoryAccount? account, IMemoryAccount top)
    {
        while (account is not null && account != top)
            account = account.Parent;
        return account is not null;
    }
}

using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Memory;
using ObjectOS.Machine.Mmu;

namespace ObjectOS.Machine.Tests.Memory;

/// <summary>
/// A memory beside a plain model of it (a dictionary of pages, a dictionary of mappings), and random operations done to both.
/// </summary>
internal sealed class MemoryModel : IDisposable
{
    private const ulong MemorySize = 64UL << 20;
    private const int VirtualPages = 40;
    private static readonly ulong[] Bases = [0, 1, 64, 65, 130, 4096, 4096 + 64, 8192, 12288, 16384 - 70];

    private readonly Random _random;
    private readonly Dictionary<ulong, byte[]> _pages = [];
    private readonly Dictionary<ulong, (ulong Page, PageRights Rights)>[] _maps = [[], []];
    private readonly List<MemoryAccount> _open = [];
    private readonly FramePool _pool;
    private readonly GuestMemory _memory;
    private readonly AddressSpace[] _spaces;

    public MemoryModel(int seed)
    {
        _random = new Random(seed);
        _pool = new FramePool((ulong)_random.Next(60, 400));
        _memory = new GuestMemory(_pool, (MemoryAccount)_pool.RootAccount.CreateChild((ulong)_random.Next(40, 400)), MemorySize);
        _open.Add(_memory.Account);
        _spaces = [new AddressSpace(_memory, NewAccount(_memory.Account, 30)), new AddressSpace(_memory, NewAccount(_memory.Account, 60))];
    }

    public void Step()
    {
        switch (_random.Next(16))
        {
            case 0: NewAccount(AnyAccount(), (ulong)_random.Next(40)); break;
            case 1: CloseAccount(); break;
            case 2: case 3: Write(); break;
            case 4: Read(); break;
            case 5: case 6: Clone(); break;
            case 7: Discard(); break;
            case 8: Map(); break;
            case 9: Protect(); break;
            case 10: Unmap(); break;
            case 11: Prepare(); break;
            default: Session(); break;
        }
    }

    public void CheckAccounts()
    {
        ulong sum = _pool.RootAccount.ChargedHere;
        foreach (MemoryAccount account in _open)
        {
            sum += account.ChargedHere;
            account.Charged.Should().BeLessThanOrEqualTo(account.Limit);
            account.Peak.Should().BeGreaterThanOrEqualTo(account.Charged);
            ulong below = account.ChargedHere;
            foreach (MemoryAccount child in _open.Where(child => child.Parent == account))
                below += child.Charged;
            account.Charged.Should().Be(below);
        }

        sum.Should().Be(_pool.LiveFrames, "every frame is charged to one account");
        _pool.RootAccount.Charged.Should().Be(sum);
    }

    public void CheckAll()
    {
        for (ulong page = 0; _memory.TryFindPresent(new(page << 12), new(MemorySize), out PhysicalAddress found); page = found.PageNumber + 1)
            _pages.Should().ContainKey(found.PageNumber);
        var actual = new byte[4096];
        foreach ((ulong page, byte[] bytes) in _pages)
        {
            _memory.Read(new(page << 12), actual);
            Same(actual, bytes, page);
        }
    }

    public void Dispose()
    {
        foreach (AddressSpace space in _spaces)
            space.Dispose();
        _memory.Dispose();
        _pool.LiveFrames.Should().Be(0);
        _pool.RootAccount.Charged.Should().Be(0);
        _pool.Accounts.InUse.Should().Be(1);
        _pool.Dispose();
    }

    private static void Same(ReadOnlySpan<byte> actual, ReadOnlySpan<byte> expected, ulong page)
    {
        if (!actual.SequenceEqual(expected))
            throw new InvalidOperationException($"page {page} differs from the model at byte {actual.CommonPrefixLength(expected)}");
    }

    private MemoryAccount NewAccount(MemoryAccount parent, ulong limit)
    {
        var account = (MemoryAccount)parent.CreateChild(limit);
        _open.Add(account);
        return account;
    }

    private MemoryAccount AnyAccount() => _open[_random.Next(_open.Count)];

    private void CloseAccount()
    {
        MemoryAccount account = AnyAccount();
        if (account == _memory.Account || _open.Count < 5)
            return;
        account.Close();
        _open.RemoveAll(other => other.IsUnder(account));
        account.Charged.Should().Be(0);
    }

    private ulong AnyPage() => (Bases[_random.Next(Bases.Length)] + (ulong)_random.Next(6)) % (MemorySize >> 12);

    private byte[] Expected(ulong page) => _pages.TryGetValue(page, out byte[]? bytes) ? bytes : new byte[4096];

    private byte[] Own(ulong page)
    {
        if (!_pages.TryGetValue(page, out byte[]? bytes))
            _pages[page] = bytes = new byte[4096];
        return bytes;
    }

    private void Write()
    {
        ulong start = (AnyPage() << 12) + (ulong)_random.Next(4096);
        var data = new byte[_random.Next(1, 10000)];
        _random.NextBytes(data);
        MemoryAccount account = AnyAccount();
        if (start + (ulong)data.Length > MemorySize)
        {
            _memory.Write(new(start), data, account).Should().Be(MemoryStatus.OutOfRange);
            return;
        }

        MemoryStatus status = _memory.Write(new(start), data, account);
        int done = 0;
        Span<byte> actual = new byte[4096];
        while (done < data.Length)
        {
            ulong address = start + (ulong)done;
            int length = Math.Min(data.Length - done, 4096 - (int)(address & 4095));
            _memory.Read(new(address), actual[..length]);
            if (status != MemoryStatus.Ok && !actual[..length].SequenceEqual(data.AsSpan(done, length)))
                break;
            data.AsSpan(done, length).CopyTo(Own(address >> 12).AsSpan((int)(address & 4095)));
            done += length;
        }

        if (status == MemoryStatus.Ok)
            return;
        status.Should().Be(MemoryStatus.Exhausted);
        done.Should().BeLessThan(data.Length);
        CheckExhausted(_memory.ExhaustedAccount);
    }

    private void CheckExhausted(IMemoryAccount? account)
    {
        account.Should().NotBeNull();
        account!.Charged.Should().BeGreaterThanOrEqualTo(account.Limit);
    }

    private void Read()
    {
        ulong page = AnyPage();
        var actual = new byte[4096];
        _memory.Read(new(page << 12), actual).Should().Be(MemoryStatus.Ok);
        Same(actual, Expected(page), page);
    }

    private void Prepare()
    {
        ulong page = AnyPage();
        if (_memory.Prepare(new(page << 12), 4096, AnyAccount()) == MemoryStatus.Ok)
            Own(page);
    }

    private (ulong Page, ulong Count) AnyRange()
    {
        ulong[] counts = [1, 2, 3, 64, 65, 128, 4096];
        ulong count = counts[_random.Next(counts.Length)];
        return (Math.Min(AnyPage(), (MemorySize >> 12) - count), count);
    }

    private void Clone()
    {
        (ulong source, ulong count) = AnyRange();
        ulong target = Math.Min(_random.Next(2) == 0 ? AnyPage() : Bases[_random.Next(Bases.Length)], (MemorySize >> 12) - count);
        if (_random.Next(2) == 0 && count == 4096)
            source &= ~4095UL;
        if (source - target < count || target - source < count)
        {
            _memory.Invoking(m => m.Clone(new(source << 12), new(target << 12), count << 12)).Should().Throw<ArgumentException>();
            return;
        }

        ulong live = _pool.LiveFrames;
        bool empty = true;
        _memory.Clone(new(source << 12), new(target << 12), count << 12).Should().Be(MemoryStatus.Ok);
        for (ulong i = 0; i < count; i++)
        {
            empty &= !_pages.Remove(target + i);
            if (_pages.TryGetValue(source + i, out byte[]? bytes))
                _pages[target + i] = [.. bytes];
        }

        _pool.LiveFrames.Should().Match(now => empty ? now == live : now <= live);
    }

    private void Discard()
    {
        (ulong page, ulong count) = AnyRange();
        Discard(page, count);
    }

    private void Discard(ulong page, ulong count)
    {
        _memory.Discard(new(page << 12), count << 12).Should().Be(MemoryStatus.Ok);
        for (ulong i = 0; i < count; i++)
            _pages.Remove(page + i);
    }

    private void Map()
    {
        int who = _random.Next(2);
        ulong va = (ulong)_random.Next(VirtualPages);
        ulong count = (ulong)_random.Next(1, 8);
        ulong page = Math.Min(AnyPage(), (MemorySize >> 12) - count);
        PageRights rights = AnyRights();
        Action map = () => _spaces[who].Map(new(va << 12), new(page << 12), count << 12, rights);
        for (ulong i = 0; i < count; i++)
        {
            if (_maps[who].ContainsKey(va + i))
            {
                map.Should().Throw<ArgumentException>();
                return;
            }
        }

        map();
        for (ulong i = 0; i < count; i++)
            _maps[who][va + i] = (page + i, rights);
    }

    private PageRights AnyRights() => (PageRights)_random.Next(8) | (_random.Next(3) == 0 ? 0 : PageRights.Read | PageRights.Write | PageRights.Execute);

    private void Protect()
    {
        int who = _random.Next(2);
        ulong va = (ulong)_random.Next(VirtualPages);
        ulong count = (ulong)_random.Next(1, 5);
        PageRights rights = AnyRights();
        Action protect = () => _spaces[who].Protect(new(va << 12), count << 12, rights);
        for (ulong i = 0; i < count; i++)
        {
            if (!_maps[who].ContainsKey(va + i))
            {
                protect.Should().Throw<ArgumentException>();
                return;
            }
        }

        protect();
        for (ulong i = 0; i < count; i++)
            _maps[who][va + i] = (_maps[who][va + i].Page, rights);
    }

    private void Unmap()
    {
        int who = _random.Next(2);
        ulong va = (ulong)_random.Next(VirtualPages);
        ulong count = (ulong)_random.Next(1, 5);
        _spaces[who].Unmap(new(va << 12), count << 12);
        for (ulong i = 0; i < count; i++)
            _maps[who].Remove(va + i);
    }

    /// <summary>What a run does: accesses through the TLB first, and a code page that is kept until it is said to have changed.</summary>
    private void Session()
    {
        int who = _random.Next(2);
        AddressSpace space = _spaces[who];
        space.Enter();
        ulong pc = 0;
        CodePage? code = null;
        for (int i = _random.Next(1, 30); i > 0; i--)
        {
            if (_random.Next(4) == 0 || (code is null && _random.Next(2) == 0))
            {
                pc = AnyVirtual(who);
                code = space.Fetch(pc);
                (code is not null).Should().Be(Has(who, pc, PageRights.Execute));
                if (code is null)
                    space.FaultAddress.Should().Be(pc);
            }
            else if (_random.Next(2) == 0)
            {
                Load(who);
            }
            else if (Store(who))
            {
                code = code is null ? null : space.Fetch(pc);
            }

            if (code is null)
                continue;
            code.IsStale.Should().BeFalse();
            ulong page = _maps[who][pc >> 12].Page;
            Same(code.Bytes, Expected(page), page);
        }
    }

    private ulong AnyVirtual(int who)
    {
        ulong page = _maps[who].Count > 0 && _random.Next(10) > 0
            ? _maps[who].Keys.ElementAt(_random.Next(_maps[who].Count))
            : (ulong)_random.Next(VirtualPages);
        int offset = _random.Next(3) switch { 0 => 4096 - _random.Next(1, 9), 1 => _random.Next(4096), _ => _random.Next(16) };
        return (page << 12) + (ulong)offset;
    }

    private bool Has(int who, ulong va, PageRights anyOf) => _maps[who].TryGetValue(va >> 12, out var entry) && (entry.Rights & anyOf) != 0;

    private bool Reaches(int who, ulong va, int size, PageRights anyOf, out ulong fault)
    {
        for (int i = 0; i < size; i++)
        {
            fault = va + (ulong)i;
            if (!Has(who, fault, anyOf))
                return false;
        }

        fault = 0;
        return true;
    }

    private void Load(int who)
    {
        AddressSpace space = _spaces[who];
        ulong va = AnyVirtual(who);
        int size = 1 << _random.Next(4);
        bool reaches = Reaches(who, va, size, PageRights.Read | PageRights.Write, out ulong fault);
        if (TlbAccess.TryRead(space.Tlb, va, size, out ulong value))
        {
            reaches.Should().BeTrue();
        }
        else
        {
            AccessResult result = space.Read(va, size, out value);
            result.Should().Be(reaches ? AccessResult.Ok : AccessResult.PageFault);
            if (!reaches)
                space.FaultAddress.Should().Be(fault);
        }

        for (int i = 0; reaches && i < size; i++)
        {
            ulong byteAt = va + (ulong)i;
            ((byte)(value >> (8 * i))).Should().Be(Expected(_maps[who][byteAt >> 12].Page)[byteAt & 4095]);
        }
    }

    private bool Store(int who)
    {
        AddressSpace space = _spaces[who];
        ulong va = AnyVirtual(who);
        int size = 1 << _random.Next(4);
        var value = (ulong)_random.NextInt64();
        bool reaches = Reaches(who, va, size, PageRights.Write, out ulong fault);
        AccessResult result = AccessResult.Ok;
        if (!TlbAccess.TryWrite(space.Tlb, va, size, value))
            result = space.Write(va, size, value);
        if (result == AccessResult.MemoryExhausted)
        {
            reaches.Should().BeTrue();
            CheckExhausted(space.ExhaustedAccount);
            // The first of two pages may have been made before the second could not be paid for.
            ulong first = _maps[who][va >> 12].Page;
            if (_memory.TryFindPresent(new(first << 12), new((first + 1) << 12), out _))
                Own(first);
            return true;
        }

        if (!reaches)
        {
            result.Should().Be(AccessResult.PageFault);
            space.FaultAddress.Should().Be(fault);
            return false;
        }

        result.Should().BeOneOf(AccessResult.Ok, AccessResult.OkCodeChanged);
        for (int i = 0; i < size; i++)
        {
            ulong byteAt = va + (ulong)i;
            Own(_maps[who][byteAt >> 12].Page)[byteAt & 4095] = (byte)(value >> (8 * i));
        }

        return result == AccessResult.OkCodeChanged;
    }
}

using System.Globalization;
using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Tests.Differential;

namespace ObjectOS.Tests.Kernels;

/// <summary>One CPU that goes through a random sequence of everything that a kernel does with a CPU; every step says what it saw.</summary>
internal sealed class Subject : IDisposable
{
    /// <summary>Physical ranges that the sequence works in, some of them next to each other, some in chunks of their own.</summary>
    private static readonly ulong[] Regions = [0, 0x40000, 0x80000, 17UL << 20, 40UL << 20, 1UL << 40];

    private readonly Tower _tower;
    private readonly ICpu _cpu;
    private readonly List<IMemoryAccount> _accounts = [];
    private readonly IAddressSpace?[] _spaces = new IAddressSpace?[2];
    private readonly bool _hasQuotas;
    private int _atStep;
    private readonly HartContext[] _harts = [new(), new()];

    /// <param name="options">The levels under it.</param>
    /// <param name="program">What its harts run.</param>
    /// <param name="hasQuotas">False: no quota is ever reached, and what is charged is not told.</param>
    public Subject(TowerOptions options, RandomProgram program, bool hasQuotas = true)
    {
        _hasQuotas = hasQuotas;
        _tower = new Tower(options);
        _cpu = _tower.Cpu;
        _accounts.Add(_cpu.Account);
        _accounts.Add(_cpu.Account.CreateChild(hasQuotas ? 40 : ulong.MaxValue));
        _accounts.Add(_accounts[1].CreateChild(hasQuotas ? 20 : ulong.MaxValue));
        Write(0, program.Image, 0);
        Write(Regions[3], program.InitialData(), 0);
        foreach (var hart in _harts)
        {
            hart.Pc = program.X[0];
            hart.Fcsr = program.Fcsr;
            program.X.CopyTo((Span<ulong>)hart.X);
            program.F.CopyTo((Span<ulong>)hart.F);
            hart.X[0] = 0;
        }
    }

    public Tower Tower => _tower;

    /// <summary>Times that a level has looked at what passed through it.</summary>
    public int Intercepted { get; private set; }

    /// <summary>Does one step, chosen by a generator that all subjects have alike, and tells what came of it.</summary>
    public string Step(Random random)
    {
        _atStep = Intercepted;
        int space = random.Next(2);
        int account = random.Next(3);
        ulong va = (random.Next(2) == 0 ? RandomProgram.Code : RandomProgram.Data) + ((ulong)random.Next(5) * Pages.Size);
        ulong region = Regions[random.Next(Regions.Length)];
        ulong pa = region + ((ulong)random.Next(5) * Pages.Size);
        ulong length = (ulong)random.Next(1, 4) * Pages.Size;
        var rights = (PageRights)random.Next(8);
        int choice = random.Next(16);
        int number = random.Next(4000);
        string what = choice switch
        {
            0 or 1 => Try(() => Space(space).Map(new(va), new(pa), length, rights | PageRights.Read)),
            2 => Try(() => Space(space).Protect(new(va), length, rights)),
            3 => Try(() => Space(space).Unmap(new(va), length)),
            4 => Write(pa + (ulong)number, [1, 2, (byte)number, 4], account).ToString(),
            5 => Again(() => _cpu.Memory.Prepare(new(pa), length, _accounts[account])).ToString(),
            6 => Again(() => _cpu.Memory.Discard(new(pa), length)).ToString(),
            7 => Clone(region, Regions[number % Regions.Length]),
            8 => Limit(account, (ulong)number % 30),
            9 => Close(space),
            _ => Run(space, account, (ulong)number),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{choice} {va:x} {pa:x} {length:x} {rights} -> {what}; {(_hasQuotas ? State() : "")}");
    }

    /// <summary>All memory that the sequence can have reached; with quotas, which pages of it there are, too.</summary>
    public string Memory()
    {
        using var hash = System.Security.Cryptography.IncrementalHash.CreateHash(System.Security.Cryptography.HashAlgorithmName.SHA256);
        byte[] bytes = new byte[16 * Pages.Size];
        var present = new List<ulong>();
        foreach (ulong region in Regions)
        {
            Again(() => _cpu.Memory.Read(new(region), bytes)).Should().Be(MemoryStatus.Ok);
            hash.AppendData(bytes);
            for (var at = new PhysicalAddress(region); _cpu.Memory.TryFindPresent(at, new(region + 0x40000), out var page); at = page + Pages.Size)
            {
                present.Add(page.Value);
            }
        }

        return Convert.ToHexString(hash.GetHashAndReset()) + (_hasQuotas ? " " + string.Join(',', present) : "");
    }

    /// <summary>As holder of all CPUs of the tower: lets pass what was intercepted. Always true.</summary>
    public bool PassExits()
    {
        foreach (var cpu in _tower.Virtual)
        {
            if (cpu.Exit is { } exit)
            {
                Intercepted++;
                (Intercepted - _atStep).Should().BeLessThan(20_000, "what is passed passes, at every level, in the end; {0} {1}", cpu.Number, exit);
                cpu.Resume(ExitAction.Pass);
            }
        }

        return true;
    }

    public void Dispose()
    {
        foreach (var space in _spaces)
        {
            space?.Dispose();
        }

        _tower.Dispose();
    }

    private string State() => string.Join(' ', _accounts.Select(a => $"{a.Charged}/{a.ChargedHere}/{a.Peak}"));

    private IAddressSpace Space(int index) => _spaces[index] ??= _cpu.CreateAddressSpace(_accounts[index + 1]);

    private string Close(int index)
    {
        _spaces[index]?.Dispose();
        _spaces[index] = null;
        return "closed";
    }

    private string Limit(int account, ulong more)
    {
        if (!_hasQuotas)
        {
            return "without limits";
        }

        _accounts[account].SetLimit(account == 0 ? 100 : _accounts[account].Charged + more);
        return "limited";
    }

    private MemoryStatus Write(ulong address, byte[] bytes, int account) => Again(() => _cpu.Memory.Write(new(address), bytes, _accounts[account]));

    private string Clone(ulong source, ulong destination)
    {
        if (source == destination)
        {
            return "itself";
        }

        Again(() => _cpu.Memory.Discard(new(destination), 0x40000)).Should().Be(MemoryStatus.Ok);
        return Again(() => _cpu.Memory.Clone(new(source), new(destination), 0x40000)).ToString();
    }

    private string Run(int space, int hart, ulong budget)
    {
        var context = _harts[hart % 2];
        ulong used = 0;
        Trap trap;
        do
        {
            _cpu.Run(context, Space(space), new RunLimits(budget - used, used, used), out trap);
            used += trap.Retired;
        }
        while (trap.Cause == TrapCause.Suspended && PassExits());
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        context.Save(writer);
        int account = trap.Account is null ? -1 : _accounts.IndexOf(trap.Account);
        string seen = $"{trap.Cause} {trap.Pc:x} {trap.Address} {trap.Access} {trap.Size} {trap.Instruction:x} {used} by {account} " +
            Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(stream.ToArray()));
        if (trap.Cause is TrapCause.Breakpoint)
        {
            context.Pc = RandomProgram.Code + 0x40;
            context.X[30] = 5;
        }
        else if (trap.IsException && trap.Access != AccessKind.Fetch)
        {
            context.Pc += (trap.Instruction & 3) == 3 ? 4u : 2;
        }

        return seen;
    }

    private static string Try(Action action)
    {
        try
        {
            action();
            return "done";
        }
        catch (ArgumentException e)
        {
            return e.GetType().Name;
        }
    }

    private MemoryStatus Again(Func<MemoryStatus> operation)
    {
        MemoryStatus status;
        do
        {
            status = operation();
        }
        while (status == MemoryStatus.Suspended && PassExits());
        return status;
    }
}

using System.Security.Cryptography;
using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Tests.Kernels;

/// <summary>
/// The levels under a subject, each of which moves its child's pages about and keeps clones of them, at random: whoever still goes to the place
/// where a page was finds rubbish, and a clone that changes is found out.
/// </summary>
internal sealed class MovingLevels(Subject subject, Random random)
{
    private static readonly byte[] Rubbish = [.. Enumerable.Repeat((byte)0xEE, (int)Pages.Size)];

    private readonly List<(int Level, MemoryCapability Clone, string Hash)> _clones = [];

    /// <summary>Pages that have moved.</summary>
    public int Moved { get; private set; }

    /// <summary>Clones whose original had been written when they were looked at.</summary>
    public int Changed { get; private set; }

    /// <summary>Has a random level do something.</summary>
    public void Act()
    {
        int level = random.Next(subject.Tower.Kernels.Count);
        switch (random.Next(4))
        {
            case 0:
                Clone(level);
                break;
            case 1:
                Check();
                break;
            default:
                Move(level, (ulong)random.Next(16) * Pages.Size);
                break;
        }
    }

    private void Move(int level, ulong address)
    {
        var (memory, places) = subject.Tower.ScatteredAt(level)!.Value;
        ulong from = places[address];
        var free = Enumerable.Range(0, Tower.ScatteredPages).Select(page => (ulong)page * Pages.Size).Except(places.Values).ToList();
        ulong to = free[random.Next(free.Count)];
        byte[] page = new byte[Pages.Size];
        Again(() => memory.Read(from, page));
        Again(() => memory.Write(to, page));
        var (invoker, vcpu) = (subject.Tower.Invokers[level], subject.Tower.Slots[level]);
        invoker.Call1(Call.VCpuUnmap, vcpu, address, Pages.Size).Should().Be(KernelStatus.Ok);
        invoker.Call1(Call.VCpuMap, vcpu, address, memory.Slot, to, Pages.Size, 7).Should().Be(KernelStatus.Ok);
        Again(() => memory.Write(from, Rubbish));
        places[address] = to;
        Moved++;
    }

    private void Clone(int level)
    {
        var memory = subject.Tower.ScatteredAt(level)!.Value.Memory;
        MemoryCapability clone = default;
        Again(() => memory.CreateClone(new CellCapability(subject.Tower.Invokers[level], 1), out clone));
        _clones.Add((level, clone, Hash(clone)));
    }

    private void Check()
    {
        if (_clones.Count == 0)
        {
            return;
        }

        int which = random.Next(_clones.Count);
        var (level, clone, hash) = _clones[which];
        _clones.RemoveAt(which);
        Hash(clone).Should().Be(hash, "nobody writes it");
        Changed += Hash(subject.Tower.ScatteredAt(level)!.Value.Memory) != hash ? 1 : 0;
        subject.Tower.Invokers[level].Call1(Call.CapabilityDelete, clone.Slot).Should().Be(KernelStatus.Ok);
        subject.Tower.Invokers[level].ReturnSlot(clone.Slot);
    }

    private string Hash(MemoryCapability memory)
    {
        byte[] bytes = new byte[Tower.ScatteredPages * Pages.Size];
        Again(() => memory.Read(0, bytes));
        return Convert.ToHexString(SHA256.HashData(bytes));
    }

    private void Again(Func<KernelStatus> invocation)
    {
        KernelStatus status;
        do
        {
            status = invocation();
        }
        while (status == KernelStatus.Suspended && subject.PassExits());
        status.Should().Be(KernelStatus.Ok);
    }
}

using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Machine.Engines.Translator;
using ObjectOS.Machine.Harts;
using ObjectOS.Machine.Interpreter;
using ObjectOS.Machine.Mmu;
using ObjectOS.Tests;

namespace ObjectOS.Machine.Tests.Translator;

/// <summary>What is cached under one virtualization mode or VMID is never used under another, though no hart changes them yet.</summary>
public sealed class VirtualModeTests : IDisposable
{
    private const ulong Page = 0x4000;

    private readonly Machine _machine = new();
    private readonly RealCpu _cpu;
    private readonly IAddressSpace _space;
    private readonly Hart _hart;

    public VirtualModeTests()
    {
        _cpu = new RealCpu(_machine);
        _space = _cpu.CreateAddressSpace(_cpu.Account);
        _space.Map(default, default, 0x20000, PageRights.Read | PageRights.Write | PageRights.Execute);
        _cpu.Memory.Write(new(Page), new Asm(Page).Addi(1, 1, 1).Ecall().ToArray(), _cpu.Account).Should().Be(MemoryStatus.Ok);
        var context = new HartContext { Mode = HartMode.Supervisor, System = PrivilegedState.AfterReset(HartMode.Supervisor, 0, 48, false) };
        _hart = ((AddressSpace)_space).HartOf(context);
    }

    public static TheoryData<bool, int, bool, int> Pairs => new() { { false, 0, true, 0 }, { true, 0, true, 1 }, { true, 5, true, 0x3FFF }, { false, 0, true, 7 } };

    public void Dispose()
    {
        _space.Dispose();
        _cpu.Dispose();
        _machine.Dispose();
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Regimes_ShareNeitherTlbNorStateBlock(bool isVirtual, int vmid, bool otherIsVirtual, int otherVmid)
    {
        Regime one = Use(isVirtual, vmid), other = Use(otherIsVirtual, otherVmid, inUse: one);
        other.Should().NotBeSameAs(one);
        HartCode.RegimeOf(one).State.Should().NotBeSameAs(HartCode.RegimeOf(other).State);
        one.Read(Page, 8, out ulong value).Should().Be(AccessResult.Ok);
        one.Tlb.TryRead64(Page, out ulong cached).Should().BeTrue();
        cached.Should().Be(value);
        other.Tlb.TryRead64(Page, out _).Should().BeFalse();
        HartCode.RegimeOf(one).State.Regime.Should().Be((isVirtual ? 1UL : 0, 0UL, Hgatp(vmid)));
        HartCode.RegimeOf(other).State.Regime.Should().Be((1UL, 0UL, Hgatp(otherVmid)));
    }

    // More of them than a hart has room for: one that takes the place of another begins empty.
    [Fact]
    public void ManyIdentifiers_OneAfterTheOther_BeginEmpty()
    {
        for (int i = 0; i < 500; i++)
        {
            Regime regime = Use(i % 3 != 0, i % 3 == 0 ? 0 : i);
            bool isSeenBefore = i > 0 && i % 3 == 0;
            if (!isSeenBefore)
                regime.Tlb.TryRead64(Page, out _).Should().BeFalse("regime {0} is used for the first time", i);
            ulong epoch = regime.FetchEpoch;
            regime.Read(Page, 8, out _).Should().Be(AccessResult.Ok);
            regime.Fetch(Page).Should().NotBeNull();
            regime.FetchEpoch.Should().Be(epoch);
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Translations_AreOfOneModeAndIdentifier(bool isVirtual, int vmid, bool otherIsVirtual, int otherVmid)
    {
        var harts = new HartCode();
        Regime one = Use(isVirtual, vmid), other = Use(otherIsVirtual, otherVmid, inUse: one);
        CodePage code = one.Fetch(Page)!;
        other.Fetch(Page).Should().BeSameAs(code, "both map the same page");
        TranslatedPage PageOf(Regime regime) => harts.PageOf(Page, code, regime.Key.Virtual.Number, hidesFloats: false)!;
        PageOf(one).Id.Should().NotBe(PageOf(other).Id);
        PageOf(one).Should().BeSameAs(PageOf(one));
    }

    private static ulong Hgatp(int vmid) => (ulong)vmid << 44;

    private Regime Use(bool isVirtual, int vmid, Regime? inUse = null) =>
        _hart.Find(new RegimeKey(PrivilegeMode.Supervisor, new VirtualMode(isVirtual, Hgatp(vmid)), 0, Sum: false, Mxr: false, HidesFloats: false), inUse);
}

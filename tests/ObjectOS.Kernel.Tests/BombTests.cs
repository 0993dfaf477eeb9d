using ObjectOS.Abi;
using ObjectOS.Cpu;
using ObjectOS.Objects;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Kernels;

/// <summary>A cell that makes as many objects as it can meets its own quota, and everything comes back.</summary>
public sealed class BombTests
{
    [Theory]
    [InlineData(true), InlineData(false)]
    public void ManyMappings_WhoseLastCapabilityGoes_AreTakenAwayInSteps(bool isVirtualCpu)
    {
        const int Count = 1000, Step = 64;
        using var fixture = new KernelFixture();
        var root = fixture.Kernel.RootCell;
        fixture.Root.CreateMemory(0x1000, out var memory).Should().Be(KernelStatus.Ok);
        var shown = (MemoryObject)root.Capabilities[memory.Slot]!.Object;
        int used = root.ObjectsUsed;
        uint slot = fixture.Invoker.TakeSlot();
        if (isVirtualCpu)
        {
            fixture.Invoker.Call1(Call.VCpuCreate, 1, slot, 1 << 30, 1 << 20).Should().Be(KernelStatus.Ok);
        }
        else
        {
            fixture.Invoker.Call1(Call.SpaceCreate, 1, slot).Should().Be(KernelStatus.Ok);
        }

        for (ulong i = 0; i < Count; i++)
        {
            fixture.Invoker.Call1(isVirtualCpu ? Call.VCpuMap : Call.SpaceMap, slot, i * 0x2000, memory.Slot, 0, 0x1000, 1).Should().Be(KernelStatus.Ok);
        }

        shown.Mappings.Should().HaveCount(Count);
        fixture.Invoker.Call1(Call.CapabilityDelete, slot).Should().Be(KernelStatus.Ok);
        root.ObjectsUsed.Should().Be(used, "their quota is free at once");
        shown.Mappings.Should().HaveCount(Count);
        int before = Count;
        for (int slices = 0; shown.Mappings.Count > 0; slices++)
        {
            slices.Should().BeLessThan(Count);
            fixture.Kernel.RunSlice(new SliceLimits(1));
            (before - shown.Mappings.Count).Should().BeInRange(0, Step);
            before = shown.Mappings.Count;
        }

        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
    }

    [Theory]
    [InlineData(Call.CapabilityCopy, 1UL, 31UL)]
    [InlineData(Call.CellCreate, 1UL, 4096UL)]
    [InlineData(Call.ThreadCreate, 1UL, 3UL)]
    [InlineData(Call.EndpointCreate, 1UL, 0UL)]
    [InlineData(Call.NotificationCreate, 1UL, 0UL)]
    [InlineData(Call.MemoryCreate, 1UL, 4096UL)]
    [InlineData(Call.MemoryClone, 4UL, 1UL)]
    [InlineData(Call.SpaceCreate, 1UL, 0UL)]
    [InlineData(Call.VCpuCreate, 1UL, 4096UL)]
    public void Bomb_EndsAtTheQuota_BesideANeighbour(Call call, ulong target, ulong argument)
    {
        using var fixture = new KernelFixture();
        var neighbour = fixture.Add(new Asm(KernelFixture.Code).Li(T0, 100_000).Addi(T0, T0, -1).Branch("bne", T0, Zero, KernelFixture.Code + 8)
            .Addi(A1, Zero, 3).Addi(A7, Zero, (int)Call.ThreadExit).Ecall());
        neighbour.Thread.Resume();
        ulong frames = fixture.LiveFrames;
        int used = fixture.Kernel.RootCell.ObjectsUsed;

        // s1 counts up through the slots until a status is not Ok, which is stored.
        var code = new Asm(KernelFixture.Code).Addi(S0, A0, 0).Li(S1, 20);
        ulong loop = code.Here;
        code.Addi(A0, Zero, (int)target).Addi(A1, S1, 0).Li(A2, (int)argument).Addi(A3, Zero, 0).Addi(A7, Zero, (int)call).Ecall()
            .Addi(S1, S1, 1).Branch("beq", A0, Zero, loop).Store("sd", A0, 0, S0).Addi(A7, Zero, (int)Call.ThreadExit).Ecall();
        var bomb = fixture.Add(code, objects: 500);
        bomb.Cell.Grant(3, bomb.Space.Slot, CapabilityRights.All);
        bomb.Cell.Grant(4, bomb.Data.Slot, CapabilityRights.All);
        bomb.Thread.Resume();
        fixture.Run(100_000_000).Should().Be(SliceEnd.Idle);
        bomb.Word(0).Should().Be((ulong)KernelStatus.ObjectsExhausted);
        fixture.EndOf(neighbour)!.ExitCode.Should().Be(3);
        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        bomb.Cell.Destroy().Should().Be(KernelStatus.Ok);
        fixture.Run();
        foreach (uint slot in new[] { bomb.Cell.Slot, bomb.Space.Slot, bomb.Data.Slot, bomb.Thread.Slot, bomb.Thread.Slot - 3 })
        {
            fixture.Invoker.Call1(Call.CapabilityDelete, slot);
        }

        KernelAudit.Check(fixture.Kernel, fixture.LiveFrames);
        fixture.LiveFrames.Should().Be(frames);
        fixture.Kernel.RootCell.ObjectsUsed.Should().BeInRange(used, used + 1);
    }
}

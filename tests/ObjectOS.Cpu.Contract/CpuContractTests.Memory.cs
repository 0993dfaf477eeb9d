using ObjectOS.Abi;
using ObjectOS.Cpu;
using static ObjectOS.Tests.Asm;

namespace ObjectOS.Tests.Contract;

/// <content>Physical memory, and what runs on it: clones and what is given back.</content>
public abstract partial class CpuContractTests
{
    private const ulong Unit = IGuestMemory.CloneUnit;

    private static PhysicalAddress Frames(ulong unit, ulong page = 0) => new((unit * Unit) + (page * Pages.Size));

    [Fact]
    public void Clone_SharesUntilEitherSideWrites()
    {
        using Guest guest = NewGuest();
        guest.Write(Frames(8, 3).Value, [1, 2, 3]);
        guest.Cpu.Memory.Clone(Frames(8), Frames(16), Unit).Should().Be(MemoryStatus.Ok);
        guest.Read(Frames(16, 3).Value, 3).Should().Equal(1, 2, 3);
        guest.Write(Frames(8, 3).Value, [9]);
        guest.Write(Frames(16, 3).Value + 2, [7]);
        guest.Read(Frames(8, 3).Value, 3).Should().Equal(9, 2, 3);
        guest.Read(Frames(16, 3).Value, 3).Should().Equal(1, 2, 7);
    }

    [Fact]
    public void Clone_ReplacesAllThatWasInItsDestination()
    {
        using Guest guest = NewGuest();
        ulong before = guest.Cpu.Account.Charged;
        guest.Write(Frames(8, 3).Value, [1]);
        guest.Write(Frames(16, 3).Value, [5]);
        guest.Write(Frames(16, 4).Value, [6]);
        guest.Cpu.Memory.Clone(Frames(8), Frames(16), Unit).Should().Be(MemoryStatus.Ok);
        (guest.Read(Frames(16, 3).Value, 1)[0], guest.Read(Frames(16, 4).Value, 1)[0]).Should().Be((1, 0));
        guest.Cpu.Memory.TryFindPresent(Frames(16, 4), Frames(17), out _).Should().BeFalse();
        guest.Cpu.Account.Charged.Should().Be(before + 1);
    }

    [Fact]
    public void Clone_OverCodeThatRan_RunsTheNewCode()
    {
        using Guest guest = NewGuest().Load(At().Addi(A0, Zero, 1).Ecall());
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Write(Frames(8).Value, At().Addi(A0, Zero, 2).Ecall().ToArray());
        guest.Cpu.Memory.Clone(Frames(8), new PhysicalAddress(Guest.CodeFrames), Pages.Size).Should().Be(MemoryStatus.Ok);
        guest.Hart.Pc = Code;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A0].Should().Be(2);
    }

    [Fact]
    public void Discard_GivesBackWhatIsThen_ReadAsZero()
    {
        using Guest guest = NewGuest().Load(At().Load("ld", A0, 0, A1).Ecall());
        guest.Write(Guest.DataFrames, [1]);
        ulong before = guest.Cpu.Account.Charged;
        guest.Hart.X[A1] = Data;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A0].Should().Be(1);
        guest.Cpu.Memory.Discard(new PhysicalAddress(Guest.DataFrames), Pages.Size).Should().Be(MemoryStatus.Ok);
        guest.Cpu.Account.Charged.Should().Be(before - 1);
        guest.Hart.Pc = Code;
        guest.Run().Cause.Should().Be(TrapCause.EcallFromU);
        guest.Hart.X[A0].Should().Be(0);
    }

    [Fact]
    public void Memory_BeyondItsSize_IsOutOfRangeAndUntouched()
    {
        using Guest guest = NewGuest();
        ulong size = guest.Cpu.Description.MemorySize;
        ulong before = guest.Cpu.Account.Charged;
        var last = new PhysicalAddress(size - Pages.Size);
        guest.Cpu.Memory.Write(new PhysicalAddress(size - 1), [1, 2], guest.Cpu.Account).Should().Be(MemoryStatus.OutOfRange);
        guest.Cpu.Memory.Read(new PhysicalAddress(size), new byte[1]).Should().Be(MemoryStatus.OutOfRange);
        guest.Cpu.Memory.Prepare(last, 2 * Pages.Size, guest.Cpu.Account).Should().Be(MemoryStatus.OutOfRange);
        guest.Cpu.Memory.Discard(last, 2 * Pages.Size).Should().Be(MemoryStatus.OutOfRange);
        guest.Cpu.Memory.Clone(Frames(8), last, 2 * Pages.Size).Should().Be(MemoryStatus.OutOfRange);
        guest.Cpu.Account.Charged.Should().Be(before);
    }
}

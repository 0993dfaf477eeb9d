using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Contract;

/// <summary>A program on a CPU under test: one page of code, two of data, and room to map more.</summary>
internal sealed class Guest : IDisposable
{
    public const ulong Code = 0x10000;
    public const ulong Data = 0x20000;
    public const ulong CodeFrames = 0;
    public const ulong DataFrames = 0x100000;

    public Guest(ICpu cpu)
    {
        Cpu = cpu;
        Space = cpu.CreateAddressSpace(cpu.Account);
        Space.Map(new VirtualAddress(Code), new PhysicalAddress(CodeFrames), 0x2000, PageRights.Read | PageRights.Execute);
        Space.Map(new VirtualAddress(Data), new PhysicalAddress(DataFrames), 0x2000, PageRights.Read | PageRights.Write);
    }

    public ICpu Cpu { get; }

    public IAddressSpace Space { get; }

    public HartContext Hart { get; } = new() { Pc = Code };

    public ulong Time { get; set; }

    /// <summary>Loads that are answered; null: none is.</summary>
    public AnsweredReads? Answers { get; set; }

    /// <summary>Puts code at its place and makes it what runs next.</summary>
    public Guest Load(Asm code, ulong offset = 0)
    {
        Write(CodeFrames + offset, code.ToArray());
        Hart.Pc = Code + offset;
        return this;
    }

    public void Write(ulong physical, byte[] bytes) =>
        Cpu.Memory.Write(new PhysicalAddress(physical), bytes, Cpu.Account).Should().Be(MemoryStatus.Ok);

    public byte[] Read(ulong physical, int length)
    {
        byte[] bytes = new byte[length];
        Cpu.Memory.Read(new PhysicalAddress(physical), bytes).Should().Be(MemoryStatus.Ok);
        return bytes;
    }

    public ulong ReadData(ulong offset) => BitConverter.ToUInt64(Read(DataFrames + offset, 8));

    /// <summary>Runs as a kernel does: after a suspension it runs the same again with what remains.</summary>
    public Trap Run(ulong budget = 1_000_000)
    {
        ulong used = 0, delayed = 0;
        while (true)
        {
            Cpu.Run(Hart, Space, new RunLimits(budget - used, Time + used, Time + used) { Answers = Answers }, out Trap trap);
            used += trap.Retired;
            delayed += trap.Delayed;
            if (trap.Cause != TrapCause.Suspended)
            {
                (trap.Retired, trap.Delayed) = (used, delayed);
                return trap;
            }
        }
    }

    public void Dispose() => Space.Dispose();
}

using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Tests.Contract;

namespace ObjectOS.Tests.Kernels;

/// <summary>A virtual CPU keeps the contract that the real one keeps, at every depth, wherever its ancestors are suspended.</summary>
public abstract class VirtualCpuContractTests(int depth, bool suspending, bool scattered) : CpuContractTests, IDisposable
{
    private readonly Machine.Machine _machine = new(new MachineOptions(512UL << 20));
    private readonly List<Tower> _towers = [];

    protected override ICpu CreateCpu()
    {
        int? level = suspending ? new Random(depth).Next(depth + 1) : null;
        var tower = new Tower(new TowerOptions { Depth = depth, Scattered = scattered, SuspendingLevel = level }, _machine);
        _towers.Add(tower);
        return tower.Cpu;
    }

    public void Dispose()
    {
        _towers.ForEach(tower => tower.Dispose());
        _machine.LiveFrames.Should().Be(0);
        _machine.Dispose();
        GC.SuppressFinalize(this);
    }
}

public sealed class Depth1ContractTests() : VirtualCpuContractTests(1, suspending: false, scattered: true);

public sealed class Depth2ContractTests() : VirtualCpuContractTests(2, suspending: false, scattered: true);

public sealed class Depth8ContractTests() : VirtualCpuContractTests(8, suspending: false, scattered: true);

public sealed class Depth8DirectContractTests() : VirtualCpuContractTests(8, suspending: false, scattered: false);

public sealed class Depth1SuspendingContractTests() : VirtualCpuContractTests(1, suspending: true, scattered: true);

public sealed class Depth2SuspendingContractTests() : VirtualCpuContractTests(2, suspending: true, scattered: false);

public sealed class Depth8SuspendingContractTests() : VirtualCpuContractTests(8, suspending: true, scattered: true);

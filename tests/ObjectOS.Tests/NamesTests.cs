using ObjectOS;
using ObjectOS.Machine;

// A namespace of its own: these are the names that a user's file sees, who has `using ObjectOS;` and the SDK's implicit usings.
namespace NamesOfAUser;

public sealed class NamesTests
{
    [Fact]
    public void Names_WithImplicitUsings_AreUnambiguous()
    {
        typeof(Thread).Should().Be<System.Threading.Thread>();
        typeof(Timer).Should().Be<System.Threading.Timer>();
        typeof(Cell).Namespace.Should().Be("ObjectOS");
        using var machine = new Machine(new MachineOptions(64.MiB()));
        using var cpu = new RealCpu(machine, new RealCpuOptions { MemoryLimit = 64.MiB() });
        var kernel = new Kernel(cpu);
        kernel.HaltReport.Should().BeNull();
    }
}

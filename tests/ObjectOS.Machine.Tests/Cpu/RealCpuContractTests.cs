using ObjectOS.Cpu;
using ObjectOS.Tests;
using ObjectOS.Tests.Contract;

namespace ObjectOS.Machine.Tests.Cpu;

/// <summary>The real CPU keeps the contract.</summary>
public sealed class RealCpuContractTests : CpuContractTests, IDisposable
{
    private readonly Machine _machine = new();

    protected override ICpu CreateCpu() => new RealCpu(_machine, new RealCpuOptions { MemoryLimit = 1 << 20 });

    public void Dispose() => _machine.Dispose();
}

/// <summary>A CPU that is suspended after every instruction keeps the contract.</summary>
public sealed class SuspendingCpuContractTests : CpuContractTests, IDisposable
{
    private readonly Machine _machine = new();

    protected override ICpu CreateCpu() => new SuspendingCpu(new RealCpu(_machine, new RealCpuOptions { MemoryLimit = 1 << 20 }));

    public void Dispose() => _machine.Dispose();
}

/// <summary>The translator keeps the contract, with all user code translated when it is first executed.</summary>
public sealed class TranslatorContractTests : CpuContractTests, IDisposable
{
    private readonly Machine _machine = new();

    protected override ICpu CreateCpu() => new RealCpu(_machine, new RealCpuOptions { MemoryLimit = 1 << 20, Engine = Engine.Translator });

    public void Dispose() => _machine.Dispose();
}

/// <summary>The translator keeps the contract where it is suspended after every instruction.</summary>
public sealed class SuspendingTranslatorContractTests : CpuContractTests, IDisposable
{
    private readonly Machine _machine = new();

    protected override ICpu CreateCpu() => new SuspendingCpu(new RealCpu(_machine, new RealCpuOptions { MemoryLimit = 1 << 20, Engine = Engine.Translator }));

    public void Dispose() => _machine.Dispose();
}

using ObjectOS.Abi;

namespace ObjectOS.Cpu;

/// <summary>The service for virtual machines as the facade uses it.</summary>
public interface IVirtualMachineService : IManagedProgram
{
    /// <summary>
    /// Hands over devices of the embedding program for a job that is going to be started, or restored: a message cannot carry objects. Called between slices.
    /// </summary>
    /// <param name="job">The job.</param>
    /// <param name="devices">Its devices, owned by the machine until it ends.</param>
    void Offer(ulong job, IReadOnlyList<IDevice> devices);
}

/// <summary>
/// Makes services for virtual machines of one build. They speak the machine protocol of their contract version: messages start, stop and report machines, and
/// their records are bytes, so that the facade and the service may come from different builds.
/// </summary>
public interface IVmmFactory
{
    /// <summary>What its services report about themselves.</summary>
    ServiceDescription Description { get; }

    /// <summary>Makes the service for one kernel.</summary>
    IVirtualMachineService Create();
}

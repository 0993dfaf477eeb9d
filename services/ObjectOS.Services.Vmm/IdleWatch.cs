namespace ObjectOS.Services.Vmm;

/// <summary>
/// Sees that a machine waits for what nothing can bring: every hart has executed WFI or is suspended, with no interrupt pending and no timer to come, or is stopped; no device
/// wants to be called, the host is not being waited for, and nobody else is on its network. What is seen so once is so for ever, however little the machine has run.
/// </summary>
internal sealed class IdleWatch(VirtualMachine machine)
{
    /// <summary>Guest time, in nanoseconds, between two looks.</summary>
    private const ulong Interval = 100_000_000;

    /// <summary>When to look next; null: not before the host has answered.</summary>
    public ulong? Deadline { get; private set; }

    /// <summary>Goes on looking, or stops while the host is waited for.</summary>
    public void Update() => Deadline = machine.IsWaitingForHost ? null : Deadline ?? (machine.Now + Interval);

    /// <summary>Looks.</summary>
    public void Look()
    {
        Deadline = machine.Now + Interval;
        if (machine.Bus.NextDue() is null && !machine.HasWork && !machine.IsWaitingForHost && !machine.HasNeighbours && machine.Harts.All(IsAsleep))
        {
            machine.End(MachineEnd.Idle, machine.Console.HasEnded ? MachineProtocol.InputEnded : 0);
        }
    }

    public void Save(BinaryWriter writer) => writer.Write(Deadline ?? ulong.MaxValue);

    public void Restore(BinaryReader reader) => Deadline = reader.ReadUInt64() is var deadline and not ulong.MaxValue ? deadline : null;

    private static bool IsAsleep(Hart hart) => hart.Status switch
    {
        HartStatus.Stopped => true,
        HartStatus.Suspended => hart.Suspension.WakeAt == ulong.MaxValue,
        _ => hart.WaitsAlone(),
    };
}

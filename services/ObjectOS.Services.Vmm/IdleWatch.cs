using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <summary>
/// Sees that a machine waits for what nothing can bring: its harts have executed nothing for a while of guest time, none has a timer to come, no device wants to be called, the host is
/// not being waited for, and nobody else is on its network.
/// </summary>
internal sealed class IdleWatch(VirtualMachine machine)
{
    /// <summary>Guest time, in nanoseconds, between two looks.</summary>
    private const ulong Interval = 100_000_000;

    private ulong _instructions;

    /// <summary>When to look next; null: not before the host has answered.</summary>
    public ulong? Deadline { get; private set; }

    /// <summary>Goes on looking, or stops while the host is waited for.</summary>
    public void Update() => Deadline = machine.IsWaitingForHost ? null : Deadline ?? (machine.Now + Interval);

    /// <summary>Looks.</summary>
    public void Look()
    {
        Deadline = machine.Now + Interval;
        if (machine.Cell.Status(out var figures) != KernelStatus.Ok)
        {
            return;
        }

        bool isStill = figures.Instructions == _instructions;
        _instructions = figures.Instructions;
        if (isStill && machine.Bus.NextDue() is null && !machine.IsWaitingForHost && !machine.HasNeighbours && machine.Harts.All(IsAsleep))
        {
            machine.End(MachineEnd.Idle, 0);
        }
    }

    public void Save(BinaryWriter writer)
    {
        writer.Write(_instructions);
        writer.Write(Deadline ?? ulong.MaxValue);
    }

    public void Restore(BinaryReader reader)
    {
        _instructions = reader.ReadUInt64();
        Deadline = reader.ReadUInt64() is var deadline and not ulong.MaxValue ? deadline : null;
    }

    private bool IsAsleep(Hart hart) => hart.Status == HartStatus.Stopped || !hart.AwaitsTimer(machine.Now / (1_000_000_000 / machine.Request.TimebaseHz));
}

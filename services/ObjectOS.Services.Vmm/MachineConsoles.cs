using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <summary>The consoles of a virtual machine: its first one, and those that have a virtio device each.</summary>
internal sealed class MachineConsoles
{
    private readonly MachineConsole[] _all;

    public MachineConsoles(HostPortCapability host, MachineRequest request)
    {
        _all = [new(host, request.Input.Number, request.Output.Number), .. request.Consoles.Select(console => new MachineConsole(host, console.Input.Number, console.Output.Number))];
    }

    /// <summary>What serial port, SBI and HTIF share.</summary>
    public MachineConsole First => _all[0];

    /// <summary>The others, in the order of the request.</summary>
    public IReadOnlyList<MachineConsole> Further => _all[1..];

    /// <summary>True where the host is being waited for.</summary>
    public bool AreBusy => _all.Any(console => console.IsBusy);

    /// <summary>True where something was written that cannot be sent before the host has taken more.</summary>
    public bool AreHoldingBack => _all.Any(console => console.IsHoldingBack);

    /// <summary>When one of them wants <see cref="OnDeadline"/>; null: none does.</summary>
    public ulong? Deadline => _all.Min(console => console.Deadline);

    /// <summary>The time of <see cref="Deadline"/> has come.</summary>
    public void OnDeadline() => _all.First(console => console.Deadline == Deadline).OnDeadline();

    /// <summary>Sends what was written, as far as the host takes it.</summary>
    public void Flush()
    {
        foreach (var console in _all)
        {
            console.Flush();
        }
    }

    /// <summary>Takes the end of a request; false where it is none of theirs.</summary>
    public bool Complete(ulong id, long result, ReadOnlySpan<byte> data)
    {
        foreach (var console in _all)
        {
            if (console.Complete(id, result, data))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Writes the state.</summary>
    public void Save(BinaryWriter writer)
    {
        foreach (var console in _all)
        {
            console.Save(writer);
        }
    }

    /// <summary>Takes what <see cref="Save"/> wrote.</summary>
    public void Restore(BinaryReader reader)
    {
        foreach (var console in _all)
        {
            console.Restore(reader);
        }
    }
}

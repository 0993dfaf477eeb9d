using ObjectOS.Client;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <content>The state of a machine as data.</content>
internal sealed partial class VirtualMachine
{
    /// <summary>Writes the state of its devices. One that cannot tell its state ends the machine, here and in what is written.</summary>
    public byte[] SaveDevices()
    {
        using var state = new MemoryStream();
        using var writer = new BinaryWriter(state);
        Bus.Save(writer);
        writer.Flush();
        return state.ToArray();
    }

    /// <summary>Ends it if a device threw while it took its state.</summary>
    public void EndWhenStateIsLost()
    {
        if (Bus.Failure is { Length: > 0 } failure)
        {
            EndOfDevice(failure);
        }
    }

    /// <summary>Writes the state.</summary>
    /// <param name="writer">Where it goes.</param>
    /// <param name="devices">What <see cref="SaveDevices"/> has written before.</param>
    public void Save(BinaryWriter writer, byte[] devices)
    {
        Request.Save(writer);
        writer.Write(Cell.Slot);
        writer.Write(_parts.Space.Slot);
        writer.Write(_parts.Memory.Slot);
        writer.Write(_parts.Port?.Index ?? -1);
        writer.Write(_parts.Files.Count);
        foreach (var (file, memory) in _parts.Files.OrderBy(file => file.Key))
        {
            writer.Write((int)file);
            writer.Write(memory.Slot);
        }

        _plan.Save(writer);
        writer.Write((byte)_stage);
        writer.Write(_timeOffset);
        writer.Write(_stuckHarts);
        _harts.ForEach(hart => hart.Save(writer));
        _loader.Save(writer);
        _consoles.Save(writer);
        _sbi.Console.Save(writer);
        _htif?.Save(writer);
        _idle.Save(writer);
        _hash.Save(writer);
        writer.Write(devices);
        writer.Write(Ended is not null);
        if (Ended is { } end)
        {
            writer.Write((int)end.Reason);
            writer.Write(end.Code);
            end.Record.Save(writer);
        }
    }

    /// <summary>Makes a machine of what <see cref="Save"/> wrote; <see cref="EndWhenStateIsLost"/> comes once nothing can be refused any more.</summary>
    /// <param name="invoker">The service's invoker.</param>
    /// <param name="reader">What was written.</param>
    /// <param name="ownDevices">Finds the devices of the embedding program by job.</param>
    /// <param name="network">The kernel's switch, restored already.</param>
    /// <exception cref="InvalidDataException">It is something else, or of another platform.</exception>
    public static VirtualMachine Restore(Invoker invoker, BinaryReader reader, Func<ulong, IReadOnlyList<IDevice>> ownDevices, VirtualSwitch network)
    {
        var request = MachineRequest.Restore(reader);
        var cell = new CellCapability(invoker, reader.ReadUInt32());
        var space = new AddressSpaceCapability(invoker, reader.ReadUInt32());
        var memory = new MemoryCapability(invoker, reader.ReadUInt32());
        int port = reader.ReadInt32();
        var files = new Dictionary<MachineFile, MemoryCapability>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            files.Add((MachineFile)reader.ReadInt32(), new MemoryCapability(invoker, reader.ReadUInt32()));
        }

        var machine = new VirtualMachine(new MachineParts(invoker, request, cell, space, memory, files, ownDevices(request.Job), network, network.Port(port)), BootPlan.Restore(reader));
        if (machine.Build() is { Length: > 0 } problem)
        {
            throw new InvalidDataException($"The state is of another platform: {problem}.");
        }

        machine._stage = (Stage)reader.ReadByte();
        machine._timeOffset = reader.ReadUInt64();
        machine._stuckHarts = reader.ReadUInt32();
        for (int id = 0; id < request.Harts; id++)
        {
            machine._harts.Add(Hart.Restore(invoker, reader));
        }

        machine._loader.Restore(reader);
        machine._consoles.Restore(reader);
        machine._sbi.Console.Restore(reader);
        machine._htif?.Restore(reader);
        machine._idle.Restore(reader);
        machine._hash.Restore(reader);
        machine.Bus.Restore(reader);
        machine.Ended = reader.ReadBoolean() ? ((MachineEnd)reader.ReadInt32(), reader.ReadUInt64(), ProgramEndRecord.Restore(reader)) : null;
        return machine;
    }
}

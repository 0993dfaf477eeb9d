using ObjectOS.Abi;
using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <content>What is done in steps: loading, rebooting, ending. And its state.</content>
internal sealed partial class VirtualMachine
{
    /// <summary>Does one bounded step of what is to be done.</summary>
    public HandleResult Step(Action<VirtualMachine, MachineEndRecord> onEnd)
    {
        var status = _stage switch
        {
            Stage.Loading => LoadStep(),
            Stage.Discarding => DiscardStep(),
            Stage.Ending => EndStep(onEnd),
            _ => Guarded("htif", () => _htif?.HasWork == true ? _htif.Work() : DeviceStatus.Done),
        };
        return status == DeviceStatus.Suspended ? HandleResult.Suspended : HandleResult.Handled;
    }

    private DeviceStatus LoadStep()
    {
        if (!_loader.IsDone)
        {
            var status = _loader.Step();
            EndWhenExhausted();
            if (status == DeviceStatus.Fault && Ended is null)
            {
                End(MachineEnd.NotRunnable, 0, new ProgramEndRecord { Text = "its files cannot be brought into its memory" });
            }

            return status;
        }

        _stage = Stage.Running;
        foreach (var hart in _plan.IsMachineMode ? _harts : _harts[..1])
        {
            hart.Start(_plan.Entry, _plan.TreeAddress, _plan.DynamicAddress);
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus DiscardStep()
    {
        if (Ram.Memory.Discard(0, Ram.Length) == KernelStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        _stage = Stage.Loading;
        _harts.ForEach(hart => hart.Reboot());
        _loader.Reset();
        _htif?.Reset();
        _sbi.Console.Reset();
        foreach (var slot in Bus.Slots)
        {
            Guarded(slot.Name, slot.Reset);
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus EndStep(Action<VirtualMachine, MachineEndRecord> onEnd)
    {
        var (_, _, record) = Ended!.Value;
        bool reportsState = Request.ReportsState && _harts.Count > 0;
        if (reportsState && !_hash.IsDone)
        {
            return _hash.Step();
        }

        byte[] signature = Request.ReportsSignature ? new byte[_plan.SignatureEnd - _plan.SignatureStart] : [];
        if (signature.Length > 0 && Ram.Read(_plan.SignatureStart, signature) == DeviceStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        Cell.Status(out var figures);
        if (Cell.Destroy() == KernelStatus.Suspended)
        {
            return DeviceStatus.Suspended;
        }

        Release();
        onEnd(this, new MachineEndRecord
        {
            Signature = signature,
            Program = record with
            {
                Cell = figures.Number,
                Instructions = figures.Instructions,
                Charged = figures.Charged,
                Traps = figures.Traps,
                PeakBytes = figures.PeakBytes,
                StateHash = reportsState ? _hash.Value : "",
            },
        });
        return DeviceStatus.Done;
    }

    /// <summary>Lets go of all that the service holds for it; its cell is destroyed already.</summary>
    private void Release()
    {
        foreach (uint slot in _harts.Select(hart => hart.Capability.Slot)
            .Concat(_parts.Files.Values.Select(file => file.Slot))
            .Concat([_parts.Memory.Slot, _parts.Space.Slot, Cell.Slot]))
        {
            _parts.Invoker.Delete(slot);
        }
    }

    /// <summary>Writes the state of its devices. One that cannot tell its state ends the machine, here and in what is written.</summary>
    public byte[] SaveDevices()
    {
        using var state = new MemoryStream();
        using var writer = new BinaryWriter(state);
        Bus.Save(writer);
        writer.Flush();
        EndWhenStateIsLost();
        return state.ToArray();
    }

    private void EndWhenStateIsLost()
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

    /// <summary>Makes a machine of what <see cref="Save"/> wrote. One whose device throws meanwhile has ended then.</summary>
    /// <param name="invoker">The service's invoker.</param>
    /// <param name="reader">What was written.</param>
    /// <param name="ownDevices">Finds the devices of the embedding program by job.</param>
    /// <param name="network">The kernel's switch, restored already.</param>
    /// <exception cref="InvalidDataException">It is something else, or of another platform.</exception>
    public static VirtualMachine Restore(Client.Invoker invoker, BinaryReader reader, Func<ulong, IReadOnlyList<IDevice>> ownDevices, VirtualSwitch network)
    {
        var request = MachineRequest.Restore(reader);
        var cell = new Client.CellCapability(invoker, reader.ReadUInt32());
        var space = new Client.AddressSpaceCapability(invoker, reader.ReadUInt32());
        var memory = new Client.MemoryCapability(invoker, reader.ReadUInt32());
        int port = reader.ReadInt32();
        var files = new Dictionary<MachineFile, Client.MemoryCapability>();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            files.Add((MachineFile)reader.ReadInt32(), new Client.MemoryCapability(invoker, reader.ReadUInt32()));
        }

        var machine = new VirtualMachine(new MachineParts(invoker, request, cell, space, memory, files, ownDevices(request.Job), network, network.Port(port)), BootPlan.Restore(reader));
        if (machine.Build() is { Length: > 0 } problem)
        {
            throw new InvalidDataException($"The state is of another platform: {problem}.");
        }

        machine._stage = (Stage)reader.ReadByte();
        machine._timeOffset = reader.ReadUInt64();
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
        machine.EndWhenStateIsLost();
        return machine;
    }
}

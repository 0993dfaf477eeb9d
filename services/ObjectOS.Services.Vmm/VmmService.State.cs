using ObjectOS.Client;

namespace ObjectOS.Services.Vmm;

/// <content>The state of all machines as data.</content>
public sealed partial class VmmService
{
    private const int Version = 5;

    /// <inheritdoc/>
    /// <remarks>
    /// Changes nothing. If a device throws, the save fails and the machine continues. The state includes the connections of published ports; a process that
    /// does not own the host's sockets calls <see cref="LoseHost"/> after <see cref="Restore"/>.
    /// </remarks>
    /// <exception cref="InvalidOperationException">A device throws; the message has its name.</exception>
    public void Save(BinaryWriter writer)
    {
        ArgumentNullException.ThrowIfNull(writer);
        byte[][] devices = [.. _machines.Values.Select(machine => machine.SaveDevices())];
        writer.Write(Version);
        _invoker.Save(writer);
        writer.Write(_signals.Slot);
        writer.Write(_timer.Slot);
        writer.Write(_armed ?? ulong.MaxValue);
        writer.Write(_isSignalled);
        writer.Write(_lastStepped);
        writer.Write(_files.Count);
        foreach (var (key, file) in _files)
        {
            writer.Write(key.Job);
            writer.Write((int)key.File);
            writer.Write(file.Memory.Slot);
            writer.Write(file.Length);
        }

        _networkHost.Save(writer);
        _network.Save(writer);
        writer.Write(_machines.Count);
        foreach (var (machine, state) in _machines.Values.Zip(devices))
        {
            machine.Save(writer, state);
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Devices of the embedding program are offered before, new objects without a state of their own. Nothing is asked of the kernel or the host, unless a
    /// device throws: its machine then ends.
    /// </remarks>
    public void Restore(BinaryReader reader)
    {
        ArgumentNullException.ThrowIfNull(reader);
        if (reader.ReadInt32() is var version && version != Version)
        {
            throw new InvalidDataException($"The state is of version {version} of the virtual machine service; {Version} is wanted.");
        }

        _invoker.Restore(reader);
        _signals = new NotificationCapability(_invoker, reader.ReadUInt32());
        _timer = new TimerCapability(_invoker, reader.ReadUInt32());
        _armed = reader.ReadUInt64() is var armed and not ulong.MaxValue ? armed : null;
        _isSignalled = reader.ReadBoolean();
        _lastStepped = reader.ReadUInt64();
        _files.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _files.Add((reader.ReadUInt64(), (MachineFile)reader.ReadInt32()), (new MemoryCapability(_invoker, reader.ReadUInt32()), reader.ReadUInt64()));
        }

        _networkHost.Restore(reader);
        _network.Restore(reader);
        _machines.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            var machine = VirtualMachine.Restore(_invoker, reader, DevicesOf, _network);
            _machines.Add(machine.Request.Job, machine);
        }

        foreach (var machine in _machines.Values)
        {
            machine.EndWhenStateIsLost();
        }

        FinishOutside();
    }

    /// <summary>
    /// The host's side of the network is not what it was when the state was saved, as in another process: connections are reset on both sides, and ports are published
    /// again. Clients of UDP ports keep the ports that stand for them; datagrams on their way are lost.
    /// </summary>
    public void LoseHost() => _network.LoseHost();

    /// <summary>Sees to the end of a machine that has come while there was no message: whenever else there is something to do, that has been signalled.</summary>
    private void FinishOutside()
    {
        if (!_isSignalled && _machines.Values.Any(machine => machine.HasWork))
        {
            Finish();
        }
    }
}

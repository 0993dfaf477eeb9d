namespace ObjectOS.Services.Vmm;

/// <content>The state of the registers as data.</content>
public sealed partial class VirtioTransport
{
    private const uint SavedVersion = 2;

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(SavedVersion);
        writer.Write(_function?.DeviceId ?? 0);
        writer.Write(_isLegacy);
        writer.Write((uint)_status);
        writer.Write(_driverFeatures);
        writer.Write(_deviceFeaturesSelect);
        writer.Write(_driverFeaturesSelect);
        writer.Write(_queueSelect);
        writer.Write(_interruptStatus);
        writer.Write(_generation);
        writer.Write(_guestPageSize);
        writer.Write(_earlyNotifications);
        for (int i = 0; i < _setups.Length; i++)
        {
            _setups[i].Save(writer);
            _function!.Queues[i].Save(writer);
        }

        _function?.Save(writer);
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        Saved.Version(reader, SavedVersion, Name);
        uint type = reader.ReadUInt32();
        bool isLegacy = reader.ReadBoolean();
        if (type != (_function?.DeviceId ?? 0) || isLegacy != _isLegacy)
        {
            throw new InvalidDataException($"The saved state of {Name} is of device type {type}{(isLegacy ? ", legacy" : "")}; {_function?.DeviceId ?? 0}{(_isLegacy ? ", legacy" : "")} is wanted.");
        }

        _status = (VirtioStatus)reader.ReadUInt32();
        _driverFeatures = reader.ReadUInt64();
        _deviceFeaturesSelect = reader.ReadUInt32();
        _driverFeaturesSelect = reader.ReadUInt32();
        _queueSelect = reader.ReadUInt32();
        _interruptStatus = reader.ReadUInt32();
        _generation = reader.ReadUInt32();
        _guestPageSize = reader.ReadUInt32();
        _earlyNotifications = reader.ReadUInt32();
        for (int i = 0; i < _setups.Length; i++)
        {
            _setups[i] = QueueSetup.Restore(reader);
            _function!.Queues[i].Restore(reader);
        }

        TellState();
        _function?.Restore(reader);
        ShowInterrupt();
    }
}

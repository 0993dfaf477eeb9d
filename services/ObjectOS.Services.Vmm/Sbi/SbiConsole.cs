namespace ObjectOS.Services.Vmm;

/// <summary>SBI calls on the console. A character that finds no room has its call wait.</summary>
internal sealed class SbiConsole(VirtualMachine machine)
{
    private const int MostBytes = 4096;

    private readonly Queue<(uint ReplySlot, byte Data, bool IsLegacy)> _waiting = [];

    /// <summary>The debug console extension: write, read, write one byte.</summary>
    public SbiResult Debug(in SbiCall call) => call.Function switch
    {
        0 => Write(call),
        1 => Read(call),
        2 => PutCharacter(call, isLegacy: false),
        _ => SbiResult.Fail(SbiError.NotSupported),
    };

    public SbiResult PutCharacter(in SbiCall call, bool isLegacy)
    {
        byte data = (byte)call.Words[0];
        if (_waiting.Count == 0 && machine.Console.TryPut(data))
        {
            return isLegacy ? SbiResult.Legacy() : SbiResult.Success();
        }

        _waiting.Enqueue((call.ReplySlot, data, isLegacy));
        return SbiResult.Silent;
    }

    public SbiResult GetCharacter()
    {
        if (machine.Console.TryTake(out byte data))
        {
            return SbiResult.Legacy(data);
        }

        machine.Console.Ask();
        return SbiResult.Legacy(-1);
    }

    /// <summary>There may be room again: calls that waited for it end.</summary>
    public void ServeWaiting()
    {
        while (_waiting.TryPeek(out var call) && machine.Console.TryPut(call.Data))
        {
            _waiting.Dequeue();
            machine.Answer(call.ReplySlot, call.IsLegacy ? SbiResult.Legacy() : SbiResult.Success());
        }
    }

    /// <summary>The machine reboots: nobody waits any more.</summary>
    public void Reset() => _waiting.Clear();

    public void Save(BinaryWriter writer)
    {
        writer.Write(_waiting.Count);
        foreach (var (slot, data, isLegacy) in _waiting)
        {
            writer.Write(slot);
            writer.Write(data);
            writer.Write(isLegacy);
        }
    }

    public void Restore(BinaryReader reader)
    {
        _waiting.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            _waiting.Enqueue((reader.ReadUInt32(), reader.ReadByte(), reader.ReadBoolean()));
        }
    }

    private SbiResult Write(in SbiCall call)
    {
        if (!IsMemory(call))
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        var bytes = new byte[(int)Math.Min(call.Words[0], MostBytes)];
        return machine.Ram.Read(call.Words[1], bytes) switch
        {
            DeviceStatus.Suspended => SbiResult.Suspended,
            DeviceStatus.Fault => SbiResult.Fail(SbiError.Failed),
            _ => SbiResult.Success(_waiting.Count > 0 ? 0 : (ulong)machine.Console.Put(bytes)),
        };
    }

    private SbiResult Read(in SbiCall call)
    {
        if (!IsMemory(call))
        {
            return SbiResult.Fail(SbiError.InvalidParameter);
        }

        if (!machine.Console.HasInput)
        {
            machine.Console.Ask();
            return SbiResult.Success();
        }

        var input = machine.Console.Input;
        input = input[..(int)Math.Min(call.Words[0], (ulong)input.Length)];
        switch (machine.Ram.Write(call.Words[1], input))
        {
            case DeviceStatus.Suspended:
                return SbiResult.Suspended;
            case DeviceStatus.Fault:
                return SbiResult.Fail(SbiError.Failed);
            default:
                int length = input.Length;
                machine.Console.Take(length);
                return SbiResult.Success((ulong)length);
        }
    }

    private bool IsMemory(in SbiCall call) => call.Words[2] == 0 && machine.Ram.Contains(call.Words[1], call.Words[0]);
}

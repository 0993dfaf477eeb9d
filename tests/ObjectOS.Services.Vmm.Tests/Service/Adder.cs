using ObjectOS.Cpu;

namespace ObjectOS.Services.Vmm.Tests;

/// <summary>A device that exists nowhere: adds two words, interrupts, writes the sum to memory.</summary>
/// <remarks>Its interrupt stays up until it is reset.</remarks>
internal sealed class Adder : IDevice
{
    private IDeviceHost _host = null!;
    private uint _left;
    private uint _right;

    /// <summary>What it throws at.</summary>
    public AdderFault Fault { get; init; }

    public string Name => Fault == AdderFault.Name ? throw new InvalidOperationException("no") : "adder";

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 1;

    public void Attach(IDeviceHost host)
    {
        (_host is null).Should().BeTrue("it is called once");
        _host = host;
        ThrowAt(AdderFault.Attach);
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = _left + _right;
        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        switch (offset)
        {
            case 0:
                _left = (uint)value;
                return DeviceStatus.Done;
            case 8:
                _right = (uint)value;
                _host.SetInterrupt(0, true);
                return DeviceStatus.Done;
            case 0x20:
                var status = _host.PrepareMemory(value, 4);
                return status == DeviceStatus.Done ? _host.WriteMemory(value, BitConverter.GetBytes(_left + _right)) : status;
            default:
                throw new InvalidOperationException("no");
        }
    }

    public void Reset()
    {
        ThrowAt(AdderFault.Reset);
        (_left, _right) = (0, 0);
    }

    public void Describe(DeviceTreeNode node) => node.Set("compatible", "test,adder");

    public void Save(BinaryWriter writer)
    {
        ThrowAt(AdderFault.Save);
        if (_left == 13)
        {
            ThrowAt(AdderFault.Save13);
        }

        writer.Write(_left);
        writer.Write(_right);
    }

    public void Restore(BinaryReader reader)
    {
        ThrowAt(AdderFault.Restore);
        (_left, _right) = (reader.ReadUInt32(), reader.ReadUInt32());
    }

    private void ThrowAt(AdderFault fault)
    {
        if (Fault == fault)
        {
            throw new InvalidOperationException("no");
        }
    }
}

/// <summary>What an <see cref="Adder"/> cannot do.</summary>
internal enum AdderFault
{
    None,
    Name,
    Attach,
    Reset,
    Save,

    /// <summary>Save, once its left word is 13.</summary>
    Save13,
    Restore,
}

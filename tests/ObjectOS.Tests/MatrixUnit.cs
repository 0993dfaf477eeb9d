using System.Runtime.InteropServices;
using ObjectOS.Cpu;
using ObjectOS.Machine;

namespace ObjectOS.Tests;

/// <summary>A device that exists nowhere: it multiplies square matrices of doubles by DMA and then interrupts. <c>docs/devices.md</c> tells about it.</summary>
internal sealed class MatrixUnit : IDevice
{
    private const ulong Identity = 0x4d41545258; // "MATRX"
    private const ulong Busy = 1, Done = 2, Error = 4;
    private const ulong Largest = 256;

    private readonly ulong[] _registers = new ulong[4]; // N, A, B, C
    private ulong _status;
    private IDeviceHost _host = null!;

    public string Name => "matrix0";

    public ulong WindowSize => 0x1000;

    public int InterruptCount => 1;

    public void Attach(IDeviceHost host) => _host = host;

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = offset switch
        {
            0x00 => Identity,
            >= 0x08 and <= 0x20 => _registers[(offset / 8) - 1],
            0x30 => _status,
            _ => 0,
        };
        return size == 8 && offset % 8 == 0 ? DeviceStatus.Done : DeviceStatus.Fault;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        if (size != 8 || offset % 8 != 0)
        {
            return DeviceStatus.Fault;
        }

        switch (offset)
        {
            case >= 0x08 and <= 0x20 when _status != Busy:
                _registers[(offset / 8) - 1] = value;
                break;
            case 0x28 when _status != Busy:
                ulong n = _registers[0];
                if (value == 1 && n is >= 1 and <= Largest)
                {
                    _status = Busy;
                    _host.SetDeadline(_host.Now + (n * n)); // a systolic array: n × n nanoseconds
                }
                else
                {
                    Finish(Error);
                }

                break;
            case 0x38 when _status != Busy:
                _status = 0;
                _host.SetInterrupt(0, false);
                break;
        }

        return DeviceStatus.Done;
    }

    /// <summary>The product is due: first all that memory can suspend, then the change.</summary>
    public DeviceStatus OnDeadline()
    {
        int n = (int)_registers[0];
        var (a, b, c) = (new double[n * n], new double[n * n], new double[n * n]);
        var status = _host.ReadMemory(_registers[1], MemoryMarshal.AsBytes(a.AsSpan()));
        status = status == DeviceStatus.Done ? _host.ReadMemory(_registers[2], MemoryMarshal.AsBytes(b.AsSpan())) : status;
        status = status == DeviceStatus.Done ? _host.PrepareMemory(_registers[3], (ulong)c.Length * sizeof(double)) : status;
        if (status == DeviceStatus.Suspended)
        {
            return status;
        }

        if (status == DeviceStatus.Done)
        {
            for (int i = 0; i < n * n; i++)
            {
                for (int k = 0; k < n; k++)
                {
                    c[i] += a[(i / n * n) + k] * b[(k * n) + (i % n)];
                }
            }

            status = _host.WriteMemory(_registers[3], MemoryMarshal.AsBytes(c.AsSpan()));
        }

        Finish(status == DeviceStatus.Done ? Done : Error);
        return DeviceStatus.Done;
    }

    public void Reset() => (_status, _registers[0], _registers[1], _registers[2], _registers[3]) = (0, 0, 0, 0, 0);

    public void Describe(DeviceTreeNode node) => node.Set("compatible", "objectos,matrix-unit");

    public void Save(BinaryWriter writer)
    {
        writer.Write(_status);
        Array.ForEach(_registers, writer.Write);
    }

    public void Restore(BinaryReader reader)
    {
        _status = reader.ReadUInt64();
        for (int i = 0; i < _registers.Length; i++)
        {
            _registers[i] = reader.ReadUInt64();
        }
    }

    private void Finish(ulong status)
    {
        _status = status;
        _host.SetInterrupt(0, true);
    }
}

/// <summary>An instruction that exists nowhere: the number of bits in which two registers differ.</summary>
internal sealed class HammingDistance : ICustomInstruction
{
    public string Mnemonic => "hamming";

    public int Funct3 => 0;

    public int Funct7 => 0;

    public ulong Execute(ulong rs1, ulong rs2) => ulong.PopCount(rs1 ^ rs2);
}

using ObjectOS.Abi;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Vmm.Virtio;

/// <summary>
/// A machine of nothing but memory. It watches over the contract of <see cref="IDeviceHost"/>: nothing is written that was not prepared in the
/// same call, and nothing is done after it has answered <see cref="DeviceStatus.Suspended"/>.
/// </summary>
internal sealed class FakeDeviceHost(bool suspends = false, int size = 1 << 20) : IDeviceHost
{
    public const ulong Base = 0x8000_0000;

    private readonly HashSet<(int, ulong, ulong)> _seen = [];
    private readonly List<(ulong Start, ulong End)> _prepared = [];
    private bool _hasSuspended;
    private ulong _lastId;

    public byte[] Memory { get; } = new byte[size];

    public ulong Now { get; set; }

    public ulong? Deadline { get; private set; }

    public bool Line { get; private set; }

    public int Suspensions { get; private set; }

    public bool RefusesRequests { get; set; }

    /// <summary>Where something was written, in order.</summary>
    public List<(ulong Address, int Length)> Written { get; } = [];

    public Queue<HostRequest> Requests { get; } = [];

    /// <summary>Calls the device as a machine does: again, until it does not suspend.</summary>
    public DeviceStatus Call(Func<DeviceStatus> call)
    {
        _seen.Clear();
        while (true)
        {
            _prepared.Clear();
            _hasSuspended = false;
            var status = call();
            if (status != DeviceStatus.Suspended)
            {
                _hasSuspended.Should().BeFalse("a device that was suspended says so");
                return status;
            }

            _hasSuspended.Should().BeTrue("only the host suspends");
        }
    }

    public DeviceStatus ReadMemory(ulong address, Span<byte> destination)
    {
        var status = Check(0, address, (ulong)destination.Length);
        if (status == DeviceStatus.Done)
        {
            Memory.AsSpan((int)(address - Base), destination.Length).CopyTo(destination);
        }

        return status;
    }

    public DeviceStatus PrepareMemory(ulong address, ulong length)
    {
        var status = Check(1, address, length);
        if (status == DeviceStatus.Done)
        {
            _prepared.Add((address, address + length));
        }

        return status;
    }

    public DeviceStatus WriteMemory(ulong address, ReadOnlySpan<byte> source)
    {
        ulong end = address + (ulong)source.Length;
        if (_hasSuspended || !_prepared.Exists(p => p.Start <= address && end <= p.End))
        {
            throw new InvalidOperationException($"write of {source.Length} at 0x{address:x}: suspended {_hasSuspended}, or not prepared");
        }

        source.CopyTo(Memory.AsSpan((int)(address - Base)));
        Written.Add((address, source.Length));
        return DeviceStatus.Done;
    }

    public void SetInterrupt(int line, bool level) => Line = level;

    public void SetDeadline(ulong? nanoseconds) => Deadline = nanoseconds;

    /// <summary>Lets the deadline come, where there is one.</summary>
    public bool TakeDeadline()
    {
        bool due = Deadline is not null;
        Now = Math.Max(Now, Deadline ?? 0);
        Deadline = null;
        return due;
    }

    public ulong Request(HostRequestKind kind, ulong target, ReadOnlySpan<byte> data, ulong argument0, ulong argument1, ulong argument2, ulong argument3)
    {
        if (_hasSuspended)
        {
            throw new InvalidOperationException("a request after the host had suspended");
        }

        if (RefusesRequests)
        {
            return 0;
        }

        Requests.Enqueue(new HostRequest(++_lastId, kind, target, argument0, argument1, argument2, argument3, data.ToArray()));
        return _lastId;
    }

    private DeviceStatus Check(int kind, ulong address, ulong length)
    {
        if (_hasSuspended)
        {
            throw new InvalidOperationException("a memory operation after the host had suspended");
        }

        if (suspends && _seen.Add((kind, address, length)))
        {
            _hasSuspended = true;
            Suspensions++;
            return DeviceStatus.Suspended;
        }

        return address >= Base && length <= (ulong)Memory.Length && address - Base <= (ulong)Memory.Length - length ? DeviceStatus.Done : DeviceStatus.Fault;
    }
}

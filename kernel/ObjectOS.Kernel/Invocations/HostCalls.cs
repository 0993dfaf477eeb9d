using ObjectOS.Abi;

namespace ObjectOS.Objects;

/// <summary>Requests to the host.</summary>
internal static class HostCalls
{
    /// <summary>Most bytes that go with one request.</summary>
    private const int DataLimit = 1 << 20;

    public static KernelStatus Post(ref Invocation call)
    {
        var status = call.Target<HostPort>(out var port);
        if (status == KernelStatus.Ok && (call.Source.Length > DataLimit || call[1] > uint.MaxValue))
        {
            status = KernelStatus.InvalidArgument;
        }

        if (status == KernelStatus.Ok && call.Kernel.HostQueue.IsFull)
        {
            status = KernelStatus.ObjectsExhausted;
        }

        if (status == KernelStatus.Ok)
        {
            ReadOnlySpan<ulong> arguments = [call[2], call[3], call[4], call[5], call[6]];
            call.ExtraCost = (ulong)call.Source.Length / 8;
            var kind = (HostRequestKind)call[1];
            byte[] data = call.Source.ToArray();
            call[1] = call.Kernel.HostQueue.Add(port, kind, arguments, data, call.Kernel.Now);
            call.Kernel.NoteRequest(call.Caller, kind, arguments[0], arguments[1..], call[1], data);
            if (call.Kernel.HostQueue.IsCrowded)
            {
                call.Kernel.Cpu.Interrupt();
            }
        }

        return status;
    }

    public static KernelStatus Bind(ref Invocation call)
    {
        var status = call.Target<HostPort>(out var port);
        Endpoint? endpoint = null;
        if (status == KernelStatus.Ok)
        {
            status = call.GetOptional(1, CapabilityRights.Write, out endpoint, out _);
        }

        if (status == KernelStatus.Ok)
        {
            port.Bind(call.Kernel, endpoint);
        }

        return status;
    }
}

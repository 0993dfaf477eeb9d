using ObjectOS.Abi;

namespace ObjectOS.Services.Vmm;

/// <content>How a request is carried out: a part at a time, with the host or without it.</content>
public sealed partial class BlockFunction
{
    // Of one call: the host takes no more requests now.
    private bool _isRefused;

    // Of one call, and saved where that was suspended: bytes moved without the host.
    private int _moved;

    private bool IsTooMuch => _moved >= MostInCall;

    /// <summary>Carries a request as far as it goes without the host, and asks the host for the next part.</summary>
    private DeviceStatus GoOn(BlockRequest request)
    {
        while (request.HostRequest == 0 && !IsTooMuch)
        {
            if (request.Outcome != BlockOutcome.Open)
            {
                return GiveBack(request);
            }

            var status = request.Command switch
            {
                BlockCommand.In or BlockCommand.Out when request.Position == request.Length => End(request, BlockOutcome.Ok),
                BlockCommand.In => ReadPart(request),
                BlockCommand.Out => WritePart(request),
                BlockCommand.Flush when _backend.Policy == BlockPolicy.ReadWrite => Ask(request, HostFileOperation.Synchronize, [], 0),
                BlockCommand.Flush => End(request, BlockOutcome.Ok),
                BlockCommand.GetId => Identify(request),
                _ => End(request, BlockOutcome.Unsupported),
            };
            if (status != DeviceStatus.Done || (request.HostRequest == 0 && request.Outcome == BlockOutcome.Open && _isRefused))
            {
                _isRefused = false;
                return status;
            }
        }

        return DeviceStatus.Done;
    }

    private DeviceStatus ReadPart(BlockRequest request)
    {
        if (_overlay is not null)
        {
            var part = new byte[request.PartLength];
            if (_overlay.Read(request.Offset + request.Position, part))
            {
                return PutPart(request, part);
            }
        }

        return Ask(request, HostFileOperation.Read, [], (ulong)request.PartLength);
    }

    private DeviceStatus WritePart(BlockRequest request)
    {
        var part = new byte[request.PartLength];
        var status = request.Chain.Read(Host, HeaderSize + request.Position, part);
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        if (_overlay is null)
        {
            return Ask(request, HostFileOperation.Write, part, 0);
        }

        if (!_overlay.TryWrite(request.Offset + request.Position, part))
        {
            return End(request, BlockOutcome.IoError);
        }

        request.Position += (ulong)part.Length;
        _moved += part.Length;
        return DeviceStatus.Done;
    }

    private DeviceStatus Identify(BlockRequest request)
    {
        var status = request.Chain.PrepareWrite(Host, 0, request.Length);
        if (status == DeviceStatus.Done)
        {
            request.Chain.Write(Host, 0, _identity.AsSpan(0, (int)request.Length));
            request.Position = request.Length;
            request.Outcome = BlockOutcome.Ok;
        }

        return status;
    }

    private DeviceStatus Ask(BlockRequest request, HostFileOperation operation, ReadOnlySpan<byte> data, ulong length)
    {
        ulong offset = operation == HostFileOperation.Synchronize ? 0 : request.Offset + request.Position;
        request.HostRequest = Host.Request(HostRequestKind.File, _backend.Target, data, (ulong)operation, _backend.Handle, offset, length);
        if (request.HostRequest == 0)
        {
            _isRefused = true;
            Host.SetDeadline(Host.Now + RetryAfter);
        }

        return DeviceStatus.Done;
    }

    /// <summary>Takes what the host did for a request; the rest is for <see cref="GoOn(BlockRequest)"/>.</summary>
    private DeviceStatus TakeResult(BlockRequest request, long result, ReadOnlySpan<byte> data)
    {
        if (result == -(long)HostError.Interrupted)
        {
            // Not known whether it was done; all that is asked for here can be done twice.
            request.HostRequest = 0;
            return DeviceStatus.Done;
        }

        if (result < 0 || (request.Command != BlockCommand.Flush && result != request.PartLength))
        {
            request.HostRequest = 0;
            return End(request, BlockOutcome.IoError);
        }

        var status = request.Command == BlockCommand.In ? TakeRead(request, data) : DeviceStatus.Done;
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        if (request.Command == BlockCommand.Out)
        {
            request.Position += (ulong)request.PartLength;
        }
        else if (request.Command == BlockCommand.Flush)
        {
            End(request, BlockOutcome.Ok);
        }

        request.HostRequest = 0;
        return DeviceStatus.Done;
    }

    private DeviceStatus TakeRead(BlockRequest request, ReadOnlySpan<byte> data)
    {
        if (data.Length < request.PartLength)
        {
            return End(request, BlockOutcome.IoError);
        }

        byte[] part = data[..request.PartLength].ToArray();
        _overlay?.Read(request.Offset + request.Position, part);
        return PutPart(request, part);
    }

    private DeviceStatus PutPart(BlockRequest request, ReadOnlySpan<byte> part)
    {
        var status = request.Chain.PrepareWrite(Host, request.Position, (ulong)part.Length);
        if (status == DeviceStatus.Done)
        {
            request.Chain.Write(Host, request.Position, part);
            request.Position += (ulong)part.Length;
            _moved += part.Length;
        }

        return status;
    }

    private static DeviceStatus End(BlockRequest request, BlockOutcome outcome)
    {
        request.Outcome = outcome;
        return DeviceStatus.Done;
    }

    private DeviceStatus GiveBack(BlockRequest request)
    {
        ulong at = request.Chain.WritableLength - 1;
        var status = Queue.Prepare();
        status = status == DeviceStatus.Done ? request.Chain.PrepareWrite(Host, at, 1) : status;
        if (status != DeviceStatus.Done)
        {
            return status;
        }

        request.Chain.Write(Host, at, [(byte)request.Outcome]);

        // 2.7.8.2: so many bytes from the beginning were written; the status lies behind the data.
        ulong before = request.Command is BlockCommand.In or BlockCommand.GetId ? request.Position : 0;
        Queue.Complete(request.Chain.Head, (uint)(before == at ? at + 1 : before));
        _requests.Remove(request);
        return DeviceStatus.Done;
    }
}

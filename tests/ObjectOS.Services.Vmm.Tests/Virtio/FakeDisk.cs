using ObjectOS.Abi;

namespace ObjectOS.Tests.Vmm.Virtio;

/// <summary>The host's side of a disk: a file in memory, at target 7, handle 3.</summary>
internal sealed class FakeDisk(int size)
{
    public byte[] Bytes { get; } = [.. Enumerable.Range(0, size).Select(i => (byte)((i * 31) ^ (i >> 9)))];

    public int Synchronized { get; private set; }

    public (long Result, byte[] Data) Execute(HostRequest request)
    {
        request.Kind.Should().Be(HostRequestKind.File);
        request.Target.Should().Be(7);
        request.Argument1.Should().Be(3);
        int offset = (int)request.Argument2;
        switch ((HostFileOperation)request.Argument0)
        {
            case HostFileOperation.Read:
                byte[] read = Bytes[offset..Math.Min(offset + (int)request.Argument3, Bytes.Length)];
                return (read.Length, read);
            case HostFileOperation.Write:
                request.Data.Span.CopyTo(Bytes.AsSpan(offset));
                return (request.Data.Length, []);
            case HostFileOperation.Synchronize:
                Synchronized++;
                return (0, []);
            default:
                throw new InvalidOperationException($"{(HostFileOperation)request.Argument0}");
        }
    }

    /// <summary>Carries out everything that the device asked for, in order.</summary>
    public void Serve(FakeDriver driver)
    {
        while (driver.Host.Requests.TryDequeue(out var request))
        {
            var (result, data) = Execute(request);
            driver.Complete(request.Id, result, data);
        }
    }
}

using ObjectOS.Abi;

namespace ObjectOS.Host;

/// <summary>A stream of the host for guests: requests are carried out one after the other, their ends told to the kernel.</summary>
internal sealed class HostStream(Stream? stream, Action<Completion> post)
{
    private Task _last = Task.CompletedTask;

    /// <summary>Begins a request behind those under way. Called on the pump's thread only.</summary>
    public void Begin(HostRequest request, CancellationToken cancellationToken) => _last = Follow(_last, request, cancellationToken);

    private async Task Follow(Task previous, HostRequest request, CancellationToken cancellationToken)
    {
        await previous.ConfigureAwait(false);
        post(request.Kind == HostRequestKind.StreamWrite
            ? await WriteAsync(request, cancellationToken).ConfigureAwait(false)
            : await ReadAsync(request, cancellationToken).ConfigureAwait(false));
    }

    private async ValueTask<Completion> WriteAsync(HostRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (stream is not null)
            {
                await stream.WriteAsync(request.Data, cancellationToken).ConfigureAwait(false);
                await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            return new Completion(request.Id, request.Data.Length, default);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or NotSupportedException)
        {
            return new Completion(request.Id, -(long)HostError.BrokenPipe, default);
        }
    }

    private async ValueTask<Completion> ReadAsync(HostRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var buffer = new byte[Math.Clamp(request.Argument0, 1, 1 << 16)];
            int read = stream is null ? 0 : await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            return new Completion(request.Id, read, buffer.AsMemory(0, read));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException or NotSupportedException)
        {
            return new Completion(request.Id, -(long)HostError.InputOutput, default);
        }
    }
}

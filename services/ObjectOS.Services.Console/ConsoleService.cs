using ObjectOS.Abi;
using ObjectOS.Client;

namespace ObjectOS.Services.Console;

/// <summary>Labels of the messages that the console understands.</summary>
public static class ConsoleProtocol
{
    /// <summary>Writes what the lease lends. Answer: label 0, word 0 the bytes written; or label = a <see cref="HostError"/>.</summary>
    public const ulong Write = 1;

    /// <summary>Reads into what the lease lends. Answer: label 0, word 0 the bytes read, 0 at the end; or label = a <see cref="HostError"/>.</summary>
    public const ulong Read = 2;

    /// <summary>From the root (badge 0): words are a badge, its input stream, its output stream.</summary>
    public const ulong Attach = 3;

    /// <summary>From the root (badge 0): word 0 is a badge that is used no more.</summary>
    public const ulong Detach = 4;
}

/// <summary>Streams of the host for native cells. Clients are told apart by the badge of the capability that they call through.</summary>
public sealed class ConsoleService : IManagedProgram
{
    private const uint FirstFreeSlot = 16;
    private const int Version = 1;

    private readonly SortedDictionary<ulong, Client> _clients = [];
    private Invoker _invoker = null!;
    private HostPortCapability _host;
    private NotificationCapability _again;

    /// <inheritdoc/>
    public string Name => "console";

    /// <inheritdoc/>
    public void Start(IInvocationPort port)
    {
        _invoker = new Invoker(port, FirstFreeSlot);
        _host = new HostPortCapability(_invoker, 3);
    }

    /// <inheritdoc/>
    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        Begin();
        if (message.Kind == MessageKind.Completion)
        {
            Complete(message);
            return HandleResult.Handled;
        }

        if (message.Kind == MessageKind.Notification)
        {
            ServeAll();
            return HandleResult.Handled;
        }

        if (message.Kind != MessageKind.Endpoint)
        {
            return HandleResult.Handled;
        }

        if (message.Badge == 0)
        {
            Administer(message);
            return HandleResult.Handled;
        }

        if (message.ReplySlot == 0)
        {
            return HandleResult.Handled;
        }

        if (!_clients.TryGetValue(message.Badge, out var client) || message.Label is not (ConsoleProtocol.Write or ConsoleProtocol.Read))
        {
            Answer(message.ReplySlot, (ulong)HostError.InvalidArgument, 0);
            return HandleResult.Handled;
        }

        var call = new Call(message.ReplySlot, message.Label == ConsoleProtocol.Write, message.LeaseLength);
        return client.Waiting.Count == 0 && TryServe(client, call) is { } result ? result : Park(client, call);
    }

    private static HandleResult Park(Client client, Call call)
    {
        client.Waiting.Enqueue(call);
        return HandleResult.Handled;
    }

    private void Administer(in Message message)
    {
        if (message.Label == ConsoleProtocol.Attach)
        {
            _clients[message.Words[0]] = new Client(message.Words[1], message.Words[2]);
        }
        else if (message.Label == ConsoleProtocol.Detach)
        {
            _clients.Remove(message.Words[0]);
        }

        if (message.ReplySlot != 0)
        {
            Answer(message.ReplySlot, 0, 0);
        }
    }

    /// <summary>Makes what the service needs for itself: with the first message, so that a restored service makes nothing twice.</summary>
    private void Begin()
    {
        if (_again.Slot == 0 && new CellCapability(_invoker, 1).CreateNotification(out _again) == KernelStatus.Ok)
        {
            var endpoint = new EndpointCapability(_invoker, 2);
            endpoint.Bind(_again);
            _host.Bind(endpoint);
        }
    }

    private void Complete(in Message message)
    {
        long result = (long)message.Words[0];
        foreach (var client in _clients.Values)
        {
            if (client.Output.Complete(message.Label, result) || client.Input.Complete(message.Label, result, message.Data.Span))
            {
                break;
            }
        }

        ServeAll();
    }

    /// <summary>Answers what can be answered by now. What is suspended is tried again with a message that this service sends itself.</summary>
    private void ServeAll()
    {
        foreach (var client in _clients.Values)
        {
            while (client.Waiting.TryPeek(out var call) && TryServe(client, call) is { } result)
            {
                if (result == HandleResult.Suspended)
                {
                    _again.Signal(1);
                    break;
                }

                client.Waiting.Dequeue();
            }
        }
    }

    /// <summary>Answers a call where it can be answered now; null: it has to wait.</summary>
    private HandleResult? TryServe(Client client, Call call) => call.IsWrite ? TryWrite(client, call) : TryRead(client, call);

    private HandleResult? TryWrite(Client client, Call call)
    {
        if (client.Output.Error != 0)
        {
            Answer(call.ReplySlot, (ulong)client.Output.Error, 0);
            return HandleResult.Handled;
        }

        int length = (int)Math.Min(call.Length, HostStreamWriter.Limit);
        if (client.Output.Room < length)
        {
            return null;
        }

        var data = new byte[length];
        switch (new ReplyCapability(_invoker, call.ReplySlot).CopyIn(0, data))
        {
            case KernelStatus.Suspended:
                return HandleResult.Suspended;
            case KernelStatus.Ok when length == 0 || client.Output.Write(_host, data) == KernelStatus.Ok:
                Answer(call.ReplySlot, 0, (ulong)length);
                return HandleResult.Handled;
            default:
                Answer(call.ReplySlot, (ulong)HostError.InvalidArgument, 0);
                return HandleResult.Handled;
        }
    }

    private HandleResult? TryRead(Client client, Call call)
    {
        if (!client.Input.IsReady && call.Length > 0)
        {
            client.Input.Ask(_host, call.Length);
            return null;
        }

        var data = client.Input.Available;
        data = data[..(int)Math.Min((ulong)data.Length, call.Length)];
        var status = data.IsEmpty ? KernelStatus.Ok : new ReplyCapability(_invoker, call.ReplySlot).CopyOut(0, data);
        if (status == KernelStatus.Suspended)
        {
            return HandleResult.Suspended;
        }

        int length = data.Length;
        if (status == KernelStatus.Ok)
        {
            client.Input.Take(length);
        }

        Answer(call.ReplySlot, status == KernelStatus.Ok ? 0 : (ulong)HostError.InvalidArgument, (ulong)length);
        return HandleResult.Handled;
    }

    private void Answer(uint slot, ulong label, ulong word) => new ReplyCapability(_invoker, slot).Send(label, word);

    /// <inheritdoc/>
    public void Save(BinaryWriter writer)
    {
        writer.Write(Version);
        _invoker.Save(writer);
        writer.Write(_again.Slot);
        writer.Write(_clients.Count);
        foreach (var (badge, client) in _clients)
        {
            writer.Write(badge);
            writer.Write(client.Input.Number);
            writer.Write(client.Output.Number);
            client.Input.Save(writer);
            client.Output.Save(writer);
            writer.Write(client.Waiting.Count);
            foreach (var call in client.Waiting)
            {
                writer.Write(call.ReplySlot);
                writer.Write(call.IsWrite);
                writer.Write(call.Length);
            }
        }
    }

    /// <inheritdoc/>
    public void Restore(BinaryReader reader)
    {
        if (reader.ReadInt32() is var version && version != Version)
        {
            throw new InvalidDataException($"The state is of version {version} of the console; {Version} is wanted.");
        }

        _invoker.Restore(reader);
        _again = new NotificationCapability(_invoker, reader.ReadUInt32());
        _clients.Clear();
        for (int count = reader.ReadInt32(); count > 0; count--)
        {
            ulong badge = reader.ReadUInt64();
            var client = new Client(reader.ReadUInt64(), reader.ReadUInt64());
            client.Input.Restore(reader);
            client.Output.Restore(reader);
            for (int calls = reader.ReadInt32(); calls > 0; calls--)
            {
                client.Waiting.Enqueue(new Call(reader.ReadUInt32(), reader.ReadBoolean(), reader.ReadUInt64()));
            }

            _clients.Add(badge, client);
        }
    }

    private readonly record struct Call(uint ReplySlot, bool IsWrite, ulong Length);

    private sealed class Client(ulong input, ulong output)
    {
        public HostStreamReader Input { get; } = new(input);

        public HostStreamWriter Output { get; } = new(output);

        public Queue<Call> Waiting { get; } = new();
    }
}

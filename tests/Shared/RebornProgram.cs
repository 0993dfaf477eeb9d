using ObjectOS.Abi;

namespace ObjectOS.Tests;

/// <summary>A service that is replaced after every message by another one that has only its saved state.</summary>
/// <param name="make">Makes one.</param>
internal sealed class RebornProgram(Func<IManagedProgram> make) : IManagedProgram
{
    private IManagedProgram _service = make();

    public string Name => _service.Name;

    public void Start(IInvocationPort port) => _service.Start(port);

    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        var result = _service.Handle(message, port);
        byte[] state = StateOf(_service);
        var next = make();
        next.Start(port);
        next.Restore(new BinaryReader(new MemoryStream(state)));
        byte[] again = StateOf(next);
        if (!again.AsSpan().SequenceEqual(state))
        {
            int at = again.AsSpan().CommonPrefixLength(state);
            again.AsSpan(Math.Max(0, at - 48)).ToArray().Should().Equal(state.AsSpan(Math.Max(0, at - 48)).ToArray(), "they are the same up to byte {0}", at);
        }

        _service = next;
        return result;
    }

    public void Save(BinaryWriter writer) => _service.Save(writer);

    public void Restore(BinaryReader reader) => _service.Restore(reader);

    private static byte[] StateOf(IManagedProgram service)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        service.Save(writer);
        writer.Flush();
        return stream.ToArray();
    }
}

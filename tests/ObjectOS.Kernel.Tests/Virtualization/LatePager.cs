using ObjectOS.Abi;
using ObjectOS.Client;
using ObjectOS.Cpu;

namespace ObjectOS.Tests.Kernels;

/// <summary>
/// A managed program that is the pager of a virtual CPU: for every missing page it asks the host first, and maps when the answer comes.
/// Now and then it puts a copy-on-write clone in the place of what it had mapped.
/// </summary>
internal sealed class LatePager(uint vcpu) : IManagedProgram
{
    private const ulong Block = 0x10000;

    private readonly Dictionary<ulong, MemoryCapability> _blocks = [];
    private readonly Dictionary<ulong, ulong> _asked = [];
    private Invoker _invoker = null!;

    public string Name => "late pager";

    /// <summary>Pages that it has been asked for.</summary>
    public int Filled { get; private set; }

    /// <summary>Accesses that its rights did not allow.</summary>
    public int Refused { get; private set; }

    public int Pending => _asked.Count;

    /// <summary>Where it has mapped something.</summary>
    public IEnumerable<ulong> Blocks => _blocks.Keys;

    public void Start(IInvocationPort port) => _invoker = new Invoker(port, 64);

    public HandleResult Handle(in Message message, IInvocationPort port)
    {
        switch (message.Kind)
        {
            case MessageKind.VCpuExit when message.Label == (ulong)ExitKind.MissingPage:
                new HostPortCapability(_invoker, 3).Request(HostRequestKind.Clock, 0, [], out ulong id).Should().Be(KernelStatus.Ok);
                _asked.Add(id, message.Words[3] & ~(Block - 1));
                return HandleResult.Handled;
            case MessageKind.VCpuExit when message.Label == (ulong)ExitKind.PageAccess:
                Refused++;
                Remap(message.Words[3] & ~(Block - 1), 7);
                break;
            case MessageKind.Completion:
                _asked.Remove(message.Label, out ulong address).Should().BeTrue();
                Fill(address);
                break;
            default:
                throw new InvalidOperationException($"{message.Kind} {message.Label}");
        }

        _invoker.Call1(Call.VCpuResume, vcpu).Should().Be(KernelStatus.Ok);
        return HandleResult.Handled;
    }

    /// <summary>Takes a block away; it will be asked for again.</summary>
    public void TakeAway(ulong address) => _invoker.Call1(Call.VCpuUnmap, vcpu, address, Block).Should().Be(KernelStatus.Ok);

    /// <summary>Maps a block anew, with other rights.</summary>
    public void Remap(ulong address, ulong rights)
    {
        TakeAway(address);
        _invoker.Call1(Call.VCpuMap, vcpu, address, _blocks[address].Slot, 0, Block, rights).Should().Be(KernelStatus.Ok);
    }

    /// <summary>Puts a clone of a block in its place; the old one stays as it was for as long as the caller wants.</summary>
    public MemoryCapability? Replace(ulong address)
    {
        var old = _blocks[address];
        if (old.CreateClone(new CellCapability(_invoker, 1), out var clone) != KernelStatus.Ok)
        {
            return null;
        }

        _blocks[address] = clone;
        Remap(address, 7);
        return old;
    }

    public void Save(BinaryWriter writer) => throw new NotSupportedException();

    public void Restore(BinaryReader reader) => throw new NotSupportedException();

    private void Fill(ulong address)
    {
        Filled++;
        if (!_blocks.TryGetValue(address, out var block))
        {
            new CellCapability(_invoker, 1).CreateMemory(Block, out block).Should().Be(KernelStatus.Ok);
            _blocks.Add(address, block);
        }

        Remap(address, 7);
    }
}

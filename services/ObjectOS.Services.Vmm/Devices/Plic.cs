namespace ObjectOS.Services.Vmm;

/// <summary>
/// The platform-level interrupt controller (RISC-V PLIC specification 1.0.0): 96 sources, by level or by pulse, priorities 0 to 7, two contexts per hart:
/// 2 × hart for machine mode, 2 × hart + 1 for supervisor mode. Where harts have no machine mode its contexts are there and drive nothing,
/// so that software for the usual layout finds its own.
/// </summary>
internal sealed class Plic(string name, IPlatformHost platform, bool hasMachineMode) : IDevice
{
    private const int Sources = PlatformDescription.Sources;
    private const int Words = (Sources / 32) + 1;
    private const uint PriorityMask = 7;
    private const ulong PendingBase = 0x1000, EnableBase = 0x2000, EnableStride = 0x80, ContextBase = 0x200000, ContextStride = 0x1000;
    private const int SupervisorLine = 9, MachineLine = 11;

    private readonly uint[] _priority = new uint[Sources + 1];
    private readonly uint[] _level = new uint[Words];
    private readonly uint[] _pending = new uint[Words];
    private readonly uint[] _claimed = new uint[Words];

    // Rose while it was claimed: what a device tells by a pulse is not lost.
    private readonly uint[] _again = new uint[Words];
    private readonly uint[] _enabled = new uint[Words * 2 * platform.Harts];
    private readonly uint[] _threshold = new uint[2 * platform.Harts];

    public string Name { get; } = name;

    public ulong WindowSize => 0x600000;

    public int InterruptCount => 0;

    private int Contexts => _threshold.Length;

    public void Attach(IDeviceHost host)
    {
    }

    /// <summary>A device drives one of the sources.</summary>
    public void SetLevel(int source, bool level)
    {
        int word = source / 32;
        uint bit = 1u << (source % 32);
        _again[word] |= level ? bit & ~_level[word] & _claimed[word] : 0;
        _level[word] = level ? _level[word] | bit : _level[word] & ~bit;
        Forward(word, bit);
        Update();
    }

    public DeviceStatus Read(ulong offset, int size, out ulong value)
    {
        value = 0;
        if (size != 4)
        {
            return DeviceStatus.Fault;
        }

        if (offset < PendingBase)
        {
            value = offset / 4 <= Sources ? _priority[offset / 4] : 0;
        }
        else if (offset < EnableBase)
        {
            ulong word = (offset - PendingBase) / 4;
            value = word < Words ? _pending[word] : 0;
        }
        else if (offset < ContextBase)
        {
            value = TryEnable(offset, out int index) ? _enabled[index] : 0;
        }
        else if (TryContext(offset, out int context, out ulong register))
        {
            value = register == 0 ? _threshold[context] : register == 4 ? (ulong)Claim(context) : 0;
        }

        return DeviceStatus.Done;
    }

    public DeviceStatus Write(ulong offset, int size, ulong value)
    {
        if (size != 4)
        {
            return DeviceStatus.Fault;
        }

        if (offset is > 0 and < PendingBase && offset / 4 <= Sources)
        {
            _priority[offset / 4] = (uint)value & PriorityMask;
        }
        else if (offset is >= EnableBase and < ContextBase && TryEnable(offset, out int index))
        {
            // Source 0 does not exist.
            _enabled[index] = (uint)value & (index % Words == 0 ? ~1u : uint.MaxValue);
        }
        else if (offset >= ContextBase && TryContext(offset, out int context, out ulong register))
        {
            if (register == 0)
            {
                _threshold[context] = (uint)value & PriorityMask;
            }
            else if (register == 4)
            {
                Complete(context, (uint)value);
            }
        }

        Update();
        return DeviceStatus.Done;
    }

    public void Reset()
    {
        foreach (uint[] state in (uint[][])[_priority, _level, _pending, _claimed, _again, _enabled, _threshold])
        {
            Array.Clear(state);
        }

        Update();
    }

    public void Describe(DeviceTreeNode node)
    {
        node.Set("compatible", "sifive,plic-1.0.0", "riscv,plic0");
        node.Set("interrupt-controller");
        node.Set("#interrupt-cells", 1u);
        node.Set("#address-cells", 0u);
        node.Set("riscv,ndev", (uint)Sources);
    }

    public void Save(BinaryWriter writer)
    {
        foreach (uint[] state in (uint[][])[_priority, _level, _pending, _claimed, _again, _enabled, _threshold])
        {
            foreach (uint word in state)
            {
                writer.Write(word);
            }
        }
    }

    public void Restore(BinaryReader reader)
    {
        foreach (uint[] state in (uint[][])[_priority, _level, _pending, _claimed, _again, _enabled, _threshold])
        {
            for (int i = 0; i < state.Length; i++)
            {
                state[i] = reader.ReadUInt32();
            }
        }
    }

    /// <summary>The gateway: a level is one request until that is completed; once requested it stays, whatever the level does (chapter "Interrupt Gateways").</summary>
    private void Forward(int word, uint bit)
    {
        if ((_level[word] & ~_claimed[word] & bit) != 0)
        {
            _pending[word] |= bit;
        }
    }

    /// <summary>The highest priority first, of equal ones the lowest source; the threshold does not matter (chapter "Interrupt Claim Process").</summary>
    private int Claim(int context)
    {
        int source = Best(context, 0);
        if (source != 0)
        {
            _pending[source / 32] &= ~(1u << (source % 32));
            _claimed[source / 32] |= 1u << (source % 32);
            Update();
        }

        return source;
    }

    /// <summary>Ignored where the source is not enabled for the context (chapter "Interrupt Completion").</summary>
    private void Complete(int context, uint source)
    {
        if (source is 0 or > Sources)
        {
            return;
        }

        int word = (int)source / 32;
        uint bit = 1u << (int)(source % 32);
        if ((_enabled[(context * Words) + word] & bit) != 0)
        {
            _claimed[word] &= ~bit;
            _pending[word] |= _again[word] & bit;
            _again[word] &= ~bit;
            Forward(word, bit);
        }
    }

    /// <summary>The source to be served next with a priority above a threshold; 0: none.</summary>
    private int Best(int context, uint threshold)
    {
        int best = 0;
        uint priority = threshold;
        for (int word = 0; word < Words; word++)
        {
            for (uint left = _pending[word] & _enabled[(context * Words) + word]; left != 0; left &= left - 1)
            {
                int source = (word * 32) + System.Numerics.BitOperations.TrailingZeroCount(left);
                if (_priority[source] > priority)
                {
                    (best, priority) = (source, _priority[source]);
                }
            }
        }

        return best;
    }

    private void Update()
    {
        for (int context = 0; context < Contexts; context++)
        {
            bool isMachine = context % 2 == 0;
            if (!isMachine || hasMachineMode)
            {
                platform.DriveLine(context / 2, isMachine ? MachineLine : SupervisorLine, Best(context, _threshold[context]) != 0);
            }
        }
    }

    private bool TryEnable(ulong offset, out int index)
    {
        ulong context = (offset - EnableBase) / EnableStride;
        ulong word = (offset - EnableBase) % EnableStride / 4;
        index = (int)((context * Words) + word);
        return context < (ulong)Contexts && word < Words;
    }

    private bool TryContext(ulong offset, out int context, out ulong register)
    {
        ulong number = (offset - ContextBase) / ContextStride;
        context = (int)number;
        register = (offset - ContextBase) % ContextStride;
        return number < (ulong)Contexts;
    }
}

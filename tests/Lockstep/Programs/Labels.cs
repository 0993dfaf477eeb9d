using ObjectOS.Tests;

namespace ObjectOS.Lockstep.Programs;

/// <summary>Names for addresses of code that is assembled twice: at the first pass those further on are not known yet.</summary>
internal sealed class Labels
{
    private readonly Dictionary<string, ulong> _addresses = [];
    private ulong _unknown;

    public ulong this[string name] => _addresses.GetValueOrDefault(name, _unknown);

    /// <summary>Names the address of what comes next.</summary>
    public void Here(string name, Asm code) => _addresses[name] = code.Here;

    public static Asm Assemble(ulong origin, Action<Asm, Labels> write, out Labels labels)
    {
        labels = new Labels { _unknown = origin };
        write(new Asm(origin), labels);
        var code = new Asm(origin);
        write(code, labels);
        return code;
    }
}

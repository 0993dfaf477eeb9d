using System.Globalization;
using System.Text;

namespace ObjectOS.Lockstep.Tracing;

/// <summary>
/// One step in canonical form, made the same way of what either machine did. An instruction that retired:
/// <c>mode pc bits x5=… f1=… c300=… m80010000:8=…</c>; a trap: <c>! cause epc tval</c>. Numbers are hexadecimal, register numbers of x and f decimal.
/// </summary>
internal sealed class TraceLine
{
    private readonly StringBuilder _text = new();

    public void Begin(int mode, ulong pc, uint bits)
    {
        _text.Clear();
        _text.Append(CultureInfo.InvariantCulture, $"{mode} {pc:x} {bits:x}");
    }

    public void Integer(int register, ulong value) => _text.Append(CultureInfo.InvariantCulture, $" x{register}={value:x}");

    public void Float(int register, ulong value) => _text.Append(CultureInfo.InvariantCulture, $" f{register}={value:x}");

    public void Csr(int number, ulong value) => _text.Append(CultureInfo.InvariantCulture, $" c{number:x}={value:x}");

    public void Store(ulong address, int size, ulong value) => _text.Append(CultureInfo.InvariantCulture, $" m{address:x}:{size}={value:x}");

    public string End() => _text.ToString();

    public static string Trap(ulong cause, ulong epc, ulong value) => string.Create(CultureInfo.InvariantCulture, $"! {cause:x} {epc:x} {value:x}");
}

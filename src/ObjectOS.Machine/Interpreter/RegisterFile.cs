using System.Runtime.CompilerServices;

namespace ObjectOS.Machine.Interpreter;

/// <summary>The integer registers at work: x0–x31, the sink for writes to x0, and room up to 256 so that a byte is always a valid index.</summary>
[InlineArray(256)]
internal struct RegisterFile
{
    private ulong _x;
}

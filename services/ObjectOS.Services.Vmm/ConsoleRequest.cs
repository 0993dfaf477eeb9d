using ObjectOS.Services.Programs;

namespace ObjectOS.Services.Vmm;

/// <summary>A further console of a virtual machine: a virtio console with streams of its own.</summary>
/// <param name="Input">What it reads.</param>
/// <param name="Output">Where it writes. Once nobody takes it any more, what the machine writes there is dropped.</param>
/// <param name="Columns">Characters in a line of what shows it; 0: not known.</param>
/// <param name="Rows">Its lines; 0: not known.</param>
public sealed record ConsoleRequest(ProgramStream Input, ProgramStream Output, ushort Columns = 0, ushort Rows = 0)
{
    /// <summary>Writes it.</summary>
    internal void Save(BinaryWriter writer)
    {
        foreach (var stream in (ProgramStream[])[Input, Output])
        {
            writer.Write(stream.Number);
            writer.Write(stream.IsTerminal);
        }

        writer.Write(Columns);
        writer.Write(Rows);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    internal static ConsoleRequest Restore(BinaryReader reader) => new(
        new ProgramStream(reader.ReadUInt64(), reader.ReadBoolean()), new ProgramStream(reader.ReadUInt64(), reader.ReadBoolean()), reader.ReadUInt16(), reader.ReadUInt16());
}

using ObjectOS.Cpu;

namespace ObjectOS;

/// <summary>A cell of an OS object, seen between two slices.</summary>
/// <param name="Figures">The kernel's figures of it.</param>
/// <param name="Name">The program's name and arguments for a program's cells, else what the cell is for.</param>
/// <param name="Program">The program whose cell it is, children's cells included; null for the OS object's own cells.</param>
public sealed record CellView(CellStatistics Figures, string Name, ProgramSpec? Program);

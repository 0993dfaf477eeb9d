using System.Globalization;
using ObjectOS.Abi;

namespace ObjectOS.Recording;

/// <summary>Who makes a managed program again for a replay. The numbers are part of the file format (docs/recording.md).</summary>
internal enum ProgramRole : byte
{
    /// <summary>The embedding program, by the name of the class.</summary>
    Own,

    /// <summary>The factory of the Linux personality.</summary>
    Linux,

    /// <summary>This package: the service for native programs.</summary>
    Native,

    /// <summary>The factory of the service for virtual machines.</summary>
    Vmm,
}

/// <summary>What a recording says of a managed program: who makes it again, and which one.</summary>
/// <param name="Role">Who makes it.</param>
/// <param name="Name">The name of the product, or the full name of the class.</param>
/// <param name="Version">The version of the product; empty for a class.</param>
internal readonly record struct RecordedProgram(ProgramRole Role, string Name, string Version)
{
    public RecordedProgram(ProgramRole role, ServiceDescription description)
        : this(role, description.Name, description.Version)
    {
    }

    /// <summary>The embedding program's own.</summary>
    /// <exception cref="NotSupportedException">Its class has no name by which a replay could ask for it.</exception>
    public static RecordedProgram Of(IManagedProgram program) => new(ProgramRole.Own, NameOf(program.GetType(), "managed program"), "");

    /// <summary>The name by which a replay asks for an object of a class.</summary>
    /// <param name="type">The class.</param>
    /// <param name="what">What the object is, in words.</param>
    /// <exception cref="NotSupportedException">It has no such name.</exception>
    public static string NameOf(Type type, string what) =>
        type.FullName is { } name && !type.IsGenericType && !name.Contains('<', StringComparison.Ordinal) ? name
            : throw new NotSupportedException($"A {what} of the class {type} cannot be recorded: a replay asks for it by name, and only a class that is not generic and not made by the compiler has one.");

    /// <summary>Reads what <see cref="Write"/> wrote.</summary>
    public static RecordedProgram Read(RecordCursor cursor) =>
        new((ProgramRole)cursor.Int((int)ProgramRole.Vmm, "the role of a program"), cursor.Text(), cursor.Text());

    public void Write(RecordBuffer log)
    {
        log.Number((ulong)Role);
        log.Text(Name);
        log.Text(Version);
    }

    /// <inheritdoc/>
    public override string ToString() => Version.Length == 0 ? Name : string.Create(CultureInfo.InvariantCulture, $"{Name} {Version}");
}

using System.Reflection;
using ObjectOS.Cpu;
using ObjectOS.Machine;
using ObjectOS.Services.Native;

namespace ObjectOS.Recording;

/// <summary>An assembly that took part in a recording.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Version">Its version.</param>
/// <param name="Mvid">Its module version identifier: another build has another.</param>
public sealed record RecordedAssembly(string Name, string Version, Guid Mvid);

/// <summary>What a recording says of itself before its log.</summary>
/// <param name="Kernel">The name and version of the root kernel's product.</param>
/// <param name="AbiVersion">The version of its invocation ABI.</param>
/// <param name="Memory">Bytes of memory of the machine.</param>
/// <param name="Seed">The seed of the OS object.</param>
/// <param name="Inputs">When answers of the host reached guests.</param>
/// <param name="HostClock">True: guest time followed the host's clock.</param>
/// <param name="Slice">Virtual instructions of a slice.</param>
/// <param name="Instructions">Mnemonics of the embedding program's own instructions.</param>
/// <param name="Title">What was run, in words.</param>
/// <param name="Assemblies">The assemblies of the kernel, the services and the engine.</param>
public sealed record RecordingHeader(
    string Kernel,
    string AbiVersion,
    ulong Memory,
    ulong Seed,
    Inputs Inputs,
    bool HostClock,
    ulong Slice,
    IReadOnlyList<string> Instructions,
    string Title,
    IReadOnlyList<RecordedAssembly> Assemblies)
{
    /// <summary>The assemblies that decide what a run does, as they are loaded now.</summary>
    internal static IReadOnlyList<RecordedAssembly> AssembliesNow(RecordedBuilds builds) =>
    [
        .. ((Type[])[builds.Kernel.GetType(), builds.Linux.GetType(), typeof(NativeProgramService), builds.Vmm.GetType(), typeof(Services.Files.Host.HostDirectory), typeof(RealCpu), typeof(ICpu), typeof(Abi.Call)])
            .Select(type => type.Assembly).Distinct().Select(Describe),
    ];

    internal void Write(RecordBuffer buffer)
    {
        buffer.Text(Kernel);
        buffer.Text(AbiVersion);
        buffer.Number(Memory);
        buffer.Number(Seed);
        buffer.Number((ulong)Inputs);
        buffer.Number(HostClock ? 1UL : 0);
        buffer.Number(Slice);
        buffer.Number((ulong)Instructions.Count);
        foreach (string mnemonic in Instructions)
        {
            buffer.Text(mnemonic);
        }

        buffer.Text(Title);
        buffer.Number((ulong)Assemblies.Count);
        foreach (var assembly in Assemblies)
        {
            buffer.Text(assembly.Name);
            buffer.Text(assembly.Version);
            buffer.Blob(assembly.Mvid.ToByteArray());
        }
    }

    internal static RecordingHeader Read(RecordCursor cursor) => new(
        cursor.Text(),
        cursor.Text(),
        cursor.NumberUpTo(1UL << 46, "the memory"),
        cursor.Number(),
        (Inputs)cursor.Int((int)Inputs.Deterministic, "the inputs"),
        cursor.Flag(),
        cursor.NumberUpTo(1 << 24, "the slice"),
        Items(cursor, "the count of instructions", () => cursor.Text()),
        cursor.Text(),
        Items(cursor, "the count of assemblies", () => new RecordedAssembly(cursor.Text(), cursor.Text(), Mvid(cursor))));

    private static List<T> Items<T>(RecordCursor cursor, string name, Func<T> read)
    {
        var items = new List<T>();
        for (int count = cursor.Count(name); count > 0; count--)
        {
            items.Add(read());
        }

        return items;
    }

    private static Guid Mvid(RecordCursor cursor) => cursor.Blob() is { Length: 16 } bytes ? new Guid(bytes.Span) : throw cursor.Damaged("a module version identifier has not 16 bytes");

    private static RecordedAssembly Describe(Assembly assembly) =>
        new(assembly.GetName().Name ?? "", assembly.GetName().Version?.ToString() ?? "", assembly.ManifestModule.ModuleVersionId);
}

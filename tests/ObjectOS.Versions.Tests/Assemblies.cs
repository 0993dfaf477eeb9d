using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ObjectOS.Tests.Versions;

/// <summary>Assemblies that are to be refused, made for a test.</summary>
internal static class Assemblies
{
    /// <summary>Writes an assembly with one public class into a folder. Its path.</summary>
    public static string Write(string folder, Action<TypeBuilder> build, string name = "Made")
    {
        var assembly = new PersistedAssemblyBuilder(new AssemblyName(name), typeof(object).Assembly);
        var type = assembly.DefineDynamicModule(name).DefineType("Made.Factory",
            TypeAttributes.Public | TypeAttributes.Class | TypeAttributes.Sealed, typeof(object), [typeof(Cpu.IKernelFactory)]);
        type.DefineDefaultConstructor(MethodAttributes.Public);
        foreach (var method in typeof(Cpu.IKernelFactory).GetMethods())
        {
            var made = type.DefineMethod(method.Name, MethodAttributes.Public | MethodAttributes.Virtual, method.ReturnType,
                [.. method.GetParameters().Select(p => p.ParameterType)]);
            made.GetILGenerator().Emit(OpCodes.Ldnull);
            made.GetILGenerator().Emit(OpCodes.Ret);
            type.DefineMethodOverride(made, method);
        }

        build(type);
        type.CreateType();
        string path = Path.Combine(folder, name + ".dll");
        assembly.Save(path);
        return path;
    }

    /// <summary>Adds a static method with some code.</summary>
    public static void Method(this TypeBuilder type, Action<ILGenerator> code, Type? returns = null)
    {
        var il = type.DefineMethod("Does", MethodAttributes.Public | MethodAttributes.Static, returns ?? typeof(void), []).GetILGenerator();
        code(il);
        il.Emit(OpCodes.Ret);
    }

    /// <summary>Copies an assembly with another version of one of its references. The path of the copy.</summary>
    public static string WithReference(string path, string folder, string reference, Version version)
    {
        byte[] bytes = File.ReadAllBytes(path);
        using var image = new PEReader(new MemoryStream(bytes));
        var metadata = image.GetMetadataReader();
        int row = metadata.AssemblyReferences
            .Select((handle, index) => (handle, index)).Single(item =>
            metadata.GetString(metadata.GetAssemblyReference(item.handle).Name) == reference).index;
        int offset = image.PEHeaders.MetadataStartOffset + metadata.GetTableMetadataOffset(TableIndex.AssemblyRef)
            + (row * metadata.GetTableRowSize(TableIndex.AssemblyRef));
        BitConverter.TryWriteBytes(bytes.AsSpan(offset), (ushort)version.Major);
        BitConverter.TryWriteBytes(bytes.AsSpan(offset + 2), (ushort)version.Minor);
        string copy = Path.Combine(folder, Path.GetFileName(path));
        File.WriteAllBytes(copy, bytes);
        return copy;
    }
}

using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ObjectOS.Versions;

/// <summary>
/// Reads an assembly before it is loaded, and refuses what reaches outside: P/Invoke, native and unsafe code, references that are not
/// allowed, another contract. It finds what a compiler makes of such sources; it is no verifier, and code that was written to attack the
/// host is not contained by it (docs/threat-model.md).
/// </summary>
internal sealed class AssemblyCheck : IDisposable
{
    private static readonly string[] HostOnly = ["ObjectOS", "ObjectOS.Machine", "ObjectOS.Versions", "ObjectOS.Testing", "ObjectOS.Cli"];

    private readonly BuildFile _file;
    private readonly PEReader _image;
    private readonly MetadataReader _metadata;
    private readonly PointerSignatures _pointers = new();
    private readonly bool _isService;

    private AssemblyCheck(BuildFile file, PEReader image, MetadataReader metadata, bool isService)
    {
        (_file, _image, _metadata, _isService) = (file, image, metadata, isService);
        Name = metadata.GetString(metadata.GetAssemblyDefinition().Name);
        References = [.. metadata.AssemblyReferences.Select(metadata.GetAssemblyReference)
            .Select(reference => (metadata.GetString(reference.Name), reference.Version))];
    }

    /// <summary>Opens an assembly; null: the file is no managed assembly, which is no error in a folder.</summary>
    /// <exception cref="VersionException">The assembly is damaged.</exception>
    public static AssemblyCheck? Open(BuildFile file, bool isService)
    {
        var image = new PEReader(new MemoryStream(file.Contents, writable: false));
        try
        {
            if (!image.HasMetadata)
            {
                image.Dispose();
                return null;
            }

            var metadata = image.GetMetadataReader();
            return metadata.IsAssembly
                ? new AssemblyCheck(file, image, metadata, isService)
                : throw new VersionException($"{file.Name}: a module without an assembly; an assembly is wanted");
        }
        catch (Exception e) when (IsDamage(e))
        {
            image.Dispose();
            throw Damaged(file, e);
        }
    }

    /// <summary>The assembly's simple name.</summary>
    public string Name { get; }

    /// <summary>The names of the assemblies that it refers to.</summary>
    public IReadOnlyList<(string Name, Version Version)> References { get; }

    /// <summary>True if it refers to a contract: then it may hold what is looked for.</summary>
    public bool UsesContracts => References.Any(reference => ContractAssemblies.Find(reference.Name) is not null);

    /// <summary>The public classes that implement an interface of a contract and can be made without arguments.</summary>
    /// <exception cref="VersionException">The assembly is damaged.</exception>
    public IReadOnlyList<string> ImplementersOf(string space, string name)
    {
        try
        {
            return [.. _metadata.TypeDefinitions.Select(_metadata.GetTypeDefinition)
                .Where(type => IsMakeable(type) && Implements(type, space, name)).Select(FullName)];
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(_file, e);
        }
    }

    /// <summary>Refuses an assembly that is not to be loaded.</summary>
    /// <exception cref="VersionException">The first reason that was found.</exception>
    public void ThrowIfRefused()
    {
        try
        {
            string? problem = ReferenceProblem() ?? ImageProblem() ?? TypeProblem() ?? MethodProblem();
            if (problem is not null)
            {
                throw new VersionException($"{_file.Name}: {problem}");
            }
        }
        catch (Exception e) when (IsDamage(e))
        {
            throw Damaged(_file, e);
        }
    }

    public void Dispose() => _image.Dispose();

    /// <summary>What the readers of .NET throw at files that are no assemblies, or damaged ones.</summary>
    private static bool IsDamage(Exception e) => e is BadImageFormatException or InvalidCastException or InvalidOperationException or ArgumentException
        or OverflowException or IndexOutOfRangeException or IOException;

    private static VersionException Damaged(BuildFile file, Exception e) =>
        new($"{file.Name}: a damaged assembly: {e.Message.TrimEnd('.')}", e);

    private string? ReferenceProblem()
    {
        foreach (var (name, version) in References)
        {
            if (ContractAssemblies.Find(name) is not null && !ContractAssemblies.Fits(version))
            {
                return $"made for contract {version.ToString(2)}, here is {ContractAssemblies.Version.ToString(2)}";
            }

            if (name == "System.Runtime" && version.Major > Environment.Version.Major)
            {
                return $"made for .NET {version.Major}, here is .NET {Environment.Version.Major}";
            }

            if (Array.IndexOf(HostOnly, name) >= 0)
            {
                return $"refers to {name}, which belongs to the host";
            }
        }

        return null;
    }

    private string? ImageProblem()
    {
        var cor = _image.PEHeaders.CorHeader!;

        // What ReadyToRun adds is run instead of the IL that is checked here.
        return (cor.Flags & CorFlags.ILOnly) == 0 || cor.ManagedNativeHeaderDirectory.Size > 0
            ? "holds native code; an assembly that is not compiled ahead is wanted"
            : _metadata.AssemblyFiles.Count > 0 ? "consists of several files"
            : _metadata.GetTableRowCount(TableIndex.ImplMap) > 0 ? $"calls the native function {NativeFunction()} by P/Invoke"
            : null;
    }

    private string NativeFunction()
    {
        var import = _metadata.MethodDefinitions.Select(handle => _metadata.GetMethodDefinition(handle).GetImport())
            .FirstOrDefault(i => !i.Name.IsNil);
        return import.Name.IsNil ? "?"
            : $"{_metadata.GetString(import.Name)} of {_metadata.GetString(_metadata.GetModuleReference(import.Module).Name)}";
    }

    private string? TypeProblem()
    {
        foreach (var handle in _metadata.TypeReferences)
        {
            var type = Outermost(_metadata.GetTypeReference(handle));
            (string space, string name) = (_metadata.GetString(type.Namespace), _metadata.GetString(type.Name));
            if (IsOfFramework(type) && !(space.Length == 0 && name == "<Module>") && !AllowedReferences.Allows(space, name, _isService)
                && !IsMarkOfUnsafeCode(space, name))
            {
                return $"uses {space}.{name}, which {(_isService ? "a service" : "a kernel")} may not";
            }
        }

        foreach (var handle in _metadata.TypeDefinitions)
        {
            var type = _metadata.GetTypeDefinition(handle);
            if (_metadata.GetString(type.Name) == "IgnoresAccessChecksToAttribute")
            {
                return "reaches private members of other assemblies by IgnoresAccessChecksToAttribute";
            }

            foreach (var field in type.GetFields().Select(_metadata.GetFieldDefinition))
            {
                if (field.DecodeSignature(_pointers, null))
                {
                    return $"holds unsafe code: the field {FullName(type)}.{_metadata.GetString(field.Name)} is a pointer";
                }
            }
        }

        return _metadata.GetCustomAttributes(EntityHandle.ModuleDefinition).Select(_metadata.GetCustomAttribute).Any(IsUnverifiable)
            ? "was compiled with unsafe code" : null;
    }

    private string? MethodProblem()
    {
        foreach (var handle in _metadata.MemberReferences)
        {
            if (MemberProblem(_metadata.GetMemberReference(handle)) is { } problem)
            {
                return problem;
            }
        }

        if (Enumerable.Range(1, _metadata.GetTableRowCount(TableIndex.TypeSpec)).Select(MetadataTokens.TypeSpecificationHandle)
            .Any(handle => _metadata.GetTypeSpecification(handle).DecodeSignature(_pointers, null)))
        {
            return "holds unsafe code: it uses a type with a pointer";
        }

        foreach (var type in _metadata.TypeDefinitions.Select(_metadata.GetTypeDefinition))
        {
            foreach (var method in type.GetMethods().Select(_metadata.GetMethodDefinition))
            {
                if (CodeProblem(type, method) is { } problem)
                {
                    return problem is "" ? $"holds unsafe code: {FullName(type)}.{_metadata.GetString(method.Name)}"
                        : $"{FullName(type)}.{_metadata.GetString(method.Name)} {problem}";
                }
            }
        }

        return null;
    }

    private string? MemberProblem(MemberReference member)
    {
        string type = TypeOf(member);
        string name = _metadata.GetString(member.Name);
        if (!AllowedReferences.AllowsMember(type, name))
        {
            return $"uses {type}.{name}, which {(_isService ? "a service" : "a kernel")} may not";
        }

        bool hasPointer = member.GetKind() == MemberReferenceKind.Method
            ? PointerSignatures.Has(member.DecodeMethodSignature(_pointers, null))
            : member.DecodeFieldSignature(_pointers, null);

        // What "stackalloc" of safe code becomes.
        return hasPointer && !(name == ".ctor" && type is "System.Span`1" or "System.ReadOnlySpan`1")
            ? $"holds unsafe code: it uses {type}.{name}, which takes a pointer" : null;
    }

    /// <summary>What is wrong with a method: null, a sentence's end, or nothing but that it is unsafe.</summary>
    private string? CodeProblem(TypeDefinition type, MethodDefinition method)
    {
        const MethodImplAttributes Native =
            MethodImplAttributes.Native | MethodImplAttributes.Unmanaged | MethodImplAttributes.InternalCall;
        if ((method.ImplAttributes & Native) != 0 && !IsDelegate(type))
        {
            return "is native code";
        }

        if (PointerSignatures.Has(method.DecodeSignature(_pointers, null)))
        {
            return "";
        }

        if (method.RelativeVirtualAddress == 0)
        {
            return null;
        }

        var body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil
            && _metadata.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(_pointers, null).Contains(true))
        {
            return "";
        }

        bool isCompilerMade = _metadata.GetString(type.Name).StartsWith(AllowedReferences.CompilerMade, StringComparison.Ordinal);
        for (var code = new CodeWalk(body.GetILReader()); code.MoveNext();)
        {
            if (code.Current is ILOpCode.Calli or ILOpCode.Jmp or ILOpCode.Cpblk or ILOpCode.Initblk or ILOpCode.Mkrefany
                or ILOpCode.Refanyval or ILOpCode.Arglist)
            {
                return "";
            }

            if (!isCompilerMade && code.Token != 0 && Trick(code.Token) is { } trick)
            {
                return $"uses {trick}, which only compiler-made code may";
            }
        }

        return null;
    }

    /// <summary>The reference trick that a token names; null if it names none.</summary>
    private string? Trick(int token)
    {
        // A token of a string names no row.
        if (token >> 24 == 0x70)
        {
            return null;
        }

        var handle = MetadataTokens.EntityHandle(token);
        handle = handle.Kind == HandleKind.MethodSpecification
            ? _metadata.GetMethodSpecification((MethodSpecificationHandle)handle).Method : handle;
        if (handle.Kind != HandleKind.MemberReference)
        {
            return null;
        }

        var member = _metadata.GetMemberReference((MemberReferenceHandle)handle);
        return TypeOf(member) is { } type && AllowedReferences.IsTrick(type) ? $"{type}.{_metadata.GetString(member.Name)}" : null;
    }

    /// <summary>
    /// The full name of the type that a member belongs to; for an instance of a generic type, that type's; empty for others.
    /// </summary>
    private string TypeOf(MemberReference member)
    {
        var parent = member.Parent;
        if (parent.Kind == HandleKind.TypeSpecification)
        {
            var signature = _metadata.GetBlobReader(_metadata.GetTypeSpecification((TypeSpecificationHandle)parent).Signature);
            if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            {
                return "";
            }

            // The kind of type, class or value, and then which.
            signature.ReadCompressedInteger();
            parent = signature.ReadTypeHandle();
        }

        if (parent.Kind != HandleKind.TypeReference)
        {
            return "";
        }

        var type = _metadata.GetTypeReference((TypeReferenceHandle)parent);
        return $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
    }

    private bool IsMakeable(TypeDefinition type) =>
        (type.Attributes & (TypeAttributes.VisibilityMask | TypeAttributes.Abstract | TypeAttributes.Interface)) == TypeAttributes.Public
        && type.GetMethods().Select(_metadata.GetMethodDefinition).Any(method => _metadata.GetString(method.Name) == ".ctor"
            && (method.Attributes & MethodAttributes.MemberAccessMask) == MethodAttributes.Public
            && method.DecodeSignature(_pointers, null).ParameterTypes.IsEmpty);

    private bool Implements(TypeDefinition type, string space, string name) => type.GetInterfaceImplementations()
        .Select(handle => _metadata.GetInterfaceImplementation(handle).Interface)
        .Where(handle => handle.Kind == HandleKind.TypeReference)
        .Select(handle => _metadata.GetTypeReference((TypeReferenceHandle)handle))
        .Any(reference => _metadata.StringComparer.Equals(reference.Name, name)
            && _metadata.StringComparer.Equals(reference.Namespace, space));

    private bool IsDelegate(TypeDefinition type) => type.BaseType.Kind == HandleKind.TypeReference
        && _metadata.StringComparer.Equals(_metadata.GetTypeReference((TypeReferenceHandle)type.BaseType).Name, "MulticastDelegate");

    /// <summary>
    /// The mark that compilers leave on a module with unsafe code; it is reported as such, not as a type that is not allowed.
    /// </summary>
    private static bool IsMarkOfUnsafeCode(string space, string name) =>
        (space, name) is ("System.Security", "UnverifiableCodeAttribute")
            or ("System.Security.Permissions", "SecurityPermissionAttribute" or "SecurityAction");

    private bool IsUnverifiable(CustomAttribute attribute) => attribute.Constructor.Kind == HandleKind.MemberReference
        && TypeOf(_metadata.GetMemberReference(
            (MemberReferenceHandle)attribute.Constructor)) == "System.Security.UnverifiableCodeAttribute";

    private bool IsOfFramework(TypeReference type) => type.ResolutionScope.Kind == HandleKind.AssemblyReference
        && _metadata.GetString(_metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope).Name) is var name
            && BuildClosure.IsFramework(name);

    private TypeReference Outermost(TypeReference type)
    {
        for (int depth = 0; type.ResolutionScope.Kind == HandleKind.TypeReference && depth < 64; depth++)
        {
            type = _metadata.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        }

        return type;
    }

    private string FullName(TypeDefinition type) => type.Namespace.IsNil ? _metadata.GetString(type.Name)
        : $"{_metadata.GetString(type.Namespace)}.{_metadata.GetString(type.Name)}";
}

using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ObjectOS.Tests.Architecture;

/// <summary>
/// The types of one assembly and the types of the same assembly that each of them uses: as base types, in fields, in signatures and in the code of methods.
/// Nested types, which include closures and state machines, count as part of the type that encloses them. Constants and the values of enumerations leave no trace in metadata.
/// </summary>
internal sealed class TypeGraph : ISignatureTypeProvider<bool, TypeDefinitionHandle>
{
    /// <summary>The operand of each instruction, by its number as ECMA-335 (partition III, 1.2.1) writes it.</summary>
    private static readonly Dictionary<ushort, OperandType> Operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => (ushort)o.Value, o => o.OperandType);

    private readonly MetadataReader _reader;
    private readonly PEReader _image;
    private readonly Dictionary<TypeDefinitionHandle, HashSet<TypeDefinitionHandle>> _uses = [];

    /// <summary>The type that is being read: a decoder of signatures hands out no context with the types that it finds.</summary>
    private TypeDefinitionHandle _user;

    private TypeGraph(PEReader image)
    {
        _image = image;
        _reader = image.GetMetadataReader();
        foreach (var handle in _reader.TypeDefinitions)
        {
            AddType(handle);
        }
    }

    /// <summary>Returns the full names of the types in the largest strongly connected component of an assembly, in order.</summary>
    public static string[] LargestComponent(string assemblyPath)
    {
        using var image = new PEReader(File.OpenRead(assemblyPath));
        var graph = new TypeGraph(image);
        var largest = new Components<TypeDefinitionHandle>(graph._uses).Found.MaxBy(c => c.Count)!;
        return [.. largest.Select(graph.NameOf).Order(StringComparer.Ordinal)];
    }

    private string NameOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        return $"{_reader.GetString(type.Namespace)}.{_reader.GetString(type.Name)}";
    }

    private TypeDefinitionHandle Outermost(TypeDefinitionHandle handle)
    {
        for (var outer = handle; ; handle = outer)
        {
            outer = _reader.GetTypeDefinition(handle).GetDeclaringType();
            if (outer.IsNil)
            {
                return handle;
            }
        }
    }

    private void AddType(TypeDefinitionHandle handle)
    {
        var user = _user = Outermost(handle);
        var type = _reader.GetTypeDefinition(handle);
        _uses.TryAdd(user, []);
        Use(user, type.BaseType);
        foreach (var implementation in type.GetInterfaceImplementations())
        {
            Use(user, _reader.GetInterfaceImplementation(implementation).Interface);
        }

        foreach (var field in type.GetFields())
        {
            _reader.GetFieldDefinition(field).DecodeSignature(this, user);
        }

        AddConstraints(user, type.GetGenericParameters());
        foreach (var method in type.GetMethods())
        {
            AddMethod(user, _reader.GetMethodDefinition(method));
        }
    }

    private void AddConstraints(TypeDefinitionHandle user, GenericParameterHandleCollection parameters)
    {
        foreach (var constraint in parameters.SelectMany(p => _reader.GetGenericParameter(p).GetConstraints()))
        {
            Use(user, _reader.GetGenericParameterConstraint(constraint).Type);
        }
    }

    private void AddMethod(TypeDefinitionHandle user, MethodDefinition method)
    {
        method.DecodeSignature(this, user);
        AddConstraints(user, method.GetGenericParameters());
        if (method.RelativeVirtualAddress == 0)
        {
            return;
        }

        var body = _image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil)
        {
            _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, user);
        }

        foreach (var region in body.ExceptionRegions)
        {
            Use(user, region.CatchType);
        }

        AddCode(user, body.GetILReader());
    }

    private void AddCode(TypeDefinitionHandle user, BlobReader code)
    {
        while (code.RemainingBytes > 0)
        {
            ushort number = code.ReadByte();
            var operand = Operands[number == 0xfe ? (ushort)(0xfe00 | code.ReadByte()) : number];
            switch (operand)
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineType or OperandType.InlineTok or OperandType.InlineSig:
                    Use(user, (EntityHandle)MetadataTokens.Handle(code.ReadInt32()));
                    break;
                case OperandType.InlineSwitch:
                    int targets = code.ReadInt32();
                    code.Offset += sizeof(int) * targets;
                    break;
                default:
                    code.Offset += SizeOf(operand);
                    break;
            }
        }
    }

    private static int SizeOf(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    private void Use(TypeDefinitionHandle user, EntityHandle used)
    {
        if (used.IsNil)
        {
            return;
        }

        switch (used.Kind)
        {
            case HandleKind.TypeDefinition:
                _uses[user].Add(Outermost((TypeDefinitionHandle)used));
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)used).DecodeSignature(this, user);
                break;
            case HandleKind.MethodDefinition:
                Use(user, _reader.GetMethodDefinition((MethodDefinitionHandle)used).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                Use(user, _reader.GetFieldDefinition((FieldDefinitionHandle)used).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Use(user, _reader.GetMemberReference((MemberReferenceHandle)used).Parent);
                break;
            case HandleKind.MethodSpecification:
                var generic = _reader.GetMethodSpecification((MethodSpecificationHandle)used);
                generic.DecodeSignature(this, user);
                Use(user, generic.Method);
                break;
            default:
                break; // A type of another assembly, or the signature of an indirect call, whose types stand in other places as well.
        }
    }

    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        Use(_user, handle);
        return true;
    }

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => false;
    public bool GetTypeFromSpecification(MetadataReader reader, TypeDefinitionHandle genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);
    public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;
    public bool GetByReferenceType(bool elementType) => elementType;
    public bool GetFunctionPointerType(MethodSignature<bool> signature) => false;
    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => genericType;
    public bool GetGenericMethodParameter(TypeDefinitionHandle genericContext, int index) => false;
    public bool GetGenericTypeParameter(TypeDefinitionHandle genericContext, int index) => false;
    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => unmodifiedType;
    public bool GetPinnedType(bool elementType) => elementType;
    public bool GetPointerType(bool elementType) => elementType;
    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => false;
    public bool GetSZArrayType(bool elementType) => elementType;
}

using System.Collections.Immutable;
using System.Reflection.Metadata;

namespace ObjectOS.Versions;

/// <summary>Decodes signatures to one fact: true if a pointer or a function pointer is in it.</summary>
internal sealed class PointerSignatures : ISignatureTypeProvider<bool, object?>
{
    public bool GetPointerType(bool elementType) => true;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    public bool GetArrayType(bool elementType, ArrayShape shape) => elementType;

    public bool GetByReferenceType(bool elementType) => elementType;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) =>
        genericType || typeArguments.Contains(true);

    public bool GetGenericMethodParameter(object? genericContext, int index) => false;

    public bool GetGenericTypeParameter(object? genericContext, int index) => false;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => modifier || unmodifiedType;

    public bool GetPinnedType(bool elementType) => true;

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode == PrimitiveTypeCode.TypedReference;

    public bool GetSZArrayType(bool elementType) => elementType;

    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => false;

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => false;

    /// <summary>Specifications are a table, each row of which is looked at by itself: one may name itself.</summary>
    public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle,
        byte rawTypeKind) => false;

    /// <summary>True if a pointer is in a method's signature.</summary>
    public static bool Has(MethodSignature<bool> signature) => signature.ReturnType || signature.ParameterTypes.Contains(true);
}

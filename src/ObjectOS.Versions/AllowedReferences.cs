using System.Collections.Frozen;

namespace ObjectOS.Versions;

/// <summary>
/// What a kernel, or a service, may refer to in .NET. A kernel computes: it has no files, sockets, threads, clocks, reflection or
/// interop. Services include the host's side of granted directories, which opens files. All else of .NET is refused.
/// </summary>
internal static class AllowedReferences
{
    /// <summary>The type of compiler-made code, which alone may use reference tricks.</summary>
    public const string CompilerMade = "<PrivateImplementationDetails>";

    /// <summary>Namespaces of which all public types may be used.</summary>
    private static readonly FrozenSet<string> Namespaces = FrozenSet.Create(
        StringComparer.Ordinal,
        "System.Buffers", "System.Buffers.Binary", "System.Collections", "System.Collections.Concurrent", "System.Collections.Frozen",
        "System.Collections.Generic", "System.Collections.Immutable", "System.Diagnostics.CodeAnalysis", "System.Globalization",
        "System.Linq", "System.Numerics", "System.Runtime.CompilerServices", "System.Runtime.Versioning",
        "System.Security.Cryptography", "System.Text", "System.Text.Unicode", "System.IO.Hashing");

    /// <summary>Namespaces that services may use besides.</summary>
    private static readonly FrozenSet<string> OfServices = FrozenSet.Create(StringComparer.Ordinal, "System.IO", "System.Formats.Tar",
        "Microsoft.Win32.SafeHandles");

    private static readonly FrozenSet<string> Types = FrozenSet.Create(
        StringComparer.Ordinal,
        [
            .. In(
                "System",
                "Array Attribute AttributeTargets AttributeUsageAttribute AsyncCallback BitConverter Boolean Buffer Byte "
                + "CLSCompliantAttribute Char Comparison`1 Convert DateTime DateTimeOffset DateTimeKind DayOfWeek Decimal Delegate "
                + "Double Enum EventArgs EventHandler EventHandler`1 FlagsAttribute Guid Half HashCode IAsyncResult IComparable "
                + "IComparable`1 IDisposable IEquatable`1 IFormatProvider IFormattable IParsable`1 ISpanFormattable "
                + "ISpanParsable`1 IUtf8SpanFormattable Index Int128 Int16 Int32 Int64 Lazy`1 Math MathF Memory`1 MemoryExtensions "
                + "MidpointRounding MulticastDelegate Nullable Nullable`1 Object ObsoleteAttribute OperatingSystem "
                + "ParamArrayAttribute Predicate`1 Range ReadOnlyMemory`1 ReadOnlySpan`1 RuntimeFieldHandle RuntimeTypeHandle "
                + "SByte SerializableAttribute Single Span`1 String StringComparer StringComparison StringSplitOptions TimeSpan "
                + "UInt128 UInt16 UInt32 UInt64 UIntPtr IntPtr ValueType Version Void"),
            .. In(
                "System.Diagnostics",
                "ConditionalAttribute DebuggableAttribute DebuggerBrowsableAttribute DebuggerBrowsableState "
                + "DebuggerDisplayAttribute DebuggerHiddenAttribute DebuggerNonUserCodeAttribute DebuggerStepThroughAttribute "
                + "StackTraceHiddenAttribute UnreachableException"),
            .. In(
                "System.IO",
                "BinaryReader BinaryWriter EndOfStreamException IOException InvalidDataException MemoryStream SeekOrigin Stream "
                + "StringReader StringWriter TextReader TextWriter"),
            .. In(
                "System.Reflection",
                "DefaultMemberAttribute"),
            .. In(
                "System.Runtime.InteropServices",
                "CollectionsMarshal InAttribute OutAttribute"),
            .. In(
                "System.Threading",
                "Interlocked Lock Monitor Volatile"),
        ]);

    /// <summary>Types of which only some members may be used.</summary>
    private static readonly FrozenDictionary<string, string[]> Members = new Dictionary<string, string[]>(StringComparer.Ordinal)
    {
        ["System.Activator"] = ["CreateInstance"],
        ["System.Delegate"] = ["Combine", "Remove"],
        ["System.Environment"] = ["get_CurrentManagedThreadId"],
        ["System.MulticastDelegate"] = [],
        ["System.Reflection.Assembly"] = ["GetName"],
        ["System.Reflection.AssemblyName"] = ["get_Version"],
        ["System.Reflection.MemberInfo"] = ["get_Name"],
        ["System.Runtime.CompilerServices.RuntimeHelpers"] =
            ["CreateSpan", "EnsureSufficientExecutionStack", "GetHashCode", "GetSubArray", "InitializeArray",
                "IsReferenceOrContainsReferences", "TryEnsureSufficientExecutionStack"],
        ["System.Runtime.InteropServices.SafeHandle"] = ["Dispose", "get_IsClosed", "get_IsInvalid"],
        ["System.Type"] = ["GetTypeFromHandle", "get_Assembly", "get_FullName", "get_IsValueType", "op_Equality", "op_Inequality"],
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Types that only compiler-made code may use: inline arrays and collection expressions.</summary>
    private static readonly FrozenSet<string> Tricks = FrozenSet.Create(
        StringComparer.Ordinal, "System.Runtime.CompilerServices.Unsafe", "System.Runtime.InteropServices.MemoryMarshal");

    /// <summary>True if the type can be named at all.</summary>
    public static bool Allows(string space, string name, bool isService)
    {
        string full = $"{space}.{name}";
        return IsTrick(full) || Members.ContainsKey(full)
            || (!IsRefused(space, name) && (Types.Contains(full) || Namespaces.Contains(space) || IsOfFamily(space, name)
            || (isService && OfServices.Contains(space))));
    }

    /// <summary>True if a member of a type that can be named may be used.</summary>
    public static bool AllowsMember(string type, string member) => !Members.TryGetValue(type, out string[]? members)
        || Array.IndexOf(members, member) >= 0;

    /// <summary>True if only compiler-made code may use the type.</summary>
    public static bool IsTrick(string type) => Tricks.Contains(type);

    private static bool IsOfFamily(string space, string name) =>
        (space == "System" && (name.EndsWith("Exception", StringComparison.Ordinal) || name.Split('`')[0] is "Action" or "Func"
            or "Tuple" or "ValueTuple"))
        || (space == "System.Reflection" && name.StartsWith("Assembly", StringComparison.Ordinal)
            && name.EndsWith("Attribute", StringComparison.Ordinal));

    /// <summary>In namespaces that are allowed: what reaches private members, or makes layouts that the verifier cannot follow.</summary>
    private static bool IsRefused(string space, string name) => space == "System.Runtime.CompilerServices"
        && name is "UnsafeAccessorAttribute" or "UnsafeAccessorTypeAttribute" or "IgnoresAccessChecksToAttribute"
            or "FixedBufferAttribute" or "UnsafeValueTypeAttribute" or "DisablePrivateReflectionAttribute";

    private static IEnumerable<string> In(string space, string names) => names.Split(' ').Select(name => $"{space}.{name}");
}

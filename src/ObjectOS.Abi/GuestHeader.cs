using System.Globalization;
using System.Text;

namespace ObjectOS.Abi;

/// <summary>Writes <c>objectos.h</c>: the invocation table for guests in C.</summary>
public static class GuestHeader
{
    /// <summary>Arguments behind the target that a C function takes one by one; a row with more takes a message.</summary>
    private const int MostArguments = 6;

    /// <summary>Results that a C function returns through a pointer each; a row with more fills a message or an array.</summary>
    private const int MostResults = 3;

    /// <summary>The whole file.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append("""
            /* objectos.h - the invocations of the ObjectOS kernel, for guests in C.
             * Made from the invocation table; docs/invocations.md is made from the same. Do not edit. */
            #ifndef OBJECTOS_H
            #define OBJECTOS_H

            #include <stddef.h>
            #include <stdint.h>


            """);
        text.Append(CultureInfo.InvariantCulture, $"#define OBJECTOS_ABI_VERSION \"{InvocationTable.AbiVersion}\"\n\n");
        text.Append("typedef uint64_t objectos_status;\n\n");
        WriteEnum<KernelStatus>(text, "status", "OBJECTOS_", status => status < KernelStatus.Suspended);
        WriteEnum<CapabilityRights>(text, "right", "OBJECTOS_RIGHT_", _ => true);
        WriteEnum<PageRights>(text, "page_right", "OBJECTOS_PAGE_", _ => true);
        WriteEnum<ObjectKind>(text, "kind", "OBJECTOS_KIND_", _ => true);
        WriteEnum<MessageKind>(text, "message_kind", "OBJECTOS_MESSAGE_", _ => true);
        WriteEnum<ExitKind>(text, "exit_kind", "OBJECTOS_EXIT_", _ => true);
        text.Append("""
            /* A message: the words of a frame behind the target, in their order. On sending, capability to kind are the slot that goes along
             * and the lease (address, length, rights); on receiving, the slot that came, the badge, the length that was lent, and the kind. */
            struct objectos_message {
                uint64_t label;
                uint64_t word[6];
                uint64_t capability;
                uint64_t address;
                uint64_t length;
                uint64_t kind;
            };


            """);
        foreach (var row in InvocationTable.Rows)
        {
            WriteFunction(text, row);
        }

        return text.Append("#endif\n").ToString().ReplaceLineEndings("\n");
    }

    private static void WriteEnum<T>(StringBuilder text, string name, string prefix, Func<T, bool> include)
        where T : struct, Enum
    {
        text.Append(CultureInfo.InvariantCulture, $"enum objectos_{name} {{\n");
        foreach (var value in Enum.GetValues<T>().Where(include))
        {
            text.Append(CultureInfo.InvariantCulture, $"    {prefix}{Upper(value.ToString())} = {Convert.ToUInt64(value, CultureInfo.InvariantCulture)},\n");
        }

        text.Append("};\n\n");
    }

    private static void WriteFunction(StringBuilder text, InvocationRow row)
    {
        bool named = row.Target != ObjectKind.None || row.Name.StartsWith("capability_", StringComparison.Ordinal);
        bool byMessage = row.Arguments.Length > MostArguments;
        bool fillsMessage = row.Results.Length > MostResults && row.Results[0] == "label";
        bool fillsArray = row.Results.Length > MostResults && !fillsMessage;
        var parameters = new List<string>();
        if (named)
        {
            parameters.Add("uint64_t target");
        }

        if (!byMessage)
        {
            parameters.AddRange(row.Arguments.Select(a => a == "buffer" ? row.Buffer == BufferUse.ToCaller ? "void *buffer" : "const void *buffer" : $"uint64_t {a}"));
        }

        if (byMessage || fillsMessage)
        {
            parameters.Add("struct objectos_message *message");
        }
        else if (fillsArray)
        {
            parameters.Add(string.Create(CultureInfo.InvariantCulture, $"uint64_t results[{row.Results.Length}]"));
        }
        else
        {
            parameters.AddRange(row.Results.Select(r => $"uint64_t *{r}_out"));
        }

        int words = Math.Max(row.Arguments.Length, row.Results.Length);
        text.Append(CultureInfo.InvariantCulture, $"/* {row.Summary} */\n");
        text.Append(CultureInfo.InvariantCulture, $"static inline objectos_status objectos_{row.Name}({(parameters.Count > 0 ? string.Join(", ", parameters) : "void")})\n{{\n");
        if (byMessage || fillsMessage)
        {
            text.Append("    uint64_t *in = (uint64_t *)message;\n    (void)in;\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"    register uint64_t a7 __asm__(\"a7\") = {(int)row.Number};\n");
        text.Append(CultureInfo.InvariantCulture, $"    register uint64_t w0 __asm__(\"a0\") = {(named ? "target" : "0")};\n");
        for (int word = 1; word <= words; word++)
        {
            string value = word > row.Arguments.Length ? "0"
                : byMessage ? $"in[{word - 1}]"
                : row.Arguments[word - 1] == "buffer" ? "(uint64_t)buffer"
                : row.Arguments[word - 1];
            text.Append(CultureInfo.InvariantCulture, $"    register uint64_t w{word} __asm__(\"{Register(word)}\") = {value};\n");
        }

        text.Append("    __asm__ volatile(\"ecall\" : \"+r\"(w0)");
        for (int word = 1; word <= words; word++)
        {
            text.Append(CultureInfo.InvariantCulture, $", \"+r\"(w{word})");
        }

        text.Append(" : \"r\"(a7) : \"memory\");\n");
        for (int word = 1; word <= row.Results.Length; word++)
        {
            string place = fillsMessage || (byMessage && row.Results.Length > 0) ? $"in[{word - 1}]"
                : fillsArray ? $"results[{word - 1}]"
                : $"*{row.Results[word - 1]}_out";
            text.Append(CultureInfo.InvariantCulture, $"    {place} = w{word};\n");
        }

        text.Append("    return w0;\n}\n\n");
    }

    private static string Register(int word) => InvocationFrame.RegisterOf(word) switch
    {
        >= 28 and var t => string.Create(CultureInfo.InvariantCulture, $"t{t - 25}"),
        >= 10 and var a => string.Create(CultureInfo.InvariantCulture, $"a{a - 10}"),
        var t => string.Create(CultureInfo.InvariantCulture, $"t{t - 5}"),
    };

    private static string Upper(string name)
    {
        var text = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToUpperInvariant(c));
        }

        return text.ToString();
    }
}

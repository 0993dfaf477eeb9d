using System.Globalization;
using System.Text;

namespace ObjectOS.Abi;

/// <summary>Writes <c>docs/invocations.md</c>: the invocation table for readers.</summary>
public static class InvocationManual
{
    /// <summary>The whole file.</summary>
    public static string Write()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""
            # Invocations

            Made from the invocation table (ABI {InvocationTable.AbiVersion}), as `objectos.h` is; a test fails when they differ.

            Machine code puts the number into a7, the slot of the target capability into a0 and the arguments, in their order, into a1–a6 and
            t0–t4; the status comes back in a0, the results in a1–a6 and t0–t4. Managed programs have the same words in an `InvocationFrame`.
            Every call may return `InvalidCapability`, `MissingRights` and `Dead` for its target, beside what its row lists. The cost is in virtual
            instructions; a copy costs one more for each 8 bytes, and the ecall itself 400.

            | number | name | target | rights | arguments | results | statuses | cost | what it does |
            |---:|---|---|---|---|---|---|---:|---|

            """);
        foreach (var row in InvocationTable.Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {(int)row.Number} | `{row.Name}` | {Dash(row.Target)} | {Dash(row.Rights)} | {List(row.Arguments)} | {List(row.Results)} | ");
            text.Append(CultureInfo.InvariantCulture, $"{List([.. row.Statuses.Select(s => s.ToString())])} | {row.Cost} | {row.Summary}{(row.MayWait ? " May wait." : "")} |\n");
        }

        return text.ToString().ReplaceLineEndings("\n");
    }

    private static string Dash<T>(T value)
        where T : struct, Enum => Convert.ToUInt64(value, CultureInfo.InvariantCulture) == 0 ? "–" : value.ToString();

    private static string List(string[] items) => items.Length == 0 ? "–" : string.Join(", ", items);
}

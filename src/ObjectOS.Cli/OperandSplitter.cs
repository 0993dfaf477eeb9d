using System.CommandLine;

namespace ObjectOS.Cli;

/// <summary>Options end at the first operand: everything from it on belongs to the guest, byte for byte.</summary>
internal static class OperandSplitter
{
    /// <summary>The index of the first operand among tokens that follow a command's name.</summary>
    public static int FindOperand(Command command, IReadOnlyList<string> tokens, int start)
    {
        for (int i = start; i < tokens.Count; i++)
        {
            string token = tokens[i];
            if (token == "--")
            {
                return i + 1;
            }

            if (token.Length < 2 || token[0] != '-')
            {
                return i;
            }

            var option = command.Options.FirstOrDefault(o => o.Name == token || o.Aliases.Contains(token));
            if (option is { Arity.MinimumNumberOfValues: > 0 })
            {
                i++;
            }
        }

        return tokens.Count;
    }
}

using System.CommandLine;

namespace ObjectOS.Cli;

internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        try
        {
            return await RunAsync(args).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // Nobody reads what the tool itself says any more.
            return ExitCodes.ToolFailed;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            await Console.Error.WriteLineAsync($"objectos: a bug of the tool: {e}").ConfigureAwait(false);
            return ExitCodes.ToolFailed;
        }
    }

    private static async Task<int> RunAsync(string[] args)
    {
        var run = new RunCommand();
        var tour = new TourCommand();
        var root = new RootCommand("Operating systems as objects: run programs in sandboxed cells of a kernel that is an object.")
        {
            run.Command,
            tour.Command,
        };
        string[] operands = [];
        if (args.Length > 0 && args[0] == run.Command.Name)
        {
            int operand = OperandSplitter.FindOperand(run.Command, args, 1);
            operands = args[operand..];
            args = [.. args[..operand].Where((a, i) => !(a == "--" && i == operand - 1))];
        }

        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Errors.Count > 0)
        {
            return Usage(parsed.Errors[0].Message);
        }

        run.Operands = operands;
        return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }).ConfigureAwait(false);
    }

    /// <summary>One sentence on standard error for wrong usage.</summary>
    public static int Usage(string sentence)
    {
        Console.Error.WriteLine($"objectos: {sentence.ReplaceLineEndings(" ").TrimEnd('.', ' ')}. See objectos --help.");
        return ExitCodes.WrongUsage;
    }
}

using ObjectOS.Versions;

// Standard output is the protocol's: whatever else writes to it would break the lines.
using var input = Console.OpenStandardInput();
using var output = Console.OpenStandardOutput();
Console.SetOut(Console.Error);
await new WorkerServer(WorkerCommands.Create()).RunAsync(input, output).ConfigureAwait(false);

using Embedder;

// Runs a scenario. Arguments: its number, the folder "images" of the repository, a folder with more guest programs.
// Ends with the line "ok" and exit code 0, or prints the failure.
var guests = new Guests(args[1], args[2]);
Func<Guests, Task> scenario = args[0] switch
{
    "1" => PipeScenario.RunAsync,
    "2" => NeighbourScenario.RunAsync,
    "3" => StreamScenario.RunAsync,
    "4" => OutputScenario.RunAsync,
    "5" => CancellationScenario.RunAsync,
    "6" => HostingScenario.RunAsync,
    "7" => ConsoleScenario.RunAsync,
    "8" => CrowdScenario.RunAsync,
    "9" => SoakScenario.RunAsync,
    _ => throw new ArgumentException($"There is no scenario {args[0]}."),
};
try
{
    await scenario(guests).WaitAsync(Limits.Seconds(80));
}
catch (Exception e)
{
    Console.Error.WriteLine(e);
    return 1;
}

Console.WriteLine("ok");
return 0;

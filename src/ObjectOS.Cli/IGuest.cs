namespace ObjectOS.Cli;

/// <summary>What a session runs: a program or a machine.</summary>
internal interface IGuest
{
    /// <summary>What it is called in messages and figures.</summary>
    string Name { get; }

    /// <summary>What its file should be, as in "a program's file".</summary>
    string Wanted { get; }

    /// <summary>Most bytes of memory of the OS object that it runs on.</summary>
    ulong SystemMemory { get; }

    /// <summary>Starts it.</summary>
    /// <param name="os">On what.</param>
    /// <param name="output">Where its standard output goes.</param>
    ValueTask<Cell> StartAsync(ObjectOs os, Stream output);

    /// <summary>Keeps what is wanted of its end beside the figures; a sentence where that cannot be done.</summary>
    string? Finish(RunResult result);
}

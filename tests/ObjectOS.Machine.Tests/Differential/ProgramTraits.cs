namespace ObjectOS.Machine.Tests.Differential;

/// <summary>What is particular about a random program.</summary>
[Flags]
internal enum ProgramTraits
{
    None = 0,

    /// <summary>frm stays 0.</summary>
    RoundsToNearest = 1,

    /// <summary>Some of its stores go to its own code, so that it ends anywhere and anyhow.</summary>
    StoresToCode = 2,
}

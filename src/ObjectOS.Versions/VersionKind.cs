namespace ObjectOS.Versions;

/// <summary>What a version replaces.</summary>
public enum VersionKind
{
    /// <summary>Nothing: the build of this process (<c>current</c>).</summary>
    Current,

    /// <summary>The same as the left side of a comparison (<c>left</c>); only a right side can be that.</summary>
    Left,

    /// <summary>The kernel (<c>kernel:PATH</c>).</summary>
    Kernel,

    /// <summary>The Linux personality, the service for virtual machines, or both (<c>services:PATH</c>).</summary>
    Services,

    /// <summary>What is booted and how (<c>boot:FILE</c>).</summary>
    Boot,

    /// <summary>The program (<c>program:FILE</c>).</summary>
    Program,
}

namespace ObjectOS.Machine;

/// <summary>How guest code is executed. What a guest can observe, counts included, is the same with each.</summary>
public enum Engine
{
    /// <summary>Code that is executed often is translated if the host allows it; the rest is interpreted.</summary>
    Auto,

    /// <summary>All code is interpreted.</summary>
    Interpreter,

    /// <summary>Code is translated when it is first executed, if the host allows it.</summary>
    Translator,
}

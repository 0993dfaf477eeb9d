namespace ObjectOS.Services.Vmm;

/// <summary>What the parts of a platform can do beside what any device can: they reach harts, and end the machine.</summary>
internal interface IPlatformHost
{
    /// <summary>How many harts there are.</summary>
    int Harts { get; }

    /// <summary>What the harts' time register shows, in ticks.</summary>
    ulong Ticks { get; }

    /// <summary>Has the time register of all harts go on from another time.</summary>
    void SetTicks(ulong ticks);

    /// <summary>Drives an interrupt line of a hart, numbered as in mip.</summary>
    void DriveLine(int hart, int line, bool level);

    /// <summary>Sets a hart's timer, in ticks of its time register; all ones: never.</summary>
    void SetTimer(int hart, ulong deadline);

    /// <summary>Ends the machine.</summary>
    void End(MachineEnd reason, ulong code);

    /// <summary>Starts the machine anew, or ends it where it is not to be.</summary>
    void Reset();
}

namespace ObjectOS.Services.Vmm;

/// <summary>Labels of the messages by which the host has virtual machines started and stopped; they come through the endpoint's capability without a badge.</summary>
public static class MachineProtocol
{
    /// <summary>
    /// Starts a machine. Words: offset and length of a saved <see cref="MachineRequest"/> in the memory object that comes along. Its files
    /// were handed over by <see cref="File"/> before. Whatever the answer is, the machine's end is told once it was understood.
    /// </summary>
    public const ulong Start = 1;

    /// <summary>Ends a machine at once. Word: the job.</summary>
    public const ulong Stop = 2;

    /// <summary>
    /// Hands over a file of a job that is going to be started. Words: job, <see cref="MachineFile"/>, length; the memory object that comes
    /// along (right to read) holds it from offset 0 on.
    /// </summary>
    public const ulong File = 3;

    /// <summary>Drops the files of a job that will not be started after all. Word: the job.</summary>
    public const ulong Drop = 4;

    /// <summary>Pauses the harts of a machine, or ends a pause. Words: the job, 1 to pause and 0 to resume.</summary>
    public const ulong Pause = 5;

    /// <summary>The code of <see cref="MachineEnd.Idle"/> if the console's input has ended; it is 0 otherwise.</summary>
    public const ulong InputEnded = 1;
}

/// <summary>What a file is to a virtual machine.</summary>
public enum MachineFile
{
    /// <summary>What is to run, told by its contents.</summary>
    Image = 0,

    /// <summary>Firmware that starts in machine mode.</summary>
    Bios = 1,

    /// <summary>A kernel that runs in supervisor mode.</summary>
    Kernel = 2,

    /// <summary>The first root file system of a kernel.</summary>
    Initrd = 3,

    /// <summary>The device tree that the guest gets instead of the generated one.</summary>
    DeviceTree = 4,
}

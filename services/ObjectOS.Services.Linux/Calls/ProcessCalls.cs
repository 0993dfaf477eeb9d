namespace ObjectOS.Services.Linux.Calls;

/// <summary>Processes: their numbers, groups and sessions, exit_group.</summary>
internal static class ProcessCalls
{
    public static CallResult GetId(LinuxCall call) => call.Process.Id;

    public static CallResult GetParent(LinuxCall call) => call.Process.Parent;

    public static CallResult ExitGroup(LinuxCall call)
    {
        call.System.EndProcess(call.Process, (call.Int(0) & 0xff) << 8);
        return CallResult.Gone;
    }

    private static LinuxProcess? Named(LinuxCall call) =>
        call.Int(0) == 0 ? call.Process : call.Job.Processes.GetValueOrDefault(call.Int(0));

    public static CallResult SetGroup(LinuxCall call)
    {
        if (Named(call) is not { } process)
        {
            return Errno.ESRCH;
        }

        process.GroupId = call.Int(1) == 0 ? process.Id : call.Int(1);
        return 0L;
    }

    public static CallResult GetGroup(LinuxCall call) => Named(call) is { } process ? process.GroupId : Errno.ESRCH;

    public static CallResult GetSession(LinuxCall call) => Named(call) is { } process ? process.SessionId : Errno.ESRCH;

    public static CallResult NewSession(LinuxCall call)
    {
        call.Process.GroupId = call.Process.SessionId = call.Process.Id;
        return call.Process.Id;
    }
}

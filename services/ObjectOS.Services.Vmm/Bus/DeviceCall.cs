namespace ObjectOS.Services.Vmm;

/// <summary>Calls into devices, which are trusted not to attack, but not to be correct: what one throws is a sentence, and its machine's end.</summary>
internal static class DeviceCall
{
    /// <summary>Makes a call. Empty: it returned; else which device threw what.</summary>
    /// <param name="device">The device's name.</param>
    /// <param name="call">The call.</param>
    /// <param name="status">What it returned; <see cref="DeviceStatus.Done"/> where it threw.</param>
    public static string Try(string device, Func<DeviceStatus> call, out DeviceStatus status)
    {
        try
        {
            status = call();
            return "";
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            status = DeviceStatus.Done;
            return $"device {device} failed: {e.GetType().Name}: {MessageOf(e)}";
        }
    }

    /// <summary>Makes a call that returns nothing. Empty: it returned; else which device threw what.</summary>
    public static string Try(string device, Action call) => Try(
        device,
        () =>
        {
            call();
            return DeviceStatus.Done;
        },
        out _);

    /// <summary>What an exception says, in one line. It may be a class of the embedding program's, too.</summary>
    public static string MessageOf(Exception exception)
    {
        try
        {
            return exception.Message.ReplaceLineEndings(" ");
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return "it has no message";
        }
    }
}

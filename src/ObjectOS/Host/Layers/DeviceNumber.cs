namespace ObjectOS.Host.Layers;

/// <summary>Numbers of devices as Linux's programs see them.</summary>
internal static class DeviceNumber
{
    /// <summary>The <c>dev_t</c> of a major and a minor number (linux/kdev_t.h, new_encode_dev).</summary>
    public static ulong Of(uint major, uint minor) => (minor & 0xff) | (major << 8) | ((minor & ~0xffu) << 12);
}

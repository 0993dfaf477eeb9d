namespace ObjectOS.Services.Linux;

/// <summary>Numbers of the Linux ABI that more than one family of calls uses (asm-generic headers; riscv64).</summary>
internal static class Linux
{
    public const int AtCurrentDirectory = -100;
    public const int AtEmptyPath = 0x1000;
    public const int AtNoFollow = 0x100;

    public const uint OpenAccess = 3;
    public const uint OpenWrite = 1;
    public const uint OpenReadWrite = 2;
    public const uint OpenCreate = 0x40;
    public const uint OpenExclusive = 0x80;
    public const uint OpenTruncate = 0x200;
    public const uint OpenAppend = 0x400;
    public const uint OpenNonBlocking = 0x800;
    public const uint OpenDataSync = 0x1000;
    public const uint OpenDirectory = 0x10000;
    public const uint OpenNoFollow = 0x20000;
    public const uint OpenCloseOnExec = 0x80000;
    public const uint OpenPath = 0x200000;
    public const uint OpenTemporary = 0x410000;

    public const uint UserId = 1000;
    public const uint GroupId = 1000;

    public const uint TypeDirectory = 0x4000;
    public const uint TypeDevice = 0x2000;
    public const uint TypeFile = 0x8000;
    public const uint TypeLink = 0xa000;
    public const uint TypePipe = 0x1000;
    public const uint TypeBlockDevice = 0x6000;
    public const uint TypeSocket = 0xc000;

    public const ulong NanosecondsPerSecond = 1_000_000_000;
}

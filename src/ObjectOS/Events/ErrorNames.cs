namespace ObjectOS.Events;

/// <summary>The names of Linux's error numbers (asm-generic/errno-base.h, errno.h).</summary>
internal static class ErrorNames
{
    private static readonly string[] Names =
    [
        "", "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD", "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK",
        "EBUSY", "EEXIST", "EXDEV", "ENODEV", "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC", "ESPIPE", "EROFS",
        "EMLINK", "EPIPE", "EDOM", "ERANGE", "EDEADLK", "ENAMETOOLONG", "ENOLCK", "ENOSYS", "ENOTEMPTY", "ELOOP",
    ];

    public static string Of(int number) => number switch
    {
        _ when number > 0 && number < Names.Length => Names[number],
        84 => "EILSEQ",
        95 => "EOPNOTSUPP",
        97 => "EAFNOSUPPORT",
        110 => "ETIMEDOUT",
        _ => $"error {number}",
    };
}

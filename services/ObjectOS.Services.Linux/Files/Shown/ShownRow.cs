using ObjectOS.Services.Files;

namespace ObjectOS.Services.Linux;

/// <summary>What a name that the service makes up is.</summary>
internal enum ShownShape : byte
{
    /// <summary>A directory.</summary>
    Listing,

    /// <summary>A file whose text is made when it is opened.</summary>
    Text,

    /// <summary>A file that shows words of a process's memory.</summary>
    Memory,

    /// <summary>A link whose text is made when a path names it.</summary>
    Link,

    /// <summary>The program that a process runs, where it is no file of the job's.</summary>
    Program,

    /// <summary>What a descriptor without an inode stands for.</summary>
    Descriptor,
}

/// <summary>A name in <c>/proc</c> or <c>/sys</c>.</summary>
/// <param name="Place">The directory that it is in: a path; <c>/proc/N</c> is the directory of any process or thread.</param>
/// <param name="Name">Its name.</param>
/// <param name="Shape">What it is.</param>
/// <param name="Text">Makes its text: a file's bytes or where a link leads.</param>
/// <param name="Mode">Its mode.</param>
internal sealed record ShownRow(string Place, string Name, ShownShape Shape, Func<ShownView, string>? Text = null, uint Mode = 0x124)
{
    /// <summary>The path that stands for it as a directory.</summary>
    public string Path => Place == "/" ? "/" + Name : Place + "/" + Name;

    public InodeKind Kind => Shape switch
    {
        ShownShape.Listing => InodeKind.Directory,
        ShownShape.Link => InodeKind.Link,
        _ => InodeKind.File,
    };

    /// <summary>Its kind in a listing (DT_ of readdir(3)).</summary>
    public byte ListedKind => Shape switch
    {
        ShownShape.Listing => 4,
        ShownShape.Link => 10,
        _ => 8,
    };
}

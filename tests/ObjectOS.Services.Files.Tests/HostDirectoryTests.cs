using System.Text;
using ObjectOS.Abi;
using ObjectOS.Services.Files.Host;

namespace ObjectOS.Services.Files.Tests;

public sealed class HostDirectoryTests : IDisposable
{
    private readonly string _outside = Directory.CreateTempSubdirectory("grant").FullName;
    private readonly string _root;
    private readonly HostDirectory _grant;
    private readonly HostDirectory _readOnly;

    public HostDirectoryTests()
    {
        _root = Path.Combine(_outside, "root");
        Directory.CreateDirectory(Path.Combine(_root, "sub"));
        File.WriteAllText(Path.Combine(_outside, "secret"), "secret");
        File.WriteAllText(Path.Combine(_root, "file"), "content");
        File.CreateSymbolicLink(Path.Combine(_root, "passwd"), "/etc/passwd");
        File.CreateSymbolicLink(Path.Combine(_root, "up"), "..");
        File.CreateSymbolicLink(Path.Combine(_root, "inside"), "sub/../file");
        File.CreateSymbolicLink(Path.Combine(_root, "absolute"), Path.Combine(_root, "file"));
        File.CreateSymbolicLink(Path.Combine(_root, "circle"), "circle");
        File.CreateSymbolicLink(Path.Combine(_root, "sub", "deep"), "../../secret");
        File.CreateSymbolicLink(Path.Combine(_root, "neighbour"), _root + "-other/x");
        _grant = new HostDirectory(_root, writable: true);
        _readOnly = new HostDirectory(_root, writable: false);
    }

    public void Dispose()
    {
        _grant.Dispose();
        _readOnly.Dispose();
        Directory.Delete(_outside, recursive: true);
    }

    [Theory]
    [InlineData("../secret")]
    [InlineData("sub/../../secret")]
    [InlineData("up/secret")]
    [InlineData("up/up/up/etc/passwd")]
    [InlineData("passwd")]
    [InlineData("sub/deep")]
    [InlineData("neighbour")]
    [InlineData("..")]
    [InlineData("sub/./.././..//secret")]
    public void Open_PathThatLeadsOut_AccessDenied(string path)
    {
        Open(path, HostOpenFlags.Read).Result.Should().Be(-(long)HostError.AccessDenied);
        Open(path, HostOpenFlags.Write | HostOpenFlags.Create).Result.Should().Be(-(long)HostError.AccessDenied);
        Do(HostFileOperation.Status, path).Result.Should().Be(-(long)HostError.AccessDenied);
        File.ReadAllText(Path.Combine(_outside, "secret")).Should().Be("secret");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("/file")]
    [InlineData("inside")]
    [InlineData("absolute")]
    [InlineData("sub/../file")]
    [InlineData("./././file")]
    public void Open_PathInside_ReadsTheFile(string path)
    {
        var opened = Open(path, HostOpenFlags.Read);
        opened.Result.Should().BePositive();
        HostFileStatus.TryRead(opened.Data.Span, out var status).Should().BeTrue();
        status.Size.Should().Be(7);
        var read = _grant.Execute(Request(HostFileOperation.Read, "", (ulong)opened.Result, 3, 100));
        Encoding.UTF8.GetString(read.Data.Span).Should().Be("tent");
    }

    [Fact]
    public void Open_LinkToItself_LinkLoop() => Open("circle", HostOpenFlags.Read).Result.Should().Be(-(long)HostError.LinkLoop);

    [Theory]
    [InlineData("a\0b")]
    [InlineData("file\0")]
    public void Open_NameWithZero_InvalidArgument(string path) => Open(path, HostOpenFlags.Read).Result.Should().Be(-(long)HostError.InvalidArgument);

    [Fact]
    public void RemoveFile_LinkThatLeadsOut_RemovesTheLinkOnly()
    {
        Do(HostFileOperation.RemoveFile, "sub/deep").Result.Should().Be(0);
        File.Exists(Path.Combine(_outside, "secret")).Should().BeTrue();
        Do(HostFileOperation.RemoveFile, "up/secret").Result.Should().Be(-(long)HostError.AccessDenied);
        Do(HostFileOperation.Rename, "file\0up/stolen").Result.Should().Be(-(long)HostError.AccessDenied);
    }

    [Fact]
    public void Root_RemovedOrRenamed_Busy()
    {
        Do(HostFileOperation.RemoveDirectory, "").Result.Should().Be(-(long)HostError.Busy);
        Do(HostFileOperation.RemoveDirectory, "sub/..").Result.Should().Be(-(long)HostError.Busy);
        Do(HostFileOperation.Rename, "\0x").Result.Should().Be(-(long)HostError.Busy);
    }

    [Fact]
    public void ReadOnlyGrant_AnyChange_ReadOnly()
    {
        foreach (var operation in (HostFileOperation[])
            [HostFileOperation.MakeDirectory, HostFileOperation.RemoveFile, HostFileOperation.RemoveDirectory, HostFileOperation.Rename, HostFileOperation.MakeLink,
             HostFileOperation.ChangeMode, HostFileOperation.SetTimes, HostFileOperation.SetHandleTimes, HostFileOperation.ChangeHandleMode, HostFileOperation.TruncatePath, HostFileOperation.Write, HostFileOperation.Truncate])
        {
            _readOnly.Execute(Request(operation, "file", 0, 0, 0)).Result.Should().Be(-(long)HostError.ReadOnly);
        }

        _readOnly.Execute(Request(HostFileOperation.Open, "new", (ulong)(HostOpenFlags.Write | HostOpenFlags.Create), 0x1a4, 0)).Result.Should().Be(-(long)HostError.ReadOnly);
        _readOnly.Execute(Request(HostFileOperation.Open, "file", (ulong)HostOpenFlags.Write, 0, 0)).Result.Should().Be(-(long)HostError.ReadOnly);
        File.ReadAllText(Path.Combine(_root, "file")).Should().Be("content");
        File.Exists(Path.Combine(_root, "new")).Should().BeFalse();
    }

    [Fact]
    public void ReadOnlyGrant_OpenThatEmpties_ReadOnly()
    {
        _readOnly.Execute(Request(HostFileOperation.Open, "file", (ulong)(HostOpenFlags.Read | HostOpenFlags.Truncate), 0, 0)).Result.Should().Be(-(long)HostError.ReadOnly);
        File.ReadAllText(Path.Combine(_root, "file")).Should().Be("content");
    }

    [Fact]
    public void Rename_OverAFileThatIsKept_ExistsAndChangesNothing()
    {
        File.WriteAllText(Path.Combine(_root, "other"), "other");
        _grant.Execute(Request(HostFileOperation.Rename, "file\0other", (ulong)HostRenameMode.KeepOld, 0, 0)).Result.Should().Be(-(long)HostError.Exists);
        File.ReadAllText(Path.Combine(_root, "file")).Should().Be("content");
        File.ReadAllText(Path.Combine(_root, "other")).Should().Be("other");
    }

    [Fact]
    public void FileWithASlash_OpenedRemovedOrMoved_NotDirectory()
    {
        Open("file/", HostOpenFlags.Write | HostOpenFlags.Truncate).Result.Should().Be(-(long)HostError.NotDirectory);
        Do(HostFileOperation.RemoveFile, "file/").Result.Should().Be(-(long)HostError.NotDirectory);
        Do(HostFileOperation.Rename, "file\0new/").Result.Should().Be(-(long)HostError.NotDirectory);
        Do(HostFileOperation.Status, "file/").Result.Should().Be(-(long)HostError.NotDirectory);
        File.ReadAllText(Path.Combine(_root, "file")).Should().Be("content");
    }

    [Fact]
    public void Open_NameOf256Bytes_NameTooLong() =>
        Open(new string('é', 128), HostOpenFlags.Write | HostOpenFlags.Create).Result.Should().Be(-(long)HostError.NameTooLong);

    [Fact]
    public void Open_LinkThatIsNotToBeFollowed_LinkLoop()
    {
        Open("inside", HostOpenFlags.Write | HostOpenFlags.Truncate | HostOpenFlags.NoFollow).Result.Should().Be(-(long)HostError.LinkLoop);
        File.ReadAllText(Path.Combine(_root, "file")).Should().Be("content");
    }

    [Fact]
    public void Write_NewFile_IsThere()
    {
        var made = Open("sub/new", HostOpenFlags.Write | HostOpenFlags.Create | HostOpenFlags.Exclusive);
        made.Result.Should().BePositive();
        _grant.Execute(Request(HostFileOperation.Write, "hello", (ulong)made.Result, 0, 0)).Result.Should().Be(5);
        _grant.Execute(Request(HostFileOperation.Write, "!", (ulong)made.Result, ulong.MaxValue, 0)).Result.Should().Be(1);
        _grant.Execute(Request(HostFileOperation.Close, "", (ulong)made.Result, 0, 0)).Result.Should().Be(0);
        File.ReadAllText(Path.Combine(_root, "sub", "new")).Should().Be("hello!");
        Open("sub/new", HostOpenFlags.Write | HostOpenFlags.Create | HostOpenFlags.Exclusive).Result.Should().Be(-(long)HostError.Exists);
        Do(HostFileOperation.RemoveDirectory, "sub").Result.Should().Be(-(long)HostError.NotEmpty);
    }

    [Fact]
    public void List_Directory_NamesInOrdinalOrder()
    {
        var listed = Do(HostFileOperation.List, "", first: 65536);
        NamesOf(listed).Should().Equal(Listed);
        listed.Result.Should().Be(Listed.Length);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    [InlineData(100)]
    public void List_PieceByPiece_TellsEachNameOnce(int room)
    {
        var names = new List<string>();
        for (var piece = NamesOf(Do(HostFileOperation.List, "\0", first: (ulong)room)); piece.Length > 0; piece = NamesOf(Do(HostFileOperation.List, "\0" + names[^1], first: (ulong)room)))
        {
            piece.Length.Should().BeLessThan(4);
            names.AddRange(piece);
            names.Count.Should().BeLessThanOrEqualTo(Listed.Length);
        }

        names.Should().Equal(Listed);
    }

    private static string[] Listed => ["absolute", "circle", "file", "inside", "neighbour", "passwd", "sub", "up"];

    private static string[] NamesOf(Completion listed) =>
        [.. Encoding.UTF8.GetString(listed.Data.Span).Split('\0', StringSplitOptions.RemoveEmptyEntries).Select(entry => entry[1..])];

    [Fact]
    public void Writable_BytesAndFilesAreLimited_AndWhatIsRemovedIsGivenBack()
    {
        using var grant = new HostDirectory(_root, true, mostBytes: 100, mostFiles: 2);
        long Do(HostFileOperation operation, string data, ulong a1 = 0, ulong a2 = 0) =>
            grant.Execute(new HostRequest(1, HostRequestKind.File, 0, (ulong)operation, a1, a2, 0, Encoding.UTF8.GetBytes(data))).Result;
        const ulong Made = (ulong)(HostOpenFlags.Read | HostOpenFlags.Write | HostOpenFlags.Create);
        ulong file = (ulong)Do(HostFileOperation.Open, "new", Made, 0x1a4);
        Do(HostFileOperation.Write, new string('x', 90), file).Should().Be(90);
        Do(HostFileOperation.Write, new string('x', 20), file, 90).Should().Be(10, "as much as there is room for is written");
        Do(HostFileOperation.Write, "x", file, 100).Should().Be(-(long)HostError.NoSpace);
        Do(HostFileOperation.Write, "again", file, 3).Should().Be(5, "nothing is added");
        Do(HostFileOperation.Truncate, "", file, 1UL << 40).Should().Be(-(long)HostError.NoSpace);
        Do(HostFileOperation.MakeDirectory, "directory").Should().Be(0);
        Do(HostFileOperation.MakeLink, "x\0link").Should().Be(-(long)HostError.NoSpace);
        Do(HostFileOperation.RemoveDirectory, "directory").Should().Be(0);
        Do(HostFileOperation.Rename, "new\0moved").Should().Be(0);
        Do(HostFileOperation.RemoveFile, "moved").Should().Be(0);
        ulong other = (ulong)Do(HostFileOperation.Open, "other", Made, 0x1a4);
        Do(HostFileOperation.Write, "x", other).Should().Be(-(long)HostError.NoSpace, "the bytes of what was removed are there while it is open");
        Do(HostFileOperation.Close, "", file).Should().Be(0);
        Do(HostFileOperation.Write, new string('x', 200), other).Should().Be(100);
        Do(HostFileOperation.Truncate, "", other, 0).Should().Be(0);
        Do(HostFileOperation.Write, "x", other, 99).Should().Be(1);
        Do(HostFileOperation.Write, "x", other, 100).Should().Be(-(long)HostError.NoSpace);
    }

    [Fact]
    public void Execute_RandomPaths_NeverThrowsNorLeavesTheGrant()
    {
        var random = new Random(4711);
        string[] parts = ["..", ".", "", "up", "sub", "file", "deep", "passwd", "secret", "root", "absolute", "neighbour", "\uD800", new string('x', 300), "~", "*", "?", "\\"];
        for (int i = 0; i < ObjectOS.Tests.TestScale.Of(3000); i++)
        {
            string path = string.Join('/', Enumerable.Range(0, random.Next(1, 7)).Select(_ => parts[random.Next(parts.Length)]));
            var opened = Open(path, HostOpenFlags.Read);
            if (opened.Result > 0)
            {
                var read = _grant.Execute(Request(HostFileOperation.Read, "", (ulong)opened.Result, 0, 100));
                Encoding.UTF8.GetString(read.Data.Span).Should().NotContain("secret", "seed 4711, path {0}", path).And.NotContain("root:");
                _grant.Execute(Request(HostFileOperation.Close, "", (ulong)opened.Result, 0, 0));
            }
        }
    }

    private Completion Open(string path, HostOpenFlags flags) => _grant.Execute(Request(HostFileOperation.Open, path, (ulong)flags, 0x1a4, 0));

    private Completion Do(HostFileOperation operation, string path, ulong first = 0) => _grant.Execute(Request(operation, path, first, 0, 0));

    private static HostRequest Request(HostFileOperation operation, string data, ulong a1, ulong a2, ulong a3) =>
        new(1, HostRequestKind.File, 0, (ulong)operation, a1, a2, a3, Encoding.UTF8.GetBytes(data));
}

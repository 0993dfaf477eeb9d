using System.Text;
using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Tests;

public sealed class FileTreeTests
{
    private readonly FileTree _tree = new(1 << 20, 1);

    private static byte[] Read(Inode file, ulong count)
    {
        file.Read(0, count, out byte[] bytes).Should().Be(KernelStatus.Ok);
        return bytes;
    }

    public FileTreeTests()
    {
        _tree.MakePath("/a/b", 1);
        _tree.Make(_tree.MakePath("/a", 1), "link", InodeKind.Link, 0x1ff, 1, "b/../b");
        _tree.Make(_tree.Root, "circle", InodeKind.Link, 0x1ff, 1, "/circle");
        _tree.Mount(new FileGrant(7, "/mnt/host", true), 1);
    }

    [Theory]
    [InlineData("/a/link", "/a/b")]
    [InlineData("/a/./link/../link/", "/a/b")]
    [InlineData("/../../a/b", "/a/b")]
    [InlineData("/mnt/host/../../a/b", "/a/b")]
    [InlineData("//a//b", "/a/b")]
    public void Find_DirectoryInMemory_FullPath(string path, string full)
    {
        var found = PathWalk.Find(_tree, path, true);
        found.Error.Should().Be((HostError)0);
        found.FullPath.Should().Be(full);
        found.Node!.Kind.Should().Be(InodeKind.Directory);
    }

    [Theory]
    [InlineData("/mnt/host", "")]
    [InlineData("/mnt/host/x/./y/../z", "x/z")]
    [InlineData("/mnt/host/..//host/q", "q")]
    public void Find_PathInGrant_HostPath(string path, string hostPath)
    {
        var found = PathWalk.Find(_tree, path, true);
        found.IsHost.Should().BeTrue();
        found.HostPath.Should().Be(hostPath);
    }

    [Fact]
    public void Find_Circle_LinkLoop() => PathWalk.Find(_tree, "/circle/x", true).Error.Should().Be(HostError.LinkLoop);

    [Fact]
    public void TryWrite_BeyondLimit_RefusedAndUnchanged()
    {
        var file = _tree.Make(_tree.Root, "file", InodeKind.File, 0x1a4, 1);
        _tree.Write(file, 0, "hello"u8, 2).Should().Be(KernelStatus.Ok);
        ulong used = _tree.Used;
        _tree.Write(file, 5, new byte[1 << 20], 3).Should().Be(KernelStatus.MemoryExhausted);
        _tree.Write(file, ulong.MaxValue - 5, "x"u8, 3).Should().Be(KernelStatus.InvalidArgument);
        _tree.Used.Should().Be(used);
        Encoding.UTF8.GetString(Read(file, 100)).Should().Be("hello");
    }

    [Fact]
    public void Remove_OpenFile_BytesLiveUntilClosed()
    {
        ulong before = _tree.Used;
        var file = _tree.Make(_tree.Root, "file", InodeKind.File, 0x1a4, 1);
        _tree.Write(file, 0, new byte[5000], 2).Should().Be(KernelStatus.Ok);
        file.Opens++;
        _tree.Remove(_tree.Root, "file", 3);
        Read(file, 5000).Length.Should().Be(5000);
        file.Opens--;
        _tree.Settle(file);
        _tree.Used.Should().Be(before);
    }

    [Fact]
    public void SaveRestore_Tree_SameBytes()
    {
        var file = _tree.Make(_tree.Root, "file", InodeKind.File, 0x1a4, 1);
        _tree.Write(file, 3, "hello"u8, 2);
        byte[] first = Save(_tree);
        var restored = new FileTree(1 << 20, 9);
        restored.Restore(new BinaryReader(new MemoryStream(first)));
        Save(restored).Should().Equal(first);
        Read(PathWalk.Find(restored, "/file", true).Node!, 99).Should().Equal("\0\0\0hello"u8.ToArray());
    }

    [Fact]
    public void Tree_DeeperThanTheHostsStack_IsSavedAndRestored()
    {
        const int Depth = 300_000;
        var tree = new FileTree(1UL << 30, 1);
        var at = tree.Root;
        for (int i = 0; i < Depth; i++)
        {
            at = tree.Make(at, "d", InodeKind.Directory, 0x1ff, 1);
        }

        byte[] state = Save(tree);
        var restored = new FileTree(1UL << 30, 1);
        restored.Restore(new BinaryReader(new MemoryStream(state))).Should().HaveCount(Depth + 1);
        Save(restored).Should().Equal(state);
    }

    [Fact]
    public void Links_WithLongTargets_CountAsWhatTheyHold()
    {
        var tree = new FileTree(1 << 20, 1);
        string target = new('t', 4095);
        int made = 0;
        for (; tree.HasRoomFor($"l{made}", target); made++)
        {
            tree.Make(tree.Root, $"l{made}", InodeKind.Link, 0x1ff, 1, target);
        }

        made.Should().Be((1 << 20) / (320 + 8190 + 6));
        for (int i = 0; i < made; i++)
        {
            tree.Remove(tree.Root, $"l{i}", 2);
        }

        tree.Used.Should().Be(0);
    }

    private static byte[] Save(FileTree tree)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        tree.Save(writer, []);
        writer.Flush();
        return stream.ToArray();
    }
}

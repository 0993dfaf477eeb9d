using ObjectOS.Abi;

namespace ObjectOS.Services.Files.Tests;

/// <summary>Layers, their index, and trees over them.</summary>
public sealed class LayerTests
{
    private static LayerNode File(uint number, ulong length = 3) => new() { Kind = LayerNodeKind.File, Mode = 0x1a4, FileNumber = number, Length = length };

    private static LayerNode Sample()
    {
        var builder = new LayerBuilder();
        builder.TryAdd("b/two", File(2)).Should().BeTrue();
        builder.TryAdd("b/one", File(1)).Should().BeTrue();
        builder.TryAdd("b/again", builder.Find("b/one")!).Should().BeTrue();
        builder.TryAdd("a", new LayerNode { Kind = LayerNodeKind.Link, Mode = 0x1ff, Target = "b/one" }).Should().BeTrue();
        builder.TryAdd("b", new LayerNode { Kind = LayerNodeKind.Directory, Mode = 0x1c0, UserId = 5, GroupId = 6, ModifyTime = -7 }).Should().BeTrue();
        builder.TryAdd("n\u00ff", new LayerNode { Kind = LayerNodeKind.CharacterDevice, Device = 0x103 }).Should().BeTrue();
        builder.TryAdd("a/x", File(3)).Should().BeFalse("a link is no directory");
        return builder.Build(2);
    }

    private static FileTree TreeOver(params LayerNode[] roots)
    {
        var layers = roots.Select((root, i) =>
        {
            var layer = new Layer((ulong)i + 1, []);
            layer.Append(LayerIndex.Write(root));
            layer.Open();
            return layer;
        }).ToArray();
        return new FileTree(1 << 20, 1, default, null, layers);
    }

    private static string Names(FileTree tree, string path) => string.Join(' ', tree.List(PathWalk.Find(tree, path, true).Node!, null).Select(entry => entry.Name));

    [Fact]
    public void Index_WrittenAndRead_IsTheSame()
    {
        byte[] first = LayerIndex.Write(Sample());
        var read = LayerIndex.Read(first);
        LayerIndex.Write(read).Should().Equal(first);
        read.Children.Select(node => node.Name).Should().Equal("a", "b", "n\u00ff");
        read.TryFind("b", out var directory).Should().BeTrue();
        (directory.Mode, directory.UserId, directory.GroupId, directory.ModifyTime).Should().Be((0x1c0u, 5u, 6u, -7L));
        directory.TryFind("again", out var again).Should().BeTrue();
        (again.FileNumber, again.Links, again.Length).Should().Be((1u, 2u, 3UL));
        directory.ChildrenAfter("again").Select(node => node.Name).Should().Equal("one", "two");
    }

    [Fact]
    public void Index_Damaged_IsRefusedOrRead()
    {
        const int Seed = 20261201;
        var random = new Random(Seed);
        byte[] whole = LayerIndex.Write(Sample());
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (int changes = random.Next(1, 4); changes > 0; changes--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            var read = () => LayerIndex.Read(damaged.AsSpan(0, random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length));
            try
            {
                read();
            }
            catch (InvalidDataException e)
            {
                e.Message.Should().NotBeEmpty("seed {0}", Seed);
            }
        }
    }

    [Fact]
    public void Tree_OverTwoLayers_MergesDirectories()
    {
        var upper = new LayerBuilder();
        upper.TryAdd("b/three", File(1, 9)).Should().BeTrue();
        upper.TryAdd("b/two", File(2, 8)).Should().BeTrue();
        var tree = TreeOver(upper.Build(2), Sample());
        Names(tree, "/b").Should().Be("again one three two");
        PathWalk.Find(tree, "/b/two", true).Node!.Length.Should().Be(8);
        PathWalk.Find(tree, "/a", true).Node!.Should().BeSameAs(PathWalk.Find(tree, "/b/again", true).Node);
    }

    [Fact]
    public void Tree_ChangedSavedAndRestored_ShowsTheSame()
    {
        var tree = TreeOver(Sample());
        var directory = PathWalk.Find(tree, "/b", true).Node!;
        tree.Remove(directory, "one", 2);
        tree.Rename(directory, "two", tree.Root, "moved", 3);
        tree.Make(directory, "fresh", InodeKind.File, 0x1a4, 4);
        Names(tree, "/b").Should().Be("again fresh");
        PathWalk.Find(tree, "/b/again", true).Node!.Links.Should().Be(1);
        byte[] state = Save(tree);
        var restored = TreeOver(Sample());
        restored.Restore(new BinaryReader(new MemoryStream(state)));
        Save(restored).Should().Equal(state);
        (Names(restored, "/"), Names(restored, "/b")).Should().Be(("a b moved n\u00ff", "again fresh"));
    }

    [Fact]
    public void Tree_AllRemovedAgain_HoldsWhatItHeld()
    {
        var tree = TreeOver(Sample());
        ulong before = tree.Used;
        var made = tree.Make(tree.Root, "d", InodeKind.Directory, 0x1ed, 1);
        tree.Link(made, "f", tree.Make(tree.Root, "f", InodeKind.File, 0x1a4, 1), 1);
        tree.Write(PathWalk.Find(tree, "/f", true).Node!, 0, "hello"u8, 2).Should().Be(KernelStatus.Ok);
        tree.SetAttribute(made, "user.a", [1, 2, 3], 2);
        tree.Exchange(tree.Root, "f", tree.Root, "d", 3);
        Names(tree, "/f").Should().Be("f");
        tree.Remove(PathWalk.Find(tree, "/f", true).Node!, "f", 4);
        tree.Remove(tree.Root, "d", 4);
        tree.Remove(tree.Root, "f", 4);
        tree.Used.Should().Be(before);
    }

    [Theory]
    [InlineData(1000u, FileAccessRights.Read, true)]
    [InlineData(1000u, FileAccessRights.Write, false)]
    [InlineData(7u, FileAccessRights.Read, false)]
    [InlineData(0u, FileAccessRights.Write, true)]
    [InlineData(0u, FileAccessRights.Execute, false)]
    public void Credentials_OfAFile_MayAsItsModeSays(uint user, FileAccessRights wanted, bool may)
    {
        var tree = new FileTree(1 << 20, 1, new FileOwner(1000, 1000));
        var file = tree.Make(tree.Root, "f", InodeKind.File, 0x120, 1);
        new Credentials(user, user, []).May(file, wanted).Should().Be(may);
        new Credentials(7, 7, [1000]).May(file, FileAccessRights.Read).Should().BeTrue("a further group is its group, and 0440 lets that read");
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

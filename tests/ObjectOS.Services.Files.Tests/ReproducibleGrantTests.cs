using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using ObjectOS.Abi;
using ObjectOS.Services.Files.Host;

namespace ObjectOS.Services.Files.Tests;

/// <summary>Grants whose files look the same in every run: nothing of the host's file system shows but names and contents.</summary>
public sealed class ReproducibleGrantTests : IDisposable
{
    private const ulong Room = 1 << 20;

    private readonly string _root = Directory.CreateTempSubdirectory("reproducible").FullName;
    private readonly StubbornCalls _host = new();
    private readonly HostDirectory _grant;

    public ReproducibleGrantTests() => _grant = new HostDirectory(_root, writable: true, new ReproducibleFileCalls(_host, start: 0, shown: 77), Room);

    public void Dispose()
    {
        _grant.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void FreeSpace_IsWhatTheLimitLeaves()
    {
        RoomOf("").Should().Equal(Room, Room, Room);
        ulong handle = Make("file");
        Ask(HostFileOperation.Write, new string('x', 5000), handle);
        RoomOf("file").Should().Equal(Room, Room - 5000, Room - 5000);
        Ask(HostFileOperation.RemoveFile, "file");
        RoomOf("").Should().Equal([Room, Room - 5000, Room - 5000], "a handle still holds the file");
        Ask(HostFileOperation.Close, "", handle);
        RoomOf("").Should().Equal(Room, Room, Room);
    }

    [Fact]
    public void InodeNumber_ThatTheHostUsesAgain_IsANewOne()
    {
        // The stub gives every file the number 5, as a host may that uses a number again.
        ulong first = Make("first");
        StatusOf("first").Inode.Should().Be(1);
        Ask(HostFileOperation.Close, "", first);
        StatusOf("first").Inode.Should().Be(1);
        Ask(HostFileOperation.RemoveFile, "first");
        ulong second = Make("second");
        StatusOf("second").Inode.Should().Be(2);
        Ask(HostFileOperation.RemoveFile, "second");
        var open = _grant.Execute(Request(HostFileOperation.HandleStatus, "", second));
        HostFileStatus.TryRead(open.Data.Span, out var held).Should().BeTrue();
        held.Inode.Should().Be(2, "an open file stays the same file");
        Ask(HostFileOperation.Close, "", second);
        Make("third");
        StatusOf("third").Inode.Should().Be(3);
    }

    [Fact]
    public void Directory_HasOneLinkAndOneSize_WhateverTheHostSays()
    {
        Ask(HostFileOperation.MakeDirectory, "a");
        Ask(HostFileOperation.MakeDirectory, "a/b");
        var status = StatusOf("a");
        (status.Links, status.Size, status.ModifyTime).Should().Be((1U, 4096UL, 77L));
    }

    private ulong Make(string name) => (ulong)Ask(HostFileOperation.Open, name, (ulong)(HostOpenFlags.Write | HostOpenFlags.Create), 0x1a4).Result;

    private HostFileStatus StatusOf(string name)
    {
        HostFileStatus.TryRead(Ask(HostFileOperation.Status, name).Data.Span, out var status).Should().BeTrue();
        return status;
    }

    private ulong[] RoomOf(string path)
    {
        var data = Ask(HostFileOperation.FileSystemStatus, path).Data;
        return [.. Enumerable.Range(0, 3).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(data.Span[(i * 8)..]))];
    }

    private Completion Ask(HostFileOperation operation, string data, ulong first = 0, ulong second = 0)
    {
        var answer = _grant.Execute(Request(operation, data, first, second));
        answer.Result.Should().BeGreaterThanOrEqualTo(0, "{0} {1}", operation, data);
        return answer;
    }

    private static HostRequest Request(HostFileOperation operation, string data, ulong first = 0, ulong second = 0) =>
        new(1, HostRequestKind.File, 0, (ulong)operation, first, second, 0, Encoding.UTF8.GetBytes(data));

    /// <summary>A host whose files all have one inode number, and whose directories have as many links as it likes.</summary>
    private sealed class StubbornCalls : IFileCalls
    {
        private readonly PortableFileCalls _calls = new();

        public HostError Rename(string from, string to, HostRenameMode mode) => _calls.Rename(from, to, mode);

        public SafeFileHandle? OpenDirectory(string path) => _calls.OpenDirectory(path);

        public HostError Synchronize(SafeFileHandle handle) => _calls.Synchronize(handle);

        public HostError SynchronizeAll(SafeFileHandle handle) => _calls.SynchronizeAll(handle);

        public HostError Append(SafeFileHandle handle, ReadOnlyMemory<byte> data, out long written, out long end) => _calls.Append(handle, data, out written, out end);

        public HostError SetTimes(SafeFileHandle handle, long access, long modify) => _calls.SetTimes(handle, access, modify);

        public HostError SetTimes(string path, long access, long modify) => _calls.SetTimes(path, access, modify);

        public bool TryStatus(SafeFileHandle handle, out HostFileStatus status)
        {
            status = new HostFileStatus(HostFileKind.File, 0x1a4, 0, 1, 5, 1, 1, 1);
            return true;
        }

        public bool TryStatus(string path, out HostFileStatus status)
        {
            bool isDirectory = Directory.Exists(path);
            status = new HostFileStatus(isDirectory ? HostFileKind.Directory : HostFileKind.File, 0x1ed, isDirectory ? 123UL : (ulong)(File.Exists(path) ? new FileInfo(path).Length : 0), 1, isDirectory ? 6UL : 5, isDirectory ? 9U : 1, 1, 1);
            return isDirectory || File.Exists(path);
        }
    }
}

using ObjectOS.Testing.Comparing;

namespace ObjectOS.Tests.Versions;

/// <summary>Scenarios that write to a granted directory: what a guest can ask of it does not depend on the host.</summary>
public sealed class ReproducibleFilesTests
{
    /// <summary>Shows all that the file calls say of a granted directory, and changes it.</summary>
    private const string Looker = """
        #include <dirent.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <sys/stat.h>
        #include <sys/statvfs.h>
        #include <unistd.h>
        static void look(const char *path) {
            struct stat s;
            int failed = lstat(path, &s);
            printf("%s: %d %lu %lu %o %lu %ld %ld %ld.%ld %ld.%ld %ld.%ld\n", path, failed, s.st_dev, s.st_ino, s.st_mode, s.st_nlink, s.st_size, s.st_blocks,
                   s.st_mtim.tv_sec, s.st_mtim.tv_nsec, s.st_atim.tv_sec, s.st_atim.tv_nsec, s.st_ctim.tv_sec, s.st_ctim.tv_nsec);
        }
        static void room(void) {
            struct statvfs v;
            int failed = statvfs("/w", &v);
            printf("%d %lu %lu %lu %lu %lu\n", failed, v.f_blocks, v.f_bfree, v.f_bavail, v.f_files, v.f_ffree);
        }
        int main(void) {
            const char *there[] = {"/w", "/w/sub", "/w/link", "/w/file"};
            for (int i = 0; i < 4; i++)
                look(there[i]);
            room();
            for (int i = 0; i < 20; i++) {
                char name[40];
                sprintf(name, "/w/f%d", i);
                int file = open(name, O_CREAT | O_WRONLY, 0644);
                for (int j = 0; j < 8; j++)
                    write(file, there, 512);
                close(file);
                look(name);
                if (i % 3)
                    unlink(name);
            }
            room();
            mkdir("/w/sub/new", 0755);
            look("/w/sub");
            DIR *d = opendir("/w");
            for (struct dirent *e; (e = readdir(d)) != 0;)
                printf("%lu %d %s\n", e->d_ino, e->d_type, e->d_name);
            return 0;
        }
        """;

    [NeedsFact(CrossProgram.Compiler)]
    public async Task WritableDirectory_LooksTheSameInEachRun_WhateverTheHostDoesMeanwhile()
    {
        string folder = Directory.CreateTempSubdirectory("objectos-test-").FullName;
        string other = Path.GetTempFileName();
        try
        {
            Directory.CreateDirectory(Path.Combine(folder, "sub"));
            await File.WriteAllTextAsync(Path.Combine(folder, "file"), "content");
            File.CreateSymbolicLink(Path.Combine(folder, "link"), "file");
            using var program = await CrossProgram.MakeAsync(Looker, "-O2");
            var scenario = new Scenario { Program = program.Path, Directories = [new DirectoryGrant(folder, "/w", Writable: true) { AddedBytes = 1 << 20 }] };
            var version = new LocalVersion("one");
            var before = await version.RunAsync(scenario, new SideRequest());
            await File.WriteAllBytesAsync(other, new byte[8 << 20]);
            var after = await version.RunAsync(scenario, new SideRequest());
            (before.End, before.ExitCode).Should().Be(("Exited", 0));
            before.Output.Should().Contain("0 256 256 256 ").And.Contain("\n0 256 249 249 ", "seven files of a page each are left");
            after.Output.Should().Be(before.Output);
            after.StateHash.Should().Be(before.StateHash);
            (await Comparison.RunAsync(version, version, [scenario])).ExitCode.Should().Be(0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
            File.Delete(other);
        }
    }
}

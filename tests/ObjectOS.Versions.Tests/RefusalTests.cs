using System.IO.Compression;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ObjectOS.Tests.Versions;

/// <summary>What cannot be loaded, or is not to be, gets one sentence; nothing of it is loaded.</summary>
public sealed class RefusalTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("objectos-refusal-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Kernel_OfANewerContract_IsRefused()
    {
        string path = Assemblies.WithReference(Builds.AssemblyOf(Builds.RoundRobin), _folder, "ObjectOS.Cpu", new Version(0, 2));
        Sentence("kernel:" + path).Should().Be($"{path}: made for contract 0.2, here is 0.1");
    }

    [Fact]
    public void Kernel_OfAnotherMajorContract_IsRefused()
    {
        string path = Assemblies.WithReference(Builds.AssemblyOf(Builds.RoundRobin), _folder, "ObjectOS.Abi", new Version(1, 0));
        Sentence("kernel:" + path).Should().Be($"{path}: made for contract 1.0, here is 0.1");
    }

    [Fact]
    public void Kernel_OfANewerRuntime_IsRefused()
    {
        string path = Assemblies.WithReference(Builds.AssemblyOf(Builds.RoundRobin), _folder, "System.Runtime", new Version(99, 0));
        Sentence("kernel:" + path).Should().Be($"{path}: made for .NET 99, here is .NET {Environment.Version.Major}");
    }

    [Fact]
    public void Path_OfNothing_IsRefused()
    {
        string path = Path.Combine(_folder, "absent");
        Sentence("kernel:" + path).Should().Be($"{path}: No such file or directory");
        Sentence("services:" + path + "/x.dll").Should().Be($"{path}/x.dll: No such file or directory");
        Sentence("program:" + path).Should().Be($"{path}: No such file or directory");
        Sentence("boot:" + path).Should().Be($"{path}: No such file or directory");
    }

    [Fact]
    public void Folder_WithoutABuild_IsRefused()
    {
        Sentence("kernel:" + _folder).Should().Be($"{_folder}: the folder has neither an assembly nor a package");
        File.Copy(typeof(Abi.Call).Assembly.Location, Path.Combine(_folder, "ObjectOS.Abi.dll"));
        Sentence("kernel:" + _folder).Should().Be($"{_folder}: has no kernel: no public class in it implements IKernelFactory");
        Sentence("services:" + _folder).Should().Be(
            $"{_folder}: has no services: no public class in it implements ILinuxFactory or IVmmFactory");
    }

    [Fact]
    public void File_OfAnotherKind_IsRefused()
    {
        string path = Path.Combine(_folder, "text.dll");
        File.WriteAllText(path, "no assembly");
        Sentence("kernel:" + path).Should().Be($"{path}: neither an assembly nor a package");
        File.WriteAllBytes(path, [.. "MZ"u8, .. new byte[500]]);
        Sentence("kernel:" + path).Should().StartWith($"{path}: ").And.NotContain("\n");
        Sentence("program:" + _folder).Should().Be($"{_folder}: Is a directory");
        File.WriteAllBytes(path, [.. "PK"u8, .. new byte[500]]);
        Sentence("kernel:" + path).Should().StartWith($"{path}: a damaged package: ").And.NotContain("\n");
    }

    [Fact]
    public void Folder_WithTwoKernels_IsRefused()
    {
        File.Copy(Builds.AssemblyOf(Builds.RoundRobin), Path.Combine(_folder, "A.dll"));
        File.Copy(Builds.AssemblyOf(Builds.StarvingScheduler), Path.Combine(_folder, "B.dll"));
        Sentence("kernel:" + _folder).Should().Be(
            $"{_folder}: has ObjectOS.KernelFactory in RoundRobin and ObjectOS.KernelFactory in StarvingScheduler; one IKernelFactory is wanted");
    }

    [Fact]
    public void Services_WithoutWhatTheyReferTo_AreRefused()
    {
        string path = Path.Combine(_folder, "ObjectOS.Services.Linux.dll");
        File.Copy(Path.Combine(Builds.Linux, "ObjectOS.Services.Linux.dll"), path);
        Sentence("services:" + path).Should().MatchRegex($"^{path}: refers to ObjectOS.Services.[A-Z][a-z]+, which is not next to it$");
    }

    [Fact]
    public void Package_OfAKernel_IsLoaded()
    {
        string path = Package("ObjectOS.Kernel.1.2.3.nupkg", "lib/net10.0/RoundRobin.dll",
            File.ReadAllBytes(Builds.AssemblyOf(Builds.RoundRobin)));
        using var version = Builds.Load("kernel:" + path);
        version.Kernel!.GetType().Assembly.GetName().Name.Should().Be("RoundRobin");
    }

    [Fact]
    public void Packages_OfServices_FindEachOther()
    {
        foreach (string name in (string[])["Linux", "Programs", "Console", "Files"])
        {
            Package($"ObjectOS.Services.{name}.0.1.0.nupkg", $"lib/net10.0/ObjectOS.Services.{name}.dll",
                File.ReadAllBytes(Path.Combine(Builds.Linux, $"ObjectOS.Services.{name}.dll")));
        }

        using var version = Builds.Load("services:" + Path.Combine(_folder, "ObjectOS.Services.Linux.0.1.0.nupkg"));
        version.Linux.Should().NotBeNull();
        using var all = Builds.Load("services:" + _folder);
        all.Linux.Should().NotBeNull();
    }

    [Fact]
    public void Package_WithoutAKernelOrForAnotherFramework_IsRefused()
    {
        string path = Package("A.1.0.0.nupkg", "README.md", [1]);
        Sentence("kernel:" + path).Should().Be($"{path}: has no kernel: no public class in it implements IKernelFactory");
        path = Package("B.1.0.0.nupkg", "lib/net99.0/B.dll", [1]);
        Sentence("kernel:" + path).Should().Be($"{path}: made for net99.0, here is net{Environment.Version.Major}.0");
    }

    [Fact]
    public void PlatformInvoke_IsRefused()
    {
        string path = Assemblies.Write(_folder, type => type.DefinePInvokeMethod(
            "getpid", "libc", MethodAttributes.Public | MethodAttributes.Static | MethodAttributes.PinvokeImpl,
                CallingConventions.Standard, typeof(int), [], CallingConvention.Cdecl, CharSet.Ansi));
        Sentence("kernel:" + path).Should().Be($"{path}: calls the native function getpid of libc by P/Invoke");
    }

    [Fact]
    public void Pointers_AreRefused()
    {
        Refused(type => type.DefineField("Raw", typeof(int*), FieldAttributes.Private)).Should().Be(
            "holds unsafe code: the field Made.Factory.Raw is a pointer");
        Refused(type => type.Method(il => il.DeclareLocal(typeof(byte*)))).Should().Be("holds unsafe code: Made.Factory.Does");
        Refused(type => type.DefineMethod("Takes", MethodAttributes.Public | MethodAttributes.Static, typeof(void),
            [typeof(void*)]).GetILGenerator().Emit(OpCodes.Ret))
            .Should().Be("holds unsafe code: Made.Factory.Takes");
        Refused(type => type.Method(il =>
        {
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Conv_U);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Ldc_I4_0);
            il.Emit(OpCodes.Initblk);
        })).Should().Be("holds unsafe code: Made.Factory.Does");
    }

    [Fact]
    public void ReferencesThatAreNotAllowed_AreRefused()
    {
        Refused(type => type.Method(il => il.EmitCall(OpCodes.Call, typeof(File).GetMethod(nameof(File.Delete))!, null))).Should().Be(
            "uses System.IO.File, which a kernel may not");
        Refused(type => type.Method(il =>
            il.EmitCall(OpCodes.Call,
            typeof(System.Diagnostics.Process).GetMethod(nameof(System.Diagnostics.Process.GetCurrentProcess))!, null)))
            .Should().Be("uses System.Diagnostics.Process, which a kernel may not");
        Refused(type => type.Method(il =>
            il.EmitCall(OpCodes.Call, typeof(Environment).GetMethod(nameof(Environment.Exit))!, null))).Should().Be(
            "uses System.Environment.Exit, which a kernel may not");
        Refused(type => type.Method(il =>
            il.EmitCall(OpCodes.Call, typeof(Type).GetMethod(nameof(Type.GetType), [typeof(string)])!, null))).Should().Be(
            "uses System.Type.GetType, which a kernel may not");
        Refused(type => type.Method(il =>
            il.EmitCall(OpCodes.Call, typeof(Unsafe).GetMethod(nameof(Unsafe.SkipInit))!.MakeGenericMethod(typeof(int)), null)))
            .Should().Be("Made.Factory.Does uses System.Runtime.CompilerServices.Unsafe.SkipInit, which only compiler-made code may");
        Refused(type => type.Method(il =>
            il.EmitCall(OpCodes.Call, typeof(ObjectOs).GetProperty(nameof(ObjectOs.Path))!.GetMethod!, null))).Should().Be(
            "refers to ObjectOS, which belongs to the host");
    }

    [Fact]
    public void Assembly_ThatIsDamaged_IsCheckedOrRefusedInASentence()
    {
        // Checked only: what passes with a changed constant is sound, but code that was hit is not worth running in this process.
        byte[] good = File.ReadAllBytes(Builds.AssemblyOf(Builds.RoundRobin));
        string path = Path.Combine(_folder, "Damaged.dll");
        int refused = 0;
        for (int seed = 0; seed < TestScale.Of(200); seed++)
        {
            var random = new Random(seed);
            byte[] bytes = [.. good];
            for (int i = 0; i <= seed % 8; i++)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            // Most of the file is code, where a change need not be one that shows.
            bytes = seed % 5 == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
            File.WriteAllBytes(path, bytes);
            try
            {
                new BuildClosure().Add(new BuildFile(path, bytes, null), BuildFiles.Open(path), isService: false);
                LoadedBuild.Find(BuildFiles.Open(path), isService: false, [typeof(Cpu.IKernelFactory)]);
            }
            catch (VersionException e)
            {
                refused++;
                e.Message.Should().StartWith(path + ": ", "seed {0}", seed).And.NotContain("\n");
            }
        }

        refused.Should().BePositive();
    }

    private static string Sentence(string text)
    {
        VersionSpec.TryParse(text, out var spec, out string problem).Should().BeTrue(problem);
        return FluentActions.Invoking(() => VersionLoader.Load(spec!)).Should().Throw<VersionException>().Which.Message;
    }

    private string Refused(Action<TypeBuilder> build)
    {
        string path = Assemblies.Write(_folder, build);
        string sentence = Sentence("kernel:" + path);
        sentence.Should().StartWith(path + ": ");
        return sentence[(path.Length + 2)..];
    }

    private string Package(string name, string entry, byte[] contents)
    {
        string path = Path.Combine(_folder, name);
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        using var stream = archive.CreateEntry(entry).Open();
        stream.Write(contents);
        return path;
    }
}

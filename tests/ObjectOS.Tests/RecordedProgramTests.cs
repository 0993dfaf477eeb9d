using ObjectOS.Abi;
using ObjectOS.Recording;
using ObjectOS.Services.Linux;

namespace ObjectOS.Tests;

/// <summary>A recording names the services that a replay has to make; what a replay could not make is refused when it is recorded.</summary>
public sealed class RecordedProgramTests
{
    [Fact]
    public async Task OtherPersonality_IsReplayed_WithItsFactoryAlone()
    {
        using var file = new MemoryStream();
        string output = await Recordings.RecordAsync(file, 0, o => o.LinuxFactory = new OtherLinux(), async os =>
        {
            await using var child = await os.CreateChildAsync(o => (o.LinuxFactory, o.Memory) = (new OtherLinux(), 64.MiB()));
            return (await child.RunAsync(Programs.Lisp("fib.scm"))).EnsureSuccess().Output;
        });
        (await Recordings.ReplayAsync(file, new ReplayOptions { LinuxFactory = new OtherLinux() })).Should().Be(output);
        (await FluentActions.Awaiting(() => Recordings.ReplayAsync(file)).Should().ThrowAsync<UnfitRecordingException>())
            .WithMessage($"it was made with the Linux personality Other 7.1; here is {Own}");
    }

    [Fact]
    public async Task Child_WithAnotherPersonalityThanTheRoot_IsRefused() =>
        (await FluentActions.Awaiting(() => Recordings.RecordAsync(new MemoryStream(), 1, o => o.LinuxFactory = new OtherLinux(), _ => Task.FromResult(""))).Should().ThrowAsync<NotSupportedException>())
            .WithMessage($"The recording has the Linux personality Other 7.1, and this OS object {Own}; a replay makes one of them.");

    [Fact]
    public async Task ManagedProgram_WhoseClassHasNoName_IsRefusedBeforeItIsMade()
    {
        using var file = new MemoryStream();
        await using var os = await ObjectOs.BootAsync(o => (o.Recording, o.Memory) = (file, 64.MiB()));
        (await FluentActions.Awaiting(() => os.InvokeAsync(kernel => kernel.CreateManagedCell(1, 900, 901, new Idle<int>(), 1 << 20, 64))).Should().ThrowAsync<NotSupportedException>())
            .WithMessage("A managed program of the class *Idle`1* cannot be recorded: *");
        (await os.InvokeAsync(kernel => kernel.CellNumber(900))).Should().Be(0);
        (await os.RunAsync(Programs.Lisp("fib.scm"))).EnsureSuccess();
        os.RecordingFailure.Should().BeNull();
    }

    private static string Own => $"{new LinuxFactory().Description.Name} {new LinuxFactory().Description.Version}";

    private sealed class OtherLinux : ILinuxFactory
    {
        public ServiceDescription Description => new("Other", "7.1");

        public IManagedProgram Create() => new LinuxService();

        public string? CallName(ulong number) => LinuxService.CallName(number);
    }

    private sealed class Idle<T> : IManagedProgram
    {
        public string Name => typeof(T).Name;

        public void Start(IInvocationPort port)
        {
        }

        public HandleResult Handle(in Message message, IInvocationPort port) => HandleResult.Handled;

        public void Save(BinaryWriter writer)
        {
        }

        public void Restore(BinaryReader reader)
        {
        }
    }
}

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using ObjectOS.Hosting;

namespace ObjectOS.Tests;

public sealed class HostingTests
{
    [Fact]
    public async Task Host_Started_HasAnObjectThatEndsWithIt()
    {
        var log = new KeptLog();
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(log);
        builder.Services.AddObjectOS(o => o.Memory = 64.MiB());
        using var host = builder.Build();
        await host.StartAsync();
        var os = host.Services.GetRequiredService<ObjectOs>();
        (await os.RunAsync(Programs.MisbehavePath, ["exit-42"], new ProgramLimits { Memory = 1.MiB() })).ExitCode.Should().Be(42);
        await host.StopAsync();
        os.LiveFrames.Should().Be(0);
        await FluentActions.Awaiting(() => os.StartAsync(Programs.Endless).AsTask()).Should().ThrowAsync<ObjectDisposedException>();
        string.Join('\n', log.Lines).Should().Contain("OS object booted").And.Contain("code 42").And.Contain("OS object gone: 0");
    }

    [Fact]
    public async Task Host_WithOptionsOutOfRange_DoesNotStart()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddObjectOS(o => o.Quantum = 1);
        using var host = builder.Build();
        (await FluentActions.Awaiting(() => host.StartAsync()).Should().ThrowAsync<OptionsValidationException>()).WithMessage("*Quantum is 1*");
    }

    [Fact]
    public async Task HostedService_RegisteredEarlier_GetsTheObject()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddSingleton<Early>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<Early>());
        builder.Services.AddObjectOS();
        using var host = builder.Build();
        await host.StartAsync().WaitAsync(TestTime.Seconds(30));
        host.Services.GetRequiredService<Early>().Code.Should().Be(42);
        await host.StopAsync();
    }

    [Fact]
    public async Task Objects_WithNames_AreKeyedServices()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Services.AddObjectOS("small", o => o.Memory = 16.MiB()).AddObjectOS("large", o => o.Memory = 64.MiB());
        builder.Services.AddObjectOSPool(2, o => o.Memory = 32.MiB());
        using var host = builder.Build();
        await host.StartAsync();
        var small = host.Services.GetRequiredKeyedService<ObjectOs>("small");
        var large = host.Services.GetRequiredKeyedService<ObjectOs>("large");
        small.Should().NotBeSameAs(large);
        var tooLarge = Programs.Misbehave("exit-42") with { Limits = new ProgramLimits { Memory = 32.MiB() } };
        await small.Awaiting(os => os.RunAsync(tooLarge)).Should().ThrowAsync<ArgumentException>();
        (await large.RunAsync(tooLarge)).ExitCode.Should().Be(42);
        var pool = host.Services.GetRequiredService<ObjectOsPool>();
        (pool.Size, (await pool.RunAsync(tooLarge)).ExitCode).Should().Be((2, 42));
        await host.StopAsync();
        (small.LiveFrames, large.LiveFrames).Should().Be((0UL, 0UL));
    }

    [Fact]
    public async Task Options_FromAConfiguration_HaveSizesWithUnits()
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ObjectOS:Memory"] = "512MiB", ["ObjectOS:Inputs"] = "Deterministic", ["ObjectOS:Seed"] = "7", ["ObjectOS:StallTime"] = "00:00:03",
        });
        builder.Services.AddObjectOS(builder.Configuration.GetSection("ObjectOS"));
        using var host = builder.Build();
        var options = host.Services.GetRequiredService<IOptions<ObjectOsOptions>>().Value;
        (options.Memory, options.Inputs, options.Seed, options.StallTime, options.IdleTime).Should().Be((512.MiB(), Inputs.Deterministic, 7UL, TimeSpan.FromSeconds(3), IdleTime.Paced));
        await host.StartAsync();
        await host.StopAsync();
    }

    [Theory]
    [InlineData("512 Quarts")]
    [InlineData("MiB")]
    [InlineData("-1")]
    public void Options_FromAConfigurationThatIsWrong_NameTheKey(string size)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["OS:Memory"] = size });
        builder.Services.AddObjectOS(builder.Configuration.GetSection("OS"));
        using var host = builder.Build();
        host.Invoking(h => h.Services.GetRequiredService<IOptions<ObjectOsOptions>>().Value).Should().Throw<InvalidOperationException>().WithMessage($"OS:Memory is \"{size}\"*");
    }

    private sealed class Early(ObjectOs os) : Microsoft.Extensions.Hosting.IHostedService
    {
        public int Code { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken) =>
            Code = (await os.RunAsync(Programs.MisbehavePath, ["exit-42"], new ProgramLimits { Memory = 1.MiB() }, cancellationToken)).ExitCode;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class KeptLog : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (Lines)
            {
                Lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}

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

using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ObjectOS.Hosting;

/// <summary>Adds OS objects to an application. They are started and stopped with it; inject <see cref="ObjectOs"/>.</summary>
/// <remarks>
/// Idle time is paced, and a program that waits for input delays no other. Options that are out of range end the application's start with an
/// <see cref="OptionsValidationException"/>.
/// </remarks>
public static class ObjectOsServiceCollectionExtensions
{
    /// <summary>Adds an OS object.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="configure">Sets options; null: all as they are.</param>
    /// <exception cref="ArgumentNullException">There are no services.</exception>
    public static IServiceCollection AddObjectOS(this IServiceCollection services, Action<ObjectOsOptions>? configure = null) =>
        AddObjectOS(services, Options.DefaultName, configure);

    /// <summary>Adds an OS object whose options a configuration has: <c>Memory</c> as in "512MiB", <c>Inputs</c>, <c>Seed</c> and so on.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="section">The section with the options.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddObjectOS(this IServiceCollection services, IConfigurationSection section) =>
        AddObjectOS(services, Options.DefaultName, section);

    /// <summary>Adds an OS object with a name: it is injected with <c>[FromKeyedServices(name)]</c>, and has the options of that name.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name; it is the key of the service.</param>
    /// <param name="configure">Sets options; null: all as they are.</param>
    /// <exception cref="ArgumentNullException">There are no services, or the name is null.</exception>
    public static IServiceCollection AddObjectOS(this IServiceCollection services, string name, Action<ObjectOsOptions>? configure = null)
    {
        AddOptions(services, name, configure);
        AddHost(services, name);
        return services;
    }

    /// <summary>Adds an OS object with a name whose options a configuration has.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="name">The name; it is the key of the service.</param>
    /// <param name="section">The section with the options.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection AddObjectOS(this IServiceCollection services, string name, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(section);
        return AddObjectOS(services, name, options => ObjectOsSettings.Apply(section, options));
    }

    /// <summary>Adds a pool of OS objects, started and stopped with the application: inject <see cref="ObjectOsPool"/>.</summary>
    /// <param name="services">The application's services.</param>
    /// <param name="size">How many OS objects; 0: one for each processor.</param>
    /// <param name="configure">Sets the options that all of them have; null: all as they are.</param>
    /// <exception cref="ArgumentNullException">There are no services.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The size is negative or beyond <see cref="ObjectOsPool.MostMembers"/>.</exception>
    public static IServiceCollection AddObjectOSPool(this IServiceCollection services, int size = 0, Action<ObjectOsOptions>? configure = null)
    {
        const string Name = "pool";
        ArgumentOutOfRangeException.ThrowIfNegative(size);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, ObjectOsPool.MostMembers);
        AddOptions(services, Name, configure);
        services.AddSingleton(provider =>
        {
            var options = provider.GetRequiredService<IOptionsMonitor<ObjectOsOptions>>().Get(Name);
            options.Logger ??= provider.GetRequiredService<ILogger<ObjectOs>>();
            return new ObjectOsPool(size == 0 ? Environment.ProcessorCount : size, () => options);
        });
        services.AddHostedService(provider => new PoolHost(provider.GetRequiredService<ObjectOsPool>()));
        return services;
    }

    private static void AddOptions(IServiceCollection services, string name, Action<ObjectOsOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        services.AddOptions<ObjectOsOptions>(name).Configure(options => options.IdleTime = IdleTime.Paced).Configure(configure ?? (_ => { })).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ObjectOsOptions>, ObjectOsOptionsValidator>());
    }

    private static void AddHost(IServiceCollection services, string name)
    {
        if (name == Options.DefaultName)
        {
            services.TryAddSingleton(provider => Make(provider, name));
            services.TryAddSingleton(provider => provider.GetRequiredService<ObjectOsHost>().Os);
            services.AddHostedService(provider => provider.GetRequiredService<ObjectOsHost>());
        }
        else
        {
            services.TryAddKeyedSingleton(name, (provider, _) => Make(provider, name));
            services.TryAddKeyedSingleton(name, (provider, _) => provider.GetRequiredKeyedService<ObjectOsHost>(name).Os);
            services.AddSingleton<IHostedService>(provider => provider.GetRequiredKeyedService<ObjectOsHost>(name));
        }
    }

    private static ObjectOsHost Make(IServiceProvider provider, string name) =>
        new(provider.GetRequiredService<IOptionsMonitor<ObjectOsOptions>>(), provider.GetRequiredService<ILogger<ObjectOs>>(), name);

    private sealed class PoolHost(ObjectOsPool pool) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken) => await pool.DisposeAsync().ConfigureAwait(false);
    }

    private sealed class ObjectOsOptionsValidator : IValidateOptions<ObjectOsOptions>
    {
        public ValidateOptionsResult Validate(string? name, ObjectOsOptions options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}

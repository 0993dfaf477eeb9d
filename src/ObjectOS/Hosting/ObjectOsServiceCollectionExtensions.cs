using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ObjectOS.Hosting;

/// <summary>Adds an OS object to an application.</summary>
public static class ObjectOsServiceCollectionExtensions
{
    /// <summary>
    /// Adds one OS object, started and stopped with the application: take <see cref="ObjectOsHost"/> and await its
    /// <see cref="ObjectOsHost.Os"/>.
    /// </summary>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <remarks>Options that are out of range end the application's start with an <see cref="OptionsValidationException"/>.</remarks>
    public static IServiceCollection AddObjectOS(this IServiceCollection services, Action<ObjectOsOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<ObjectOsOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<ObjectOsOptions>, ObjectOsOptionsValidator>());
        services.TryAddSingleton<ObjectOsHost>();
        services.AddHostedService(provider => provider.GetRequiredService<ObjectOsHost>());
        return services;
    }

    private sealed class ObjectOsOptionsValidator : IValidateOptions<ObjectOsOptions>
    {
        public ValidateOptionsResult Validate(string? name, ObjectOsOptions options) =>
            options.Problem() is { } problem ? ValidateOptionsResult.Fail(problem) : ValidateOptionsResult.Success;
    }
}

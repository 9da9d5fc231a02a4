using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Access;

/// <summary>Registers clients, people, tokens and the two open routes that lead to a token.</summary>
internal static class AccessSetup
{
    private const int SecretLengthMin = 32;

    public static void AddAccess(this WebApplicationBuilder builder, HubSettings settings)
    {
        var clients = ReadClients(builder.Configuration.GetSection("Hub:Clients"), settings);
        var people = ReadPeople(builder.Configuration.GetSection("Hub:People"));
        if (settings.Demo)
        {
            clients.AddRange(DemoAccounts.Clients);
            people.AddRange(DemoAccounts.People);
        }

        // Which role posts where stands in the sources' folders.
        var folders = SourceCodes.RolesOf(SourceCodes.Folder(builder.Configuration));
        clients = [.. clients.Select(client => client.Sources.Count > 0 ? client : client with { Sources = Policies.SourcesOf(client.Role, folders) })];
        people = [.. people.Select(person => person with { Sources = Policies.SourcesOf(person.Role, folders) })];

        var services = builder.Services;
        services.AddSingleton(provider => new ClientRegistry(clients, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new People(people));
        services.AddSingleton<AccessTokens>();
        services.AddSingleton<ClientAssertion>();
        services.AddSingleton<UseAssertion>(provider =>
        {
            var registry = provider.GetRequiredService<RegistryStore>();
            var time = provider.GetRequiredService<TimeProvider>();
            return (issuer, jti, until, cancellationToken) =>
                registry.TryUseAssertionAsync(new(issuer, jti, until), time.GetUtcNow(), cancellationToken);
        });
        services.AddSingleton<FailedLogins>();
        services.AddSingleton<ConsoleSessions>();
    }

    public static void MapAccess(this WebApplication app)
    {
        app.MapPost(TokenEndpoint.Path, TokenEndpoint.Handle).DisableAntiforgery();
        app.MapGet("/fhir/.well-known/smart-configuration", SmartConfiguration.Handle);
    }

    private static List<Client> ReadClients(IConfigurationSection section, HubSettings settings)
    {
        var clients = new List<Client>();
        foreach (var entry in section.GetChildren())
        {
            var id = Required(entry, "Id");
            var role = Required(entry, "Role");
            if (!Roles.All.Contains(role))
                throw new InvalidDataException($"{entry.Path}:Role is none of {string.Join(", ", Roles.All)}.");
            var sources = entry.GetSection("Sources").GetChildren().Select(source => source.Value!).ToHashSet(StringComparer.Ordinal);
            clients.Add(new(id, entry["Name"] ?? id, Required(entry, "Tenant"), role, entry["Organization"])
            {
                Secret = ReadSecret(entry, "Secret", settings),
                ApiKey = ReadSecret(entry, "ApiKey", settings),
                Keys = ReadText(entry, "Jwks") is { } jwks ? ClientKey.ReadSet(jwks) : [],
                Sources = sources,
                Patient = entry["Patient"] is { Length: > 0 } patient ? patient.Split('/')[^1] : null,
                Enabled = entry.GetValue("Enabled", defaultValue: true),
                NotBefore = entry.GetValue<DateTimeOffset?>("NotBefore"),
                NotAfter = entry.GetValue<DateTimeOffset?>("NotAfter"),
            });
        }

        return clients;
    }

    private static List<Account> ReadPeople(IConfigurationSection section)
    {
        var people = new List<Account>();
        foreach (var entry in section.GetChildren())
        {
            var hash = PasswordHash.Read(Required(entry, "PasswordHash"));
            var name = Required(entry, "Account");
            people.Add(new(name, entry["Name"] ?? name, Required(entry, "Role"), Required(entry, "Tenant"), entry["Organization"], new(() => hash)));
        }

        return people;
    }

    /// <summary>From <c>{name}Sha256</c>, <c>{name}</c> or the file that <c>{name}File</c> names.</summary>
    private static SecretHash? ReadSecret(IConfigurationSection entry, string name, HubSettings settings)
    {
        var hash = entry[name + "Sha256"] is { Length: > 0 } hex ? SecretHash.FromHex(hex) : null;
        if (ReadText(entry, name) is { } text)
        {
            if (!settings.IsDevelopment && text.Length < SecretLengthMin)
                throw new InvalidDataException($"{entry.Path}:{name} is shorter than {SecretLengthMin} characters.");
            hash = SecretHash.Of(text);
        }

        if (hash is not null && !settings.IsDevelopment && DemoAccounts.IsDemoSecret(hash))
            throw new InvalidDataException($"{entry.Path}:{name} is a demo secret: everybody knows it.");
        return hash;
    }

    private static string? ReadText(IConfigurationSection entry, string name) =>
        entry[name] is { Length: > 0 } text ? text
        : entry[name + "File"] is { Length: > 0 } file ? File.ReadAllText(file).Trim()
        : null;

    private static string Required(IConfigurationSection entry, string name) =>
        entry[name] is { Length: > 0 } value ? value : throw new InvalidDataException($"{entry.Path}:{name} is missing.");
}

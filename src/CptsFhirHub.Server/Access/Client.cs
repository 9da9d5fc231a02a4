namespace CptsFhirHub.Server.Access;

/// <summary>A machine client as it is registered.</summary>
internal sealed record Client(string Id, string Name, string Tenant, string Role, string? Organization)
{
    /// <summary>For <c>client_secret_basic</c> and <c>client_secret_post</c>; null when the client has only keys.</summary>
    public SecretHash? Secret { get; init; }

    /// <summary>For small senders, on the intake alone.</summary>
    public SecretHash? ApiKey { get; init; }

    /// <summary>Its public keys, for <c>private_key_jwt</c>.</summary>
    public IReadOnlyList<ClientKey> Keys { get; init; } = [];

    public IReadOnlySet<string> Sources { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>The id of the one patient whose compartment the client is confined to; null for clients that serve many.</summary>
    public string? Patient { get; init; }

    public bool Enabled { get; init; } = true;

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? NotAfter { get; init; }

    public bool IsValidAt(DateTimeOffset now) => Enabled && !(now < NotBefore) && !(now >= NotAfter);

    public Caller ToCaller(Policy policy) => new(Id, Tenant, Name, Organization, IsPerson: false)
    {
        Role = Role,
        Sources = Sources,
        Policy = policy,
    };

    public Policy FullPolicy =>
        Patient is { } patient ? Policies.For(Role, Id, Organization).ConfinedTo(patient) : Policies.For(Role, Id, Organization);
}

/// <summary>The machine clients, by id.</summary>
internal sealed class ClientRegistry(IEnumerable<Client> clients, TimeProvider time)
{
    private readonly Dictionary<string, Client> _clients = clients.ToDictionary(client => client.Id, StringComparer.Ordinal);

    public IReadOnlyCollection<Client> All => _clients.Values;

    /// <summary>The client when it is registered, enabled and within its dates.</summary>
    public Client? Find(string id) =>
        _clients.TryGetValue(id, out var client) && client.IsValidAt(time.GetUtcNow()) ? client : null;
}

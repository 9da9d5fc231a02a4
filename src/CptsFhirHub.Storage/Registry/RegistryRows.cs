namespace CptsFhirHub.Storage.Registry;

/// <summary>
/// A client registered at run time, beside those of the configuration. <paramref name="Json"/> is its record as the server reads
/// it.
/// </summary>
public sealed record ClientRow(string Id, string Tenant, bool IsEnabled, string Json, DateTimeOffset ChangedAt);

/// <summary>An access token, kept hashed.</summary>
public sealed record TokenRow(string Hash, string ClientId, string Tenant, string Scope, DateTimeOffset IssuedAt, DateTimeOffset ExpiresAt);

/// <summary>A client assertion that was used: it is not accepted twice.</summary>
public sealed record AssertionRow(string Issuer, string Jti, DateTimeOffset ExpiresAt);

/// <summary>A person's session in the console, kept under the hash of its id.</summary>
public sealed record SessionRow(
    string Hash, string Tenant, string Person, string Role, string Json,
    DateTimeOffset CreatedAt, DateTimeOffset SeenAt, DateTimeOffset ExpiresAt);

/// <summary>A value a tenant has set.</summary>
public sealed record SettingRow(string Tenant, string Name, string Json, DateTimeOffset ChangedAt);

/// <summary>One run of a job.</summary>
public sealed record JobRunRow(
    string Id, string Tenant, string Job, string Subject, string Outcome, string Detail,
    DateTimeOffset StartedAt, DateTimeOffset? FinishedAt);

/// <summary>The last number given in a sequence: tracking numbers.</summary>
public sealed record SequenceRow(string Tenant, string Name, long Value);

namespace CptsFhirHub.Server.Access;

/// <summary>Who is asking: a machine client or a person, in one tenant. Set by authentication, read by everything behind it.</summary>
/// <param name="ClientId">The client's id, or the person's account.</param>
/// <param name="Tenant">The CPTS whose data it sees: <c>demo-cpts</c>.</param>
/// <param name="DisplayName">A name for people.</param>
/// <param name="Organization">The organisation it acts for, as a reference such as <c>Organization/demo-dac</c>; null for none.</param>
/// <param name="IsPerson">True for a console account.</param>
internal sealed record Caller(string ClientId, string Tenant, string DisplayName, string? Organization, bool IsPerson)
{
    /// <summary>The role that decides the rights: hospital, prado, booking, dac, guichet, coordination, sas, admin, medecin, mairie.</summary>
    public required string Role { get; init; }

    /// <summary>The sources it may post to, by name; <c>*</c> for all.</summary>
    public IReadOnlySet<string> Sources { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>True for the coordination team and the administrators: they see the whole journal and run jobs.</summary>
    public bool IsCoordination => Role is "coordination" or "admin";

    public bool MayPost(string source) => Sources.Contains("*") || Sources.Contains(source);
}

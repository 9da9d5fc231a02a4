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

    /// <summary>What it may do with FHIR resources; nothing unless said.</summary>
    public Policy Policy { get; init; } = Policy.Nothing;

    /// <summary>True for the coordination team and the administrators: they see the whole journal and run jobs.</summary>
    public bool IsCoordination => Role is Roles.Coordination or Roles.Admin;

    public bool MayPost(string source) => Sources.Contains("*") || Sources.Contains(source);
}

/// <summary>The roles, as they stand in the configuration.</summary>
internal static class Roles
{
    public const string Admin = "admin";
    public const string Coordination = "coordination";
    public const string Hospital = "hospital";
    public const string Prado = "prado";
    public const string Booking = "booking";
    public const string Dac = "dac";
    public const string Guichet = "guichet";
    public const string Sas = "sas";
    public const string Medecin = "medecin";
    public const string Mairie = "mairie";

    public static readonly IReadOnlyList<string> All =
        [Admin, Coordination, Hospital, Prado, Booking, Dac, Guichet, Sas, Medecin, Mairie];
}

internal static class CallerOfRequest
{
    /// <summary>The caller that authentication found. Only open routes have none.</summary>
    public static Caller Caller(this HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The route is open: it has no caller.");

    /// <summary>The caller, or null on an open route.</summary>
    public static Caller? CallerOrNull(this HttpContext context) => context.Features.Get<Caller>();
}

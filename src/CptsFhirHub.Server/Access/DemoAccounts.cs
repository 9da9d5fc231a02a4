namespace CptsFhirHub.Server.Access;

/// <summary>
/// The accounts of the demo territory. Their secrets are printed at start and written in the documentation: they exist in the
/// demo only, and the hub refuses to start with one of them anywhere else.
/// </summary>
internal static class DemoAccounts
{
    public const string Tenant = "demo-cpts";
    public const string OtherTenant = "demo-cpts-2";

    public static readonly IReadOnlyList<Client> Clients =
    [
        Demo("demo-hospital", "Hôpital de démonstration", Roles.Hospital, "Organization/demo-hopital"),
        Demo("demo-prado", "PRADO, démonstration", Roles.Prado, null),
        Demo("demo-booking", "Prise de rendez-vous, démonstration", Roles.Booking, null),
        Demo("demo-dac", "DAC de démonstration", Roles.Dac, "Organization/demo-dac"),
        Demo("demo-dac-2", "Second DAC de démonstration", Roles.Dac, "Organization/demo-dac-2"),
        Demo("demo-guichet", "Guichet, pharmacie de démonstration", Roles.Guichet, null),
        Demo("demo-cpts", "Coordination de la CPTS", Roles.Coordination, "Organization/demo-cpts"),
        Demo("demo-sas", "Plateforme SAS, démonstration", Roles.Sas, null),
        Demo("demo-admin", "Administration", Roles.Admin, null),
    ];

    public static readonly IReadOnlyList<Account> People =
    [
        Person("coordination", "Camille Coordination", Roles.Coordination, "Organization/demo-cpts"),
        Person("medecin", "Dr Maude Médecin", Roles.Medecin, "Practitioner/demo-medecin-1"),
        Person("dac", "Dominique Dac", Roles.Dac, "Organization/demo-dac"),
        Person("guichet", "Gaël Guichet", Roles.Guichet, null),
        Person("mairie", "Marion Mairie", Roles.Mairie, null),
        Person("admin", "Ada Administration", Roles.Admin, null),
    ];

    /// <summary>True for a secret that everybody knows.</summary>
    public static bool IsDemoSecret(SecretHash secret) => Clients.Any(client => secret.Fits(client.Id));

    private static Client Demo(string id, string name, string role, string? organization) =>
        new(id, name, Tenant, role, organization)
        {
            Secret = SecretHash.Of(id),
        };

    private static Account Person(string name, string displayName, string role, string? organization) =>
        new($"{name}@demo", displayName, role, Tenant, organization, new(() => PasswordHash.Of(name)));
}

namespace CptsFhirHub.Server.Access;

/// <summary>A person who may log in to the console.</summary>
internal sealed record Account(string Name, string DisplayName, string Role, string Tenant, string? Organization, Lazy<PasswordHash> Password)
{
    /// <summary>The sources it may post to, by name; <c>*</c> for all.</summary>
    public IReadOnlySet<string> Sources { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    public Caller ToCaller() => new(Name, Tenant, DisplayName, Organization, IsPerson: true)
    {
        Role = Role,
        Sources = Sources,
        Policy = Policies.For(Role, Name, Organization),
    };
}

/// <summary>The console's accounts: those of <c>Hub:People</c>, and in the demo those of <see cref="DemoAccounts"/>.</summary>
internal sealed class People(IEnumerable<Account> accounts)
{
    private const int PasswordMax = 256;
    private static readonly Lazy<PasswordHash> Nobody = new(() => PasswordHash.Of(Guid.NewGuid().ToString()));
    private readonly Dictionary<string, Account> _accounts = accounts.ToDictionary(account => account.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>The account when the password fits, else null; an unknown account takes the same time.</summary>
    public Account? Check(string name, string password)
    {
        if (password.Length > PasswordMax)
            return null;
        var known = _accounts.GetValueOrDefault(name);
        var fits = (known?.Password ?? Nobody).Value.Fits(password);
        return fits ? known : null;
    }

    public Account? Find(string name) => _accounts.GetValueOrDefault(name);
}

using System.Collections.Frozen;
using System.Globalization;
using System.Net;
using CptsFhirHub.Coordination.Identity.Matching;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server;

/// <summary>The settings of the hub, read once at start. Each is in docs/configuration.md with its default.</summary>
internal sealed record HubSettings
{
    public required string DataDirectory { get; init; }

    /// <summary>Which of the hubs that share a database this one is: the same after a restart.</summary>
    public string HubName => $"{Environment.MachineName}:{DataDirectory}";

    public required bool IsDevelopment { get; init; }

    /// <summary>A demo territory, demo accounts with secrets everybody knows, and a banner that prints them.</summary>
    public required bool Demo { get; init; }

    /// <summary>A caller without credentials acts as <c>demo-admin</c>.</summary>
    public required bool AccessOpen { get; init; }

    public required bool BehindTrustedProxy { get; init; }

    public required string StorageProvider { get; init; }

    /// <summary>Where PostgreSQL is; from a file of its own when it holds a password.</summary>
    public required string StorageConnectionString { get; init; }

    /// <summary>Under which the senders' own keys are hashed in the journal; null for the one that the store keeps.</summary>
    public required string? JournalSecret { get; init; }

    /// <summary>The address that links are built from; null: the first address the hub listens on.</summary>
    public required string? PublicBaseUrl { get; init; }

    public required FrozenSet<string> Tenants { get; init; }

    public required Limits Limits { get; init; }

    /// <summary>The parameters by which persons are compared: those that come with the program, or a file of <c>hub train</c>.</summary>
    public required MatchModel MatchModel { get; init; }

    /// <summary>Guards of the comparison that are switched off.</summary>
    public Guard GuardsOff { get; init; }

    public static HubSettings Read(IConfiguration configuration, IHostEnvironment environment)
    {
        var hub = configuration.GetSection("Hub");
        var isDevelopment = environment.IsDevelopment();
        var demo = hub.GetValue("Demo", isDevelopment);
        var tenants = hub.GetSection("Tenants").GetChildren().Select(tenant => tenant.Value ?? tenant.Key)
            .Concat(hub.GetSection("Clients").GetChildren().Select(client => client["Tenant"]).OfType<string>())
            .Concat(demo ? [Access.DemoAccounts.Tenant, Access.DemoAccounts.OtherTenant] : []);
        return new()
        {
            DataDirectory = Path.GetFullPath(hub["DataDirectory"] is { Length: > 0 } given ? given : "data"),
            IsDevelopment = isDevelopment,
            Demo = demo,
            AccessOpen = hub.GetValue("Access:Open", defaultValue: false),
            BehindTrustedProxy = hub.GetValue("BehindTrustedProxy", defaultValue: false),
            StorageProvider = hub["Storage:Provider"] is { Length: > 0 } provider ? provider : "sqlite",
            StorageConnectionString = hub["Storage:ConnectionStringFile"] is { Length: > 0 } file
                ? File.ReadAllText(file).Trim()
                : hub["Storage:ConnectionString"] ?? "",
            JournalSecret = hub["Journal:SecretFile"] is { Length: > 0 } secret ? File.ReadAllText(secret).Trim() : hub["Journal:Secret"],
            PublicBaseUrl = hub["PublicBaseUrl"]?.TrimEnd('/') is { Length: > 0 } url ? url : null,
            Tenants = tenants.ToFrozenSet(StringComparer.Ordinal),
            Limits = Limits.Read(hub.GetSection("Limits"), isDevelopment),
            MatchModel = hub["Matching:Model"] is { Length: > 0 } model
                ? MatchModel.Read(File.ReadAllText(model)) ?? throw new InvalidDataException("Hub:Matching:Model: that file holds no parameters as hub train writes them.")
                : MatchModel.Shipped,
            GuardsOff = ReadGuards(hub.GetSection("Matching:Guards")),
        };
    }

    // A wrong name would leave a guard as it is while somebody relies on it.
    private static Guard ReadGuards(IConfigurationSection section)
    {
        var off = Guard.None;
        foreach (var setting in section.GetChildren())
        {
            var guard = GuardSwitches.Find(setting.Key) ?? throw new InvalidDataException(
                $"{setting.Path}: no guard of that name can be switched. These can: {string.Join(", ", GuardSwitches.Names)}.");
            if (!bool.TryParse(setting.Value, out var isOn))
                throw new InvalidDataException($"{setting.Path} is true or false.");
            if (!isOn)
                off |= guard;
        }

        return off;
    }

    /// <summary>Why the hub must not start with these settings; null when it may.</summary>
    public string? Refusal(IEnumerable<string> urls)
    {
        if (Demo && !IsDevelopment)
            return "Hub:Demo is true outside Development: the demo's secrets are known to everybody.";
        if (AccessOpen && !IsDevelopment)
            return "Hub:Access:Open is true outside Development.";
        var foreign = urls.FirstOrDefault(url => !IsLoopback(url));
        if (foreign is null)
            return null;
        if (AccessOpen)
            return "Hub:Access:Open is true and the hub would listen on an address that is not loopback.";
        if (!IsDevelopment && !BehindTrustedProxy && !foreign.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
            return "The hub would listen without TLS on an address that is not loopback: set a certificate or Hub:BehindTrustedProxy.";
        return null;
    }

    private static bool IsLoopback(string url)
    {
        // "*" and "+" are every address; BindingAddress reads what Kestrel reads.
        var host = BindingAddress.Parse(url).Host;
        return string.Equals(host, "localhost", StringComparison.OrdinalIgnoreCase)
            || IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address);
    }
}

/// <summary>Everything that can grow has a limit with a name.</summary>
internal sealed record Limits
{
    // Who it is, the state and the day of it, what it rests on.
    private const int ElementsOfMember = 24;

    public int BodyBytes { get; init; } = 10 * 1024 * 1024;

    public int HeaderBytes { get; init; } = 32 * 1024;

    public int HeaderCount { get; init; } = 100;

    public int RequestLineBytes { get; init; } = 16 * 1024;

    public int HeaderSeconds { get; init; } = 15;

    public int RequestSeconds { get; init; } = 30;

    public int BundleEntries { get; init; } = 1000;

    public int PageSize { get; init; } = 20;

    public int PageSizeMax { get; init; } = 1000;

    public int SearchParameters { get; init; } = 64;

    /// <summary>References that a chained search parameter follows.</summary>
    public int ChainDepth { get; init; } = 3;

    /// <summary><c>_has</c> inside <c>_has</c>.</summary>
    public int HasDepth { get; init; } = 2;

    /// <summary>Values after commas in one search parameter.</summary>
    public int SearchValues { get; init; } = 500;

    /// <summary><c>_include</c> and <c>_revinclude</c> of one search.</summary>
    public int Includes { get; init; } = 32;

    /// <summary>References that <c>_include:iterate</c> follows from a match on.</summary>
    public int IncludeDepth { get; init; } = 16;

    /// <summary>Keys of <c>_sort</c>.</summary>
    public int SortKeys { get; init; } = 8;

    /// <summary>Characters of <c>_filter</c>.</summary>
    public int FilterLength { get; init; } = 4_096;

    public int SearchFormBytes { get; init; } = 64 * 1024;

    public int DeferredRequests { get; init; } = 16;

    /// <summary>Members of a cohort that is reconciled while the caller waits.</summary>
    public int ReconcileAtOnce { get; init; } = 5_000;

    /// <summary>Members of one Group: the patients of a leaving GP, or of many.</summary>
    public int GroupMembers { get; init; } = 100_000;

    public int ConditionalDeletes { get; init; } = 1;

    public int ConcurrentRequests { get; init; } = 64;

    public int QueuedRequests { get; init; } = 256;

    public int QueueMilliseconds { get; init; } = 2000;

    /// <summary>Requests a second for one client, as a token bucket; 0 sets no limit.</summary>
    public int RatePerSecond { get; init; } = 50;

    public int RateBurst { get; init; } = 200;

    public int FailedLoginsPerMinute { get; init; } = 10;

    /// <summary>Calls of <c>Patient/$match</c> a minute for one client: each answer tells who is known here.</summary>
    public int MatchesPerMinute { get; init; } = 120;

    public static Limits Read(IConfiguration section, bool isDevelopment)
    {
        // On a developer's machine load is a test, not an attack.
        var standard = isDevelopment ? new Limits { RatePerSecond = 0, FailedLoginsPerMinute = 600, MatchesPerMinute = 60_000 } : new Limits();
        return standard with
        {
            BodyBytes = Positive(section, nameof(BodyBytes), standard.BodyBytes),
            HeaderBytes = Positive(section, nameof(HeaderBytes), standard.HeaderBytes),
            HeaderCount = Positive(section, nameof(HeaderCount), standard.HeaderCount),
            RequestLineBytes = Positive(section, nameof(RequestLineBytes), standard.RequestLineBytes),
            HeaderSeconds = Positive(section, nameof(HeaderSeconds), standard.HeaderSeconds),
            RequestSeconds = Positive(section, nameof(RequestSeconds), standard.RequestSeconds),
            BundleEntries = Positive(section, nameof(BundleEntries), standard.BundleEntries),
            PageSize = Positive(section, nameof(PageSize), standard.PageSize),
            PageSizeMax = Positive(section, nameof(PageSizeMax), standard.PageSizeMax),
            SearchParameters = Positive(section, nameof(SearchParameters), standard.SearchParameters),
            ChainDepth = Positive(section, nameof(ChainDepth), standard.ChainDepth),
            HasDepth = Positive(section, nameof(HasDepth), standard.HasDepth),
            SearchValues = Positive(section, nameof(SearchValues), standard.SearchValues),
            Includes = Positive(section, nameof(Includes), standard.Includes),
            IncludeDepth = Positive(section, nameof(IncludeDepth), standard.IncludeDepth),
            SortKeys = Positive(section, nameof(SortKeys), standard.SortKeys),
            FilterLength = Positive(section, nameof(FilterLength), standard.FilterLength),
            SearchFormBytes = Positive(section, nameof(SearchFormBytes), standard.SearchFormBytes),
            DeferredRequests = Positive(section, nameof(DeferredRequests), standard.DeferredRequests),
            ReconcileAtOnce = Positive(section, nameof(ReconcileAtOnce), standard.ReconcileAtOnce),
            GroupMembers = Positive(section, nameof(GroupMembers), standard.GroupMembers),
            ConditionalDeletes = Positive(section, nameof(ConditionalDeletes), standard.ConditionalDeletes),
            ConcurrentRequests = Positive(section, nameof(ConcurrentRequests), standard.ConcurrentRequests),
            QueuedRequests = Positive(section, nameof(QueuedRequests), standard.QueuedRequests),
            QueueMilliseconds = Positive(section, nameof(QueueMilliseconds), standard.QueueMilliseconds),
            RatePerSecond = Number(section, nameof(RatePerSecond), standard.RatePerSecond, least: 0),
            RateBurst = Positive(section, nameof(RateBurst), standard.RateBurst),
            FailedLoginsPerMinute = Positive(section, nameof(FailedLoginsPerMinute), standard.FailedLoginsPerMinute),
            MatchesPerMinute = Positive(section, nameof(MatchesPerMinute), standard.MatchesPerMinute),
        };
    }

    /// <summary>How large a Group may be that is sent.</summary>
    public JsonLimits OfGroup() => JsonLimits.Default with
    {
        Items = GroupMembers,
        ItemsSetting = "Hub:Limits:GroupMembers",
        Elements = Math.Max(JsonLimits.Default.Elements, (int)Math.Min(int.MaxValue, (long)GroupMembers * ElementsOfMember)),
    };

    private static int Positive(IConfiguration section, string name, int standard) => Number(section, name, standard, least: 1);

    private static int Number(IConfiguration section, string name, int standard, int least)
    {
        if (section[name] is not { Length: > 0 } text)
            return standard;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
            ? value
            : throw new InvalidDataException($"Hub:Limits:{name} is a whole number from {least}.");
    }
}

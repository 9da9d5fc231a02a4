namespace CptsFhirHub.Server.Flows;

/// <summary>What a CPTS decides for its own territory. Settings <c>Hub:Tenants:{tenant}:*</c>.</summary>
internal sealed record Territory(string Tenant)
{
    /// <summary>The CPTS itself: it owns the files.</summary>
    public string? Cpts { get; init; }

    /// <summary>What the CPTS is called where another one names it.</summary>
    public string Name { get; init; } = Tenant;

    /// <summary>The DAC that supports fragile persons; null when the territory has none.</summary>
    public string? Dac { get; init; }

    /// <summary>The pieces a file needs before a GP sees it.</summary>
    public IReadOnlyList<string> Required { get; init; } = Coordination.Signalements.Completeness.Default;

    public Coordination.Triage.TriageRules Rules { get; init; } = Coordination.Triage.TriageRules.Default;

    /// <summary>How patients of leaving GPs are written to; null when the CPTS sends no letters, as long as nobody has switched them on.</summary>
    public Coordination.Cohorts.InvitationRules? Invitations { get; init; }

    /// <summary>When a fragile person of whom nobody hears counts as isolated, and when a need is to be confirmed.</summary>
    public Coordination.Signalements.FollowUpRules FollowUp { get; init; } = Coordination.Signalements.FollowUpRules.Default;

    /// <summary>How far a person goes for unscheduled care, in kilometres as the crow flies; null for as far as it takes.</summary>
    public double? CareRadiusKilometres { get; init; }

    /// <summary>The communes of the territory, by INSEE code; empty when the CPTS draws no border.</summary>
    public IReadOnlySet<string> Communes { get; init; } = new HashSet<string>(StringComparer.Ordinal);

    /// <summary>A declared GP further than this, in kilometres, is none for who lives here.</summary>
    public int FarKm { get; init; } = 50;

    /// <summary>What decides where a patient of a leaving GP stands.</summary>
    public Coordination.Cohorts.CohortRules CohortRules => Coordination.Cohorts.CohortRules.Default with { Communes = Communes };

    /// <summary>The organisations that the clients stand for.</summary>
    public IReadOnlyDictionary<string, string> Organizations { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    public string? OrganizationOf(string clientId) => Organizations.GetValueOrDefault(clientId);

    /// <summary>The names of the CPTS of this hub, by the sender as which each shares files.</summary>
    public IReadOnlyDictionary<string, string> Neighbours { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The name of the CPTS that sent a message; null for any other sender.</summary>
    public string? NeighbourOf(string sender) => Neighbours.GetValueOrDefault(sender);
}

/// <summary>The territories, by tenant.</summary>
internal sealed class Territories
{
    private readonly Dictionary<string, Territory> _territories;

    public Territories(IConfiguration configuration, IReadOnlyDictionary<string, string> organizations, bool isDemo)
    {
        _territories = new(StringComparer.Ordinal);
        if (isDemo)
        {
            _territories["demo-cpts"] = new("demo-cpts")
            {
                Cpts = "Organization/demo-cpts",
                Name = "CPTS Bocage et Littoral (démonstration)",
                Dac = "Organization/demo-dac",
                Organizations = organizations,
            };
            _territories["demo-cpts-2"] = new("demo-cpts-2")
            {
                Cpts = "Organization/demo-cpts-2",
                Name = "CPTS Marais et Plaine (démonstration)",
                Dac = "Organization/demo-dac-2",
                Organizations = organizations,
            };
        }

        foreach (var section in configuration.GetSection("Hub:Tenants").GetChildren())
        {
            var known = _territories.GetValueOrDefault(section.Key) ?? new(section.Key) { Organizations = organizations };
            _territories[section.Key] = known with
            {
                Cpts = section["Cpts"] ?? known.Cpts,
                Name = section["Name"] ?? known.Name,
                Dac = section["Dac"] is { } dac ? (dac.Length > 0 ? dac : null) : known.Dac,
                Invitations = InvitationsOf(section.GetSection("Invitations")),
                FollowUp = FollowUpOf(section.GetSection("FollowUp")),
                CareRadiusKilometres = section.GetValue<double?>("SnpRadiusKm") ?? known.CareRadiusKilometres,
                Communes = CommunesOf(section["Communes"]) ?? known.Communes,
                FarKm = section.GetValue("FarKm", known.FarKm),
            };
        }

        var neighbours = _territories.ToDictionary(pair => SharedFile.SenderOf(pair.Key), pair => pair.Value.Name, StringComparer.Ordinal);
        foreach (var tenant in _territories.Keys.ToList())
            _territories[tenant] = _territories[tenant] with { Neighbours = neighbours };
    }

    private static Coordination.Cohorts.InvitationRules? InvitationsOf(IConfigurationSection section)
    {
        var usual = Coordination.Cohorts.InvitationRules.Default;
        return section.GetValue("Enabled", defaultValue: false)
            ? new()
            {
                DaysBetween = section.GetValue("DaysBetween", usual.DaysBetween),
                LettersMax = section.GetValue("LettersMax", usual.LettersMax),
                DaysAfterEnd = section.GetValue("DaysAfterEnd", usual.DaysAfterEnd),
            }
            : null;
    }

    private static HashSet<string>? CommunesOf(string? text) =>
        text?.Split([',', ';', ' '], StringSplitOptions.RemoveEmptyEntries).ToHashSet(StringComparer.Ordinal);

    private static Coordination.Signalements.FollowUpRules FollowUpOf(IConfigurationSection section)
    {
        var usual = Coordination.Signalements.FollowUpRules.Default;
        return new()
        {
            IsolatedAfterMonths = section.GetValue("IsolatedAfterMonths", usual.IsolatedAfterMonths),
            IsolatedAfterRefusals = section.GetValue("IsolatedAfterRefusals", usual.IsolatedAfterRefusals),
            ConfirmAfterMonths = section.GetValue("ConfirmAfterMonths", usual.ConfirmAfterMonths),
            ConfirmWithinDays = section.GetValue("ConfirmWithinDays", usual.ConfirmWithinDays),
            EraseAfterMonths = section.GetValue("EraseAfterMonths", usual.EraseAfterMonths),
            StateDays = StateDaysOf(section.GetSection("StateDays"), usual.StateDays),
        };
    }

    private static Dictionary<string, int> StateDaysOf(IConfigurationSection section, IReadOnlyDictionary<string, int> usual)
    {
        var days = new Dictionary<string, int>(usual, StringComparer.Ordinal);
        foreach (var state in section.GetChildren())
        {
            if (Coordination.Signalements.FileStates.Find(state.Key) is not { IsClosed: false })
                throw new InvalidDataException($"{state.Path}: there is no open state of that name.");
            days[state.Key] = state.Get<int>();
        }

        return days;
    }

    public IEnumerable<string> Tenants => _territories.Keys;

    public Territory Of(string tenant) => _territories.GetValueOrDefault(tenant) ?? new(tenant);
}

using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Serialization;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Triage;

/// <summary>
/// What a CPTS decided about priority: which criteria make a person fragile, what each weighs, how fast waiting counts. Data, with a
/// version that every assessment repeats.
/// </summary>
public sealed record TriageRules
{
    /// <summary>Set by the team, goes before everything else whatever the weights.</summary>
    public const string Urgent = "suivi-urgent";

    /// <summary>The rules of a CPTS that has decided nothing yet.</summary>
    public static TriageRules Default { get; } = new();

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
    };

    public string Version { get; init; } = "defaut-1";

    /// <summary>Any of these makes a person fragile.</summary>
    public IReadOnlyList<string> FragileIfAny { get; init; } =
        ["age-plus-70", "ald", "c2s", "ame", "precarite", "handicap", "perte-autonomie", "isolement", "chronique-complexe"];

    /// <summary>Any of these, on a fragile person, asks the DAC for support.</summary>
    public IReadOnlyList<string> DacIfAny { get; init; } =
        ["age-plus-70", "ald", "c2s", "ame", "precarite", "handicap", "perte-autonomie", "isolement", "chronique-complexe"];

    /// <summary>Completed years that a criterion of age asks to exceed.</summary>
    public IReadOnlyDictionary<string, int> AgeYears { get; init; } =
        new Dictionary<string, int> { ["age-plus-70"] = 70, ["age-plus-75"] = 75 };

    /// <summary>Below this age letters go to a parent.</summary>
    public int AdultFromYears { get; init; } = 18;

    /// <summary>This many diagnoses are a complex chronic illness.</summary>
    public int ChronicFromConditions { get; init; } = 3;

    /// <summary>What a criterion adds to the rank; one not listed adds nothing.</summary>
    public IReadOnlyDictionary<string, decimal> Weights { get; init; } = new Dictionary<string, decimal>
    {
        ["age-plus-70"] = 10,
        ["age-plus-75"] = 5,
        ["ald"] = 15,
        ["c2s"] = 8,
        ["ame"] = 8,
        ["cmu"] = 8,
        ["precarite"] = 10,
        ["handicap"] = 10,
        ["isolement"] = 8,
        ["chronique-complexe"] = 12,
        ["perte-autonomie"] = 12,
        ["rupture-droits"] = 6,
        ["risque-rupture"] = 6,
        ["adhesion-difficile"] = 4,
        ["sortie-hopital"] = 10,
        ["signale-pro-ou-elu"] = 5,
        ["medecin-parti"] = 3,
        ["visite-domicile"] = 4,
        ["ehpad"] = 4,
    };

    /// <summary>What a day of waiting adds: slow, but without end, so that nobody waits for ever.</summary>
    public decimal PerDay { get; init; } = 0.05m;

    /// <summary>What <see cref="Urgent"/> adds: more than all weights and a lifetime of waiting.</summary>
    public decimal UrgentLead { get; init; } = 10_000;

    /// <summary>Reads a rule file. What it leaves out keeps its default; what it misspells is an error.</summary>
    public static (TriageRules Rules, IReadOnlyList<Issue> Issues) Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            var rules = JsonSerializer.Deserialize<TriageRules>(utf8, Json) ?? Default;
            return (rules, rules.Check());
        }
        catch (JsonException fault)
        {
            return (Default, [Issue.Error("structure", fault.Path ?? "$", "The rule file is not readable here.")]);
        }
    }

    private List<Issue> Check()
    {
        List<Issue> issues = [];
        var lists = FragileIfAny.Select(code => ("fragileIfAny", code))
            .Concat(DacIfAny.Select(code => ("dacIfAny", code)))
            .Concat(Weights.Keys.Select(code => ("weights", code)))
            .Concat(AgeYears.Keys.Select(code => ("ageYears", code)));
        foreach (var (list, code) in lists)
            if (!Criteria.ByCode.ContainsKey(code))
                issues.Add(Issue.Error("code-invalid", list, "A criterion of this list is not known."));
        if (PerDay <= 0)
            issues.Add(Issue.Error("value", "perDay", "Waiting must count: a person without criterion would wait for ever."));
        if (Weights.Values.Any(weight => weight < 0))
            issues.Add(Issue.Error("value", "weights", "A weight is not negative."));
        if (string.IsNullOrWhiteSpace(Version))
            issues.Add(Issue.Error("required", "version", "A rule file has a version."));
        return issues;
    }

    internal FrozenSet<string> Relevant => Weights.Keys.Concat(FragileIfAny).Append(Urgent).ToFrozenSet();
}

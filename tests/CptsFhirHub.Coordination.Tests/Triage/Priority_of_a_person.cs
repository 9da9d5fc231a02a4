using CptsFhirHub.Coordination.Triage;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Coordination.Tests.Triage;

public sealed class Priority_of_a_person
{
    private static readonly DateOnly Today = new(2026, 11, 21);

    private static Dossier Read(string born = "1980-05-05", string request = "", params string[] others) => Dossier.Of(
        Parse($$"""{"resourceType":"Patient","birthDate":"{{born}}"}"""),
        Parse($$"""{"resourceType":"ServiceRequest","status":"active"{{request}}}"""),
        others.Select(Parse));

    private static Element Parse(string json) =>
        FhirJson.Parse(json.Replace("{b}", Canon.Base, StringComparison.Ordinal)).Resource!.Root;

    private static string Fact(string code, string value, string when = "2026-01-01", string status = "preliminary") =>
        "{\"resourceType\":\"Observation\",\"status\":\"" + status + "\",\"code\":{\"coding\":[{\"system\":\"{b}/CodeSystem/fait\",\"code\":\"" + code
        + "\"}]},\"effectiveDateTime\":\"" + when + "\"" + value + "}";

    private const string Yes = ",\"valueBoolean\":true";
    private const string No = ",\"valueBoolean\":false";
    private const string AskedUnknown = ",\"dataAbsentReason\":{\"coding\":[{\"code\":\"asked-unknown\"}]}";

    private static Told Outcome(Dossier dossier, string criterion) =>
        Fragility.Assess(dossier, TriageRules.Default, Today).Criteria.Single(outcome => outcome.Code == criterion).Holds;

    [Theory]
    [InlineData("1955-11-20", Told.Yes)]      // 71 since yesterday
    [InlineData("1955-11-21", Told.Yes)]      // 71 today
    [InlineData("1955-11-22", Told.No)]       // 71 tomorrow: still 70
    [InlineData("1956-11-21", Told.No)]       // 70 today: not over 70
    [InlineData("1954", Told.Yes)]            // 71 or 72
    [InlineData("1955", Told.Unknown)]        // 70 or 71
    [InlineData("1956", Told.No)]             // 69 or 70
    [InlineData("1955-11", Told.Unknown)]
    [InlineData("1955-10", Told.Yes)]
    [InlineData("1955-12", Told.No)]
    public void Over_70_is_strict_and_a_year_alone_answers_only_when_it_suffices(string born, Told expected) =>
        Assert.Equal(expected, Outcome(Read(born), "age-plus-70"));

    [Fact]
    public void An_unknown_birth_date_is_not_a_young_one() =>
        Assert.Equal(Told.Unknown, Outcome(Dossier.Of(Element.OfResource("Patient"), null, []), "age-plus-70"));

    [Theory]
    [InlineData("1956-02-29", "2027-02-28", 70)]
    [InlineData("1956-02-29", "2027-03-01", 71)]
    [InlineData("1956-02-29", "2028-02-29", 72)]
    public void Who_was_born_on_29_February_ages_on_1_March(string born, string today, int years) =>
        Assert.Equal(years, Age.Years(born, DateOnly.Parse(today)));

    [Theory]
    [InlineData(70, "1956-11-20", Told.No)]
    [InlineData(69, "1956-11-20", Told.Yes)]
    public void The_threshold_is_the_tenants(int threshold, string born, Told expected)
    {
        var rules = TriageRules.Default with { AgeYears = new Dictionary<string, int> { ["age-plus-70"] = threshold } };
        Assert.Equal(expected, Fragility.Assess(Read(born), rules, Today).Criteria.Single(outcome => outcome.Code == "age-plus-70").Holds);
    }

    [Theory]
    [InlineData(Yes, Told.Yes)]
    [InlineData(No, Told.No)]
    [InlineData(AskedUnknown, Told.Unknown)]
    public void A_fact_has_three_values(string value, Told expected) => Assert.Equal(expected, Outcome(Read(others: Fact("ald", value)), "ald"));

    [Fact]
    public void Missing_is_not_no()
    {
        var silent = Fragility.Assess(Read(), TriageRules.Default, Today);
        Assert.Equal(Level.ToSpecify, silent.Level);
        Assert.Contains("ald", silent.ToAsk.Select(outcome => outcome.Code));

        string[] all = ["ald", "c2s", "ame", "precarite", "handicap", "perte-autonomie", "vit-seul"];
        var asked = Fragility.Assess(Read(others: [.. all.Select(code => Fact(code, No)), Fact("sans-domicile", No)]), TriageRules.Default, Today);
        Assert.Equal(Level.NotFragile, asked.Level);
    }

    [Theory]
    [InlineData("ald", "ald")]
    [InlineData("c2s", "c2s")]
    [InlineData("ame", "ame")]
    [InlineData("sans-domicile", "precarite")]
    [InlineData("handicap", "handicap")]
    [InlineData("vit-seul", "isolement")]
    [InlineData("perte-autonomie", "perte-autonomie")]
    public void One_criterion_of_the_policy_makes_fragile(string fact, string criterion)
    {
        var assessment = Fragility.Assess(Read(others: Fact(fact, Yes)), TriageRules.Default, Today);
        Assert.Equal(Level.Fragile, assessment.Level);
        Assert.Equal([criterion], assessment.Fired.Select(outcome => outcome.Code));
        Assert.Equal("urgent", assessment.Priority);
        Assert.True(assessment.NeedsDac);
    }

    [Fact]
    public void A_newer_answer_replaces_an_older_one_but_silence_does_not()
    {
        Assert.Equal(Told.No, Outcome(Read(others: [Fact("ald", No, "2026-03-01"), Fact("ald", Yes, "2026-02-01")]), "ald"));
        Assert.Equal(Told.Yes, Outcome(Read(others: [Fact("ald", AskedUnknown, "2026-03-01"), Fact("ald", Yes, "2026-02-01")]), "ald"));
        Assert.Equal(Told.No, Outcome(Read(others: [Fact("ald", Yes), Fact("ald", No, status: "final")]), "ald"));
    }

    [Theory]
    [InlineData(2, Told.Unknown)]
    [InlineData(3, Told.Yes)]
    public void Three_diagnoses_are_a_complex_illness(int count, Told expected)
    {
        var conditions = Enumerable.Range(0, count).Select(i => "{\"resourceType\":\"Condition\",\"code\":{\"text\":\"maladie " + i + "\"}}");
        Assert.Equal(expected, Outcome(Read(others: [.. conditions]), "chronique-complexe"));
    }

    [Theory]
    [InlineData("permit", true)]
    [InlineData("deny", false)]
    public void The_dac_is_asked_unless_the_person_refuses(string type, bool needsDac)
    {
        var consent = "{\"resourceType\":\"Consent\",\"status\":\"active\",\"category\":[{\"coding\":[{\"system\":\"{b}/CodeSystem/objet-consentement\",\"code\":\"partage-dac\"}]}],\"provision\":{\"type\":\""
            + type + "\"}}";
        Assert.Equal(needsDac, Fragility.Assess(Read(others: [Fact("ald", Yes), consent]), TriageRules.Default, Today).NeedsDac);
    }

    private const string Reporter =
        ",\"extension\":[{\"url\":\"{b}/StructureDefinition/type-signalant\",\"valueCodeableConcept\":{\"coding\":[{\"code\":\"KIND\"}]}}]";

    [Fact]
    public void Who_is_reported_by_a_nurse_ranks_above_who_reports_himself()
    {
        var nurse = Fragility.Assess(Read(request: Reporter.Replace("KIND", "infirmier", StringComparison.Ordinal)), TriageRules.Default, Today);
        var self = Fragility.Assess(Read(request: Reporter.Replace("KIND", "patient", StringComparison.Ordinal)), TriageRules.Default, Today);
        Assert.True(nurse.Rank > self.Rank);
        Assert.Contains("signalé par un professionnel ou un élu", nurse.ExplanationFrench, StringComparison.Ordinal);
    }

    [Fact]
    public void Waiting_raises_the_rank_slowly_and_without_end()
    {
        decimal Rank(string since) => Fragility.Assess(Read(request: $",\"authoredOn\":\"{since}\""), TriageRules.Default, Today).Rank;
        Assert.Equal(0m, Rank("2026-11-21"));
        Assert.Equal(0.05m, Rank("2026-11-20"));
        Assert.Equal(0m, Rank("2027-01-01"));

        // A young person with nothing overtakes a newcomer with every criterion some day.
        var most = TriageRules.Default.Weights.Values.Sum();
        Assert.True(TriageRules.Default.PerDay * 365 * 10 > most);
    }

    [Fact]
    public void An_urgent_follow_up_set_by_a_person_goes_first()
    {
        var flag = "{\"resourceType\":\"Flag\",\"status\":\"active\",\"author\":{\"reference\":\"Practitioner/p\"},\"code\":{\"coding\":[{\"system\":\"{b}/CodeSystem/critere-fragilite\",\"code\":\"suivi-urgent\"}]}}";
        var urgent = Fragility.Assess(Read(others: flag), TriageRules.Default, Today);
        var old = Fragility.Assess(Read("1930-01-02", ",\"authoredOn\":\"1990-01-01\"", Fact("ald", Yes), Fact("c2s", Yes)), TriageRules.Default, Today);
        Assert.True(urgent.Rank > old.Rank);
        Assert.Equal("asap", urgent.Priority);
    }

    [Theory]
    [InlineData("stat", "asap")]
    [InlineData("asap", "routine")]
    [InlineData("urgent", "routine")]
    public void What_the_rules_wrote_does_not_feed_them(string priority, string expected) =>
        Assert.Equal(expected, Fragility.Assess(Read(request: $",\"priority\":\"{priority}\""), TriageRules.Default, Today).Priority);

    [Fact]
    public void Equal_ranks_are_ordered_by_waiting_then_by_reference()
    {
        (string Id, decimal Rank, DateOnly? Since)[] files =
        [
            ("d", 5, null), ("c", 5, new(2026, 1, 2)), ("b", 5, new(2026, 1, 1)), ("a", 4, new(2020, 1, 1)), ("e", 5, new(2026, 1, 1)),
        ];
        Assert.Equal("becda", string.Concat(Fragility.Order(files, file => file.Rank, file => file.Since, file => file.Id).Select(file => file.Id)));
    }

    [Fact]
    public void The_explanation_is_read_aloud_and_a_town_hall_learns_no_illness()
    {
        var assessment = Fragility.Assess(Read("1947-03-09", others: [Fact("ald", Yes), Fact("vit-seul", Yes)]), TriageRules.Default, Today);
        Assert.Equal("Fragile : plus de 70 ans ; plus de 75 ans ; affection de longue durée (ALD) ; vit seul ou isolé.", assessment.ExplanationFrench);
        Assert.StartsWith("Fragile: over 70; over 75; long-term condition (ALD)", assessment.ExplanationEnglish, StringComparison.Ordinal);
        Assert.DoesNotContain("ALD", assessment.ExplanationForOutsiders, StringComparison.Ordinal);
        Assert.Contains("vit seul", assessment.ExplanationForOutsiders, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2008-11-21", false)]
    [InlineData("2008-11-22", true)]
    public void A_minor_is_told_apart(string born, bool isMinor) =>
        Assert.Equal(isMinor, Fragility.Assess(Read(born), TriageRules.Default, Today).IsMinor);

    [Theory]
    [InlineData("{}", "")]
    [InlineData("{\"version\":\"vendee-3\",\"ageYears\":{\"age-plus-75\":75},\"fragileIfAny\":[\"ald\"],\"perDay\":0.1}", "")]
    [InlineData("{\"fragileIfAny\":[\"ald\",\"riche\"]}", "fragileIfAny")]
    [InlineData("{\"perDay\":0}", "perDay")]
    [InlineData("{\"weights\":{\"ald\":-1}}", "weights")]
    [InlineData("{\"version\":\"\"}", "version")]
    [InlineData("{\"perday\":0.1,\"colour\":1}", "$.colour")]
    [InlineData("{\"weights\":", "$")]
    public void A_rule_file_is_checked(string json, string place)
    {
        var (rules, issues) = TriageRules.Read(System.Text.Encoding.UTF8.GetBytes(json));
        Assert.NotNull(rules);
        if (place.Length == 0)
            Assert.Empty(issues);
        else
            Assert.StartsWith(place, Assert.Single(issues).Path, StringComparison.Ordinal);
    }

    [Fact]
    public void An_assessment_names_its_rules() =>
        Assert.Equal("vendee-3", Fragility.Assess(Read(), TriageRules.Default with { Version = "vendee-3" }, Today).RulesVersion);
}

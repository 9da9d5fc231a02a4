using System.Globalization;
using System.Text;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Fhir.Model;

namespace CptsFhirHub.Server.Flows;

/// <summary>How a cohort stands: as a MeasureReport with the counts and how they moved, and as a table for a spreadsheet.</summary>
internal static class CohortReport
{
    public const string Measure = Vocabulary.Root + "/Measure/cohorte-medecin-sortant";
    private const string Indicator = Vocabulary.Root + "/CodeSystem/indicateur-cohorte";

    /// <summary>The report of a run. <c>group[0]</c>: one population a state; <c>group[1]</c>: how much each count differs from the last report;
    /// <c>group[2]</c>: whom to call and whom to look at.</summary>
    /// <param name="last">The report before; null for the first.</param>
    public static Element Of(string group, CohortRun run, IReadOnlyDictionary<string, int>? last, DateTimeOffset since, DateTimeOffset now)
    {
        var report = Element.OfResource("MeasureReport");
        report.With("status", "complete").With("type", "summary").With("measure", Measure);
        report.Refer("subject", group);
        report.With("date", now.Instant());
        report.Add("period").With("start", since.Instant()).With("end", now.Instant());
        var states = report.AddItem("group");
        states.Concept("code", Indicator, "etats", "États des patients");
        foreach (var (state, count) in run.Counts)
            Populate(states, Vocabulary.CohortState, Reconciliation.CodeOf(state), null, count);
        states.Add("measureScore").With("value", (decimal)run.Members.Count);

        var moves = report.AddItem("group");
        moves.Concept("code", Indicator, "evolution", "Évolution depuis le dernier rapport");
        foreach (var (state, count) in run.Counts)
            Populate(moves, Vocabulary.CohortState, Reconciliation.CodeOf(state), null, count - (last?.GetValueOrDefault(Reconciliation.CodeOf(state)) ?? 0));

        var follow = report.AddItem("group");
        follow.Concept("code", Indicator, "suivi", "Suivi");
        Populate(follow, Indicator, "a-rappeler", "Fragiles et sans nouvelles", run.Members.Count(member => member.IsFragileAndSilent));
        Populate(follow, Indicator, "lien-a-verifier", "Rapprochements à vérifier", run.Members.Count(member => member.NeedsReview));
        Populate(follow, Indicator, CohortLeavers.Code, "Absents de la dernière liste", run.NoLongerListed);
        return report;
    }

    /// <summary>The counts of a report's group, by code.</summary>
    public static Dictionary<string, int> CountsOf(Element report, int at)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var groups = report.All("group");
        foreach (var population in groups.Length > at ? groups[at].All("population") : [])
            if (population.At("code", "coding")?.Text("code") is { } code
                && int.TryParse(population.Text("count"), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var count))
                counts[code] = count;
        return counts;
    }

    /// <summary>True when both reports tell the same, but for the moment and the way from the one before.</summary>
    public static bool TellTheSame(Element report, CohortRun run)
    {
        var (states, follow) = (CountsOf(report, 0), CountsOf(report, 2));
        return run.Counts.All(pair => states.GetValueOrDefault(Reconciliation.CodeOf(pair.Key), -1) == pair.Value)
            && follow.GetValueOrDefault("a-rappeler", -1) == run.Members.Count(member => member.IsFragileAndSilent)
            && follow.GetValueOrDefault("lien-a-verifier", -1) == run.Members.Count(member => member.NeedsReview)
            && follow.GetValueOrDefault(CohortLeavers.Code) == run.NoLongerListed;
    }

    /// <summary>The table without a line yet.</summary>
    public static StringBuilder CsvHead() =>
        new("\uFEFFpatient;nom;prenom;date_naissance;telephone;etat;depuis;preuve;a_verifier;a_rappeler\r\n");

    /// <summary>
    /// One line a member, with a byte order mark and semicolons, as French spreadsheets open it. Text that a spreadsheet would take for a
    /// formula is set behind an apostrophe.
    /// </summary>
    public static void AddTo(StringBuilder csv, IEnumerable<Element> members, Func<string, Element?> patientOf, IReadOnlySet<string> toCall)
    {
        foreach (var member in members)
        {
            if (member.Child("entity")?.Text("reference") is not { } reference)
                continue;
            var patient = patientOf(reference);
            var isGone = CohortLeavers.IsInactive(member);
            var name = patient?.Child("name");
            string?[] cells =
            [
                reference, name?.Text("family"), name?.Child("given")?.Value, patient?.Text("birthDate"), PhoneOf(patient),
                isGone ? CohortLeavers.Code : member.ExtensionOf(Vocabulary.MemberStateExtension)?.Text("valueCode"),
                isGone ? member.Child("period")?.Text("end") : member.ExtensionOf(Vocabulary.MemberStateSinceExtension)?.Text("valueDate"),
                member.ExtensionOf(Vocabulary.MemberEvidenceExtension)?.Child("valueReference")?.Text("display"),
                member.ExtensionOf(Vocabulary.MemberReviewExtension)?.Text("valueBoolean") == "true" ? "oui" : "non",
                toCall.Contains(reference) ? "oui" : "non",
            ];
            csv.AppendJoin(';', cells.Select(Cell)).Append("\r\n");
        }
    }

    private static void Populate(Element group, string system, string code, string? display, int count)
    {
        var population = group.AddItem("population");
        population.Concept("code", system, code, display);
        population.With("count", (decimal)count);
    }

    private static string? PhoneOf(Element? patient)
    {
        foreach (var contact in patient is null ? [] : patient.All("telecom"))
            if (contact.Text("system") == "phone")
                return contact.Text("value");
        return null;
    }

    /// <summary>A value as a cell: quoted where it must be, and never a formula.</summary>
    public static string Cell(string? value)
    {
        if (string.IsNullOrEmpty(value))
            return "";
        // A phone in its international form begins with a plus, and is one.
        var isFormula = value[0] is '=' or '@' or '\t' or '\r' || value[0] is '+' or '-' && !value.AsSpan(1).ContainsOnlyDigits();
        var text = isFormula ? "'" + value : value;
        return text.AsSpan().ContainsAny(";\"\r\n") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }

    private static bool ContainsOnlyDigits(this ReadOnlySpan<char> text) => !text.ContainsAnyExceptInRange('0', '9');
}

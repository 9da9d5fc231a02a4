using System.Collections.Frozen;
using System.Text.Json;
using CptsFhirHub.Coordination.Cohorts;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>Which fields of a line say the cohort, the GP who leaves, the last day and who objects.</summary>
internal sealed record CohortColumns(string Id, string Rpps, string End, string Opposed)
{
    /// <summary>The member <c>cohort</c> of a <c>source.json</c>; null when there is none.</summary>
    public static CohortColumns? Of(JsonElement root) => root.TryGetProperty("cohort", out var cohort)
        ? new(cohort.GetProperty("id").GetString()!, cohort.GetProperty("rpps").GetString()!, cohort.GetProperty("end").GetString()!,
            cohort.GetProperty("opposed").GetString()!)
        : null;
}

/// <summary>What a file would make of a cohort.</summary>
/// <param name="OpposedLines">The lines of those who object.</param>
internal sealed record CohortEffect(string Cohort, int Lines, IReadOnlyList<int> OpposedLines)
{
    /// <summary>The Group that stands already; null when there is none, or for who may not know.</summary>
    public string? Group { get; init; }

    /// <summary>Its members now; null for who may not know.</summary>
    public int? Members { get; init; }

    /// <summary>Persons of the rows looked at, each once; null for who may not know.</summary>
    public int? Persons { get; init; }

    /// <summary>Those of them that would be new in the Group.</summary>
    public int? Added { get; init; }

    /// <summary>Members whom the file does not name; null unless all its rows were looked at.</summary>
    public int? Missing { get; init; }

    public required IReadOnlyList<int> Rows { get; init; }

    /// <summary>The members of the Group by reference; empty for who may not know.</summary>
    public IReadOnlySet<string> Standing { get; init; } = FrozenSet<string>.Empty;
}

/// <summary>What one file says of one cohort.</summary>
/// <param name="End">The GP's last day.</param>
/// <param name="Members">The persons by reference, and whether they object.</param>
/// <param name="Unread">Lines of the file of which nobody knows whom they name.</param>
internal sealed record CohortList(string Number, string? Rpps, string? End, Dictionary<string, bool> Members, int Unread);

/// <summary>
/// The persons of a cohort file as one Group, written once when all lines are done: a line a version would make a long file slow.
/// Whoever stands in it keeps the state that was found since, and a file sent again changes nothing. Who is not listed any more is marked so.
/// </summary>
internal sealed class CohortFile(
    Journal journal, ResourceStore store, CohortLeavers leavers, Territories territories, HubSettings settings, TimeProvider time)
{
    private const string Kind = Vocabulary.Root + "/CodeSystem/type-cohorte";
    private const int AttemptsMax = 40;

    /// <summary>The answer for the file, with what became of its cohorts.</summary>
    public async Task<Reception> HandleAsync(
        JournalMessage file, Source source, CohortColumns columns, SourceFile lines, Reception reception, CancellationToken cancellationToken)
    {
        var rows = (await journal.RowsAsync(file, cancellationToken)).ToDictionary(row => row.Line ?? 0);
        var issues = reception.Issues.ToList();
        var persons = new Dictionary<int, string>();
        foreach (var line in lines.Lines)
            if (rows.TryGetValue(line.Number, out var row) && await PersonOfAsync(row, cancellationToken) is { } person)
                persons[line.Number] = person;
        foreach (var cohort in lines.Lines.Where(line => line.Reading.Tree?.Text(columns.Id) is not null)
            .GroupBy(line => line.Reading.Tree!.Text(columns.Id)!, StringComparer.Ordinal))
        {
            var members = new Dictionary<string, bool>(StringComparer.Ordinal);
            foreach (var line in cohort)
                if (persons.TryGetValue(line.Number, out var person))
                    members[person] = members.GetValueOrDefault(person) || IsOpposed(line, columns);
            if (members.Count == 0)
                continue;
            var head = cohort.First().Reading.Tree!;
            var list = new CohortList(cohort.Key, head.Text(columns.Rpps), head.Text(columns.End), members, lines.Lines.Count - persons.Count);
            if (await WriteAsync(file, source, list, cancellationToken) is not var (group, gone))
            {
                issues.Add(Issue.Error("too-long", "file",
                    $"A cohort of the file would have more than {settings.Limits.GroupMembers} members (Hub:Limits:GroupMembers): its Group stays as it was."));
                continue;
            }

            issues.Add(new(Severity.Information, "informational", "file", $"{members.Count} persons of {cohort.Count()} lines stand in {group}."));
            if (gone.Held is { } why)
                issues.Add(Issue.Warning("incomplete", "file", why));
            if (gone.Gone.Count > 0)
                issues.Add(Issue.Warning("informational", "file", $"{gone.Gone.Count} members of {group} are not listed any more: they stay in it, marked inactive, and count no more."));
        }

        return reception with { Issues = issues };
    }

    /// <summary>What the file would make of its cohorts; it writes nothing.</summary>
    public async Task<IReadOnlyList<CohortEffect>> PlanAsync(string tenant, CohortColumns columns, SourceFile lines, bool withGroups, CancellationToken cancellationToken)
    {
        var effects = new List<CohortEffect>();
        foreach (var cohort in lines.Lines.Where(line => line.Reading.Tree?.Text(columns.Id) is not null)
            .GroupBy(line => line.Reading.Tree!.Text(columns.Id)!, StringComparer.Ordinal))
        {
            var group = withGroups ? await FindAsync(tenant, "Group", Vocabulary.Cohort, cohort.Key, [], cancellationToken) : null;
            effects.Add(new(cohort.Key, cohort.Count(), [.. cohort.Where(line => IsOpposed(line, columns)).Select(line => line.Number)])
            {
                Group = group?.Reference,
                Members = withGroups ? group?.Resource.Root.All("member").Length ?? 0 : null,
                Rows = [.. cohort.Select(line => line.Number)],
                Standing = group is null ? FrozenSet<string>.Empty
                    : group.Resource.Root.All("member").ToArray().Where(member => !CohortLeavers.IsInactive(member)).Select(member => member.Child("entity")?.Text("reference")).OfType<string>().ToFrozenSet(StringComparer.Ordinal),
            });
        }

        return effects;
    }

    private static bool IsOpposed(SourceRow line, CohortColumns columns) => line.Reading.Tree!.Text(columns.Opposed) is "oui" or "true";

    private async Task<string?> PersonOfAsync(JournalMessage row, CancellationToken cancellationToken)
    {
        if (row.State == MessageState.Rejected)
            return null;
        var person = row.Patient is not null || row.DuplicateOf is null ? row.Patient
            : (await journal.ReadAsync(row.Tenant, row.DuplicateOf, cancellationToken))?.Patient;

        // An earlier line may be about a record that was merged since.
        return row.DuplicateOf is not null && person is not null
            && await store.ReadAsync(row.Tenant, person, cancellationToken) is { } known && PersonMerge.ReplacedBy(known.Resource.Root) is { } survivor
            ? survivor : person;
    }

    /// <summary>The Group and who has left it; null when it would be larger than a Group may be.</summary>
    private async Task<(string Group, Leavers Gone)?> WriteAsync(JournalMessage file, Source source, CohortList list, CancellationToken cancellationToken)
    {
        var (number, rpps, end, members, unread) = list;
        for (var attempt = 1; ; attempt++)
        {
            var now = time.GetUtcNow();
            var writes = new WriteList(file, now);
            var guards = new List<Write>();
            var gp = rpps is null ? null : await FindAsync(file.Tenant, "Practitioner", Vocabulary.Rpps, "8" + rpps, guards, cancellationToken);
            var doctor = gp is not null ? new Draft(gp) : rpps is null ? null : writes.New(DoctorOf(rpps, file.ClientId));
            if (doctor is not null)
                writes.Put(doctor);

            var stored = await FindAsync(file.Tenant, "Group", Vocabulary.Cohort, number, guards, cancellationToken);
            var group = stored is null ? writes.New(GroupOf(number, doctor?.Reference, end)) : new Draft(stored);
            var isLate = stored is not null && await leavers.IsLateAsync(file, stored, cancellationToken);
            var gone = stored is null ? Leavers.None : isLate ? Leavers.Late : await leavers.FindAsync(stored, number, members.Keys, unread, cancellationToken);
            group.Root = WithMembers(group.Root, members, gone, isLate, Days.Of(now));
            if (!isLate && end is not null && group.Root.ExtensionOf(Vocabulary.CohortEndExtension) is { } last && last.Text("valueDate") != end)
                last.Put("valueDate", end);
            if (group.Root.All("member").Length > settings.Limits.GroupMembers)
                return null;
            Access.SentBy.Mark(group.Root, file.ClientId);
            writes.Put(group);
            if (writes.Touched.Count == 0)
                return (group.Reference, gone);

            writes.Put(writes.New(MessageProvenance.Of(
                file, territories.Of(file.Tenant), source.MapVersion(), writes.Touched, now)));
            var commit = await store.CommitAsync(file.Tenant, [.. guards, .. writes.Resources()], cancellationToken);
            if (commit.Committed)
                return (group.Reference, gone);
            if (attempt == AttemptsMax)
                throw new InvalidOperationException("The Group of a cohort keeps changing.");
            await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(1, 4 * attempt)), cancellationToken);
        }
    }

    private async Task<Stored?> FindAsync(
        string tenant, string type, string system, string value, List<Write> guards, CancellationToken cancellationToken)
    {
        var query = Queries.By(type, Queries.Token(type, "identifier", system, value));
        var found = await store.FindAllAsync(tenant, query, cancellationToken);
        if (found.Count == 0)
            guards.Add(new Write.Expect(query, ExpectedReference: null));
        return found.Count > 0 ? found[0] : null;
    }

    private static Element DoctorOf(string rpps, string sender)
    {
        var doctor = Element.OfResource("Practitioner");
        Access.SentBy.Mark(doctor, sender);
        var identifier = doctor.AddItem("identifier");
        identifier.Concept("type", "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203", "IDNPS");
        identifier.With("system", Vocabulary.Rpps).With("value", "8" + rpps);
        return doctor;
    }

    private static Element GroupOf(string number, string? doctor, string? end)
    {
        var group = Element.OfResource("Group");
        if (end is not null)
            group.AddItem("extension").With("url", Vocabulary.CohortEndExtension).With("valueDate", end);
        group.AddItem("identifier").With("system", Vocabulary.Cohort).With("value", number);
        group.With("active", true).With("type", "person").With("actual", true);
        group.Concept("code", Kind, "medecin-sortant", "Patientèle d'un médecin sortant");
        group.With("name", $"Cohorte {number}");
        group.Refer("managingEntity", doctor);
        return group;
    }

    private static Element WithMembers(Element group, Dictionary<string, bool> members, Leavers gone, bool isLate, DateOnly today)
    {
        var root = group.Copy();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in root.All("member"))
        {
            if (member.Child("entity")?.Text("reference") is not { } reference)
                continue;
            known.Add(reference);
            if (gone.Gone.Contains(reference))
                CohortLeavers.Mark(member, today);
            else if (!isLate && CohortLeavers.IsInactive(member) && members.ContainsKey(reference))
                CohortLeavers.Unmark(member);
        }

        foreach (var (person, isOpposed) in members)
        {
            if (!known.Add(person))
                continue;
            var member = root.AddItem("member");
            if (isOpposed)
            {
                member.AddItem("extension").With("url", Vocabulary.MemberStateExtension)
                    .With("valueCode", Reconciliation.CodeOf(MemberState.Opposed));
                member.AddItem("extension").With("url", Vocabulary.MemberStateSinceExtension)
                    .With("valueDate", today.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture));
            }

            member.Add("entity").With("reference", person);
        }

        return root;
    }
}

using System.Globalization;
using CptsFhirHub.Coordination.Identity;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>What was erased with a person.</summary>
/// <param name="Persons">Records of that person: those that were merged count too.</param>
/// <param name="FilesKept">Files of many lines whose other lines still need them: the journal's own retention forgets them.</param>
internal sealed record Erased(int Persons, int Resources, int Messages, int Entries, int FilesKept);

/// <summary>
/// Erases everything the hub holds of a person: the record and those merged into it, what the senders said, files, tasks, documents, lineage
/// and their histories, the bytes of the messages and what was to go out. What stays is that each was deleted, the AuditEvents, and one more that says who
/// erased and why. Reliability rule I6; flow M25.
/// </summary>
internal sealed class ErasePerson(ResourceStore store, TimeProvider time)
{
    /// <summary>References in one search.</summary>
    private const int Portion = 100;

    /// <summary>Searches for what was written about the person while the rest was being erased.</summary>
    private const int RoundsMax = 5;

    private const string Lifecycle = "http://terminology.hl7.org/CodeSystem/dicom-audit-lifecycle";

    /// <summary>What is about a person as a whole, with the parameters that lead to it.</summary>
    private static readonly IReadOnlyList<(string Type, IReadOnlyList<SearchParameter> Parameters)> About =
    [
        .. ServedTypes.PatientParameter.Keys.Concat(["Basic", "MessageHeader", "Provenance"]).Order(StringComparer.Ordinal)
            .Select(type => (Type: type, Parameters: References(type))),
        ("MeasureReport", [.. References("MeasureReport").Where(parameter => parameter.Code is "subject" or "patient")]),
        ("List", [.. References("List").Where(parameter => parameter.Code is "subject" or "patient")]),
    ];

    /// <summary>Erases the person; null when there is no such person, or nothing left of it.</summary>
    /// <param name="agent">Who asks: a client, or a job.</param>
    /// <param name="reason">Why, for the audit; nothing of the person.</param>
    public async Task<Erased?> RunAsync(string tenant, string person, string agent, string reason, CancellationToken cancellationToken)
    {
        Erased? sum = null;
        for (var round = 0; round < RoundsMax; round++)
        {
            var persons = await PersonsAsync(tenant, person, cancellationToken);
            var resources = await AboutAsync(tenant, persons, cancellationToken);
            if (resources.Count == 0 && !await IsLeftAsync(tenant, person, cancellationToken))
                break;

            List<string> all = [.. persons, .. resources.Select(resource => resource.Reference)];
            List<Write> writes = [new Write.Create(new(Audit(person, agent, reason, persons.Count, all.Count))), .. all.Select(Erase), new Write.Forget(all)];
            writes.AddRange(await WithoutAsync(tenant, persons, cancellationToken));
            var commit = await store.CommitAsync(tenant, writes, cancellationToken);
            if (!commit.Committed)
            {
                if (round == RoundsMax - 1 && sum is null)
                    throw new Refusal(503, "transient", "The person is being written to at this moment: nothing was erased, ask again.");
                continue;
            }

            var forgotten = commit.Results.OfType<Written.Forgotten>().Single();
            sum = new(
                persons.Count, (sum?.Resources ?? 0) + commit.Results.Count(result => result is Written.Deleted),
                (sum?.Messages ?? 0) + forgotten.Messages, (sum?.Entries ?? 0) + forgotten.Entries, forgotten.FilesKept);
        }

        return sum;
    }

    /// <summary>The same for <c>$purge</c>: the answer is Parameters with counts.</summary>
    public async Task<Resource?> TellAsync(string patient, string reason, Access.Caller caller, CancellationToken cancellationToken)
    {
        if (await RunAsync(caller.Tenant, patient, caller.ClientId, reason, cancellationToken) is not { } erased)
            return null;
        var answer = Element.OfResource("Parameters");
        foreach (var (name, count) in (ReadOnlySpan<(string, int)>)
            [("persons", erased.Persons), ("resources", erased.Resources), ("messages", erased.Messages), ("entries", erased.Entries), ("files-kept", erased.FilesKept)])
            answer.AddItem("parameter").With("name", name).With("valueInteger", count);
        return new(answer);
    }

    /// <summary>True when the record is there, or some version of it.</summary>
    private async Task<bool> IsLeftAsync(string tenant, string person, CancellationToken cancellationToken)
    {
        var id = person[(person.IndexOf('/', StringComparison.Ordinal) + 1)..];
        return await store.ReadAsync(tenant, "Patient", id, cancellationToken) is { } last
            && (!last.IsDeleted || await store.VReadAsync(tenant, "Patient", id, last.Version - 1, cancellationToken) is not null);
    }

    /// <summary>The record, and all that were merged into it or into which it was.</summary>
    private async Task<IReadOnlyList<string>> PersonsAsync(string tenant, string person, CancellationToken cancellationToken)
    {
        List<string> persons = [person];
        for (var i = 0; i < persons.Count; i++)
        {
            if (await store.ReadAsync(tenant, persons[i], cancellationToken) is { } record)
                foreach (var link in record.Resource.Root.All("link"))
                    if (link.Text("type") is "replaces" or "replaced-by" && link.Child("other")?.Text("reference") is { } other)
                        Add(other);
            foreach (var other in await store.WalkAsync(tenant, Queries.By("Patient", Queries.Refers("Patient", "link", persons[i])), cancellationToken))
                foreach (var link in other.Resource.Root.All("link"))
                    if (link.Text("type") is "replaces" or "replaced-by" && link.Child("other")?.Text("reference") == persons[i])
                        Add(other.Reference);
        }

        return persons;

        void Add(string reference)
        {
            if (reference.StartsWith("Patient/", StringComparison.Ordinal) && !persons.Contains(reference))
                persons.Add(reference);
        }
    }

    private async Task<IReadOnlyCollection<Stored>> AboutAsync(string tenant, IReadOnlyList<string> persons, CancellationToken cancellationToken)
    {
        var found = new Dictionary<string, Stored>(StringComparer.Ordinal);
        foreach (var (type, parameters) in About)
            Add(await store.WalkAsync(tenant, Queries.By(type, OfAny(type, parameters, persons)), cancellationToken));

        // No search leads from a person to what its senders said of it, nor to the tasks that compare it with somebody.
        Add((await store.BearersAsync(
            tenant, [.. persons.SelectMany(person => (IEnumerable<LookupKey>)[PersonRecords.Key(person), new(IdentityKeys.Compared, person)])], cancellationToken))
            .Select(bearer => bearer.Resource));

        foreach (var binary in found.Values.SelectMany(Binaries).Distinct(StringComparer.Ordinal).ToList())
            if (await store.ReadAsync(tenant, binary, cancellationToken) is { } bytes)
                Add([bytes]);

        // What was said of what is erased, and of that again: a Task's Provenance, a Task that is part of another.
        var fresh = found.Keys.ToList();
        while (fresh.Count > 0)
        {
            var before = found.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var some in fresh.Chunk(Portion))
            {
                Add(await store.WalkAsync(tenant, Queries.By("Provenance", Queries.RefersToAny("Provenance", "target", some)), cancellationToken));
                Add(await store.WalkAsync(tenant, Queries.By("Task", Queries.RefersToAny("Task", "part-of", some)), cancellationToken));
                Add(await store.WalkAsync(tenant, Queries.By("Task", Queries.RefersToAny("Task", "focus", some)), cancellationToken));
            }

            fresh = [.. found.Keys.Where(reference => !before.Contains(reference))];
        }

        return found.Values;

        void Add(IEnumerable<Stored> resources)
        {
            foreach (var resource in resources)
                found[resource.Reference] = resource;
        }
    }

    /// <summary>The lists of persons that name this one, without it.</summary>
    private async Task<IEnumerable<Write>> WithoutAsync(string tenant, IReadOnlyList<string> persons, CancellationToken cancellationToken)
    {
        List<Write> writes = [];
        foreach (var group in await store.WalkAsync(tenant, Queries.By("Group", Queries.RefersToAny("Group", "member", persons)), cancellationToken))
            writes.Add(Update(group, Without(group, "member", "entity", persons)));
        foreach (var list in await store.WalkAsync(tenant, Queries.By("List", Queries.RefersToAny("List", "item", persons)), cancellationToken))
            if (list.Resource.Root.Child("subject")?.Text("reference") is not { } subject || !persons.Contains(subject))
                writes.Add(Update(list, Without(list, "entry", "item", persons)));
        return writes;
    }

    private static Element Without(Stored stored, string items, string reference, IReadOnlyList<string> persons)
    {
        var root = stored.Resource.Root.Copy();
        root.Remove(items);
        foreach (var item in stored.Resource.Root.All(items))
            if (item.Child(reference)?.Text("reference") is not { } named || !persons.Contains(named))
                root.Append(item.Copy());
        return root;
    }

    private static Write.Update Update(Stored stored, Element root) => new(new(root), stored.Id, stored.Version, MayCreate: false);

    private static Write Erase(string reference)
    {
        var slash = reference.IndexOf('/', StringComparison.Ordinal);
        return new Write.Erase(reference[..slash], reference[(slash + 1)..]);
    }

    /// <summary>The bytes that a document keeps apart from itself.</summary>
    private static List<string> Binaries(Stored stored)
    {
        List<string> binaries = [];
        if (stored.Type != "DocumentReference")
            return binaries;
        foreach (var content in stored.Resource.Root.All("content"))
            if (content.Child("attachment")?.Text("url") is { } url && url.LastIndexOf("Binary/", StringComparison.Ordinal) is >= 0 and var at)
                binaries.Add(url[at..]);
        return binaries;
    }

    private static IReadOnlyList<SearchParameter> References(string type) => [.. R4.Definitions.SearchParameters(type)
        .Where(parameter => parameter.Type == SearchParameterType.Reference && parameter.Targets.Contains("Patient"))];

    private static Criterion.Any OfAny(string type, IReadOnlyList<SearchParameter> parameters, IReadOnlyList<string> persons) =>
        new([.. parameters.Select(parameter => (IReadOnlyList<Criterion>)[Queries.RefersToAny(type, parameter.Code, persons)])]);

    /// <summary>Who erased whom, and why: an id and counts, nothing of the person.</summary>
    private Element Audit(string person, string agent, string reason, int persons, int resources)
    {
        var audit = Access.AuditRecord.OfRecord("D", agent, time.GetUtcNow(), reason, person);
        var entity = audit.Child("entity")!;
        entity.Add("lifecycle").With("system", Lifecycle).With("code", "15").With("display", "Permanent erasure / Physical destruction");
        foreach (var (name, count) in (ReadOnlySpan<(string, int)>)[("persons", persons), ("resources", resources)])
            entity.AddItem("detail").With("type", name).With("valueString", count.ToString(CultureInfo.InvariantCulture));
        return audit;
    }
}

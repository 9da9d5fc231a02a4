using System.Runtime.CompilerServices;
using CptsFhirHub.Coordination;
using CptsFhirHub.Coordination.Signalements;
using CptsFhirHub.Fhir.Definitions;
using CptsFhirHub.Fhir.Model;
using CptsFhirHub.Fhir.Search;
using CptsFhirHub.Storage;

namespace CptsFhirHub.Server.Flows;

/// <summary>
/// The people who wait, as one GP may take them: by rank, or the nearest first. Files in doubt about who the person is are not shown: one
/// of the two would be proposed twice. <c>PractitionerRole/{id}/$waiting-list</c>
/// </summary>
internal sealed class WaitingListOfGp(ResourceStore store, Communes communes, Profiles profiles)
{
    private const string Distance = Vocabulary.Root + "/StructureDefinition/distance";
    private const string Reason = Vocabulary.Root + "/StructureDefinition/motif-priorite";

    /// <summary>The states in which a person waits and nobody has been proposed.</summary>
    public static readonly IReadOnlyList<string> WaitingStates =
    [
        FileStates.Received, FileStates.ToConfirm, FileStates.ToQualify, FileStates.Incomplete, FileStates.MasStudy, FileStates.Qualified,
        FileStates.Waiting, FileStates.RedirectedToSnp,
    ];

    /// <summary>Requests, or people, of one look at the store.</summary>
    private const int PageSize = 100;

    /// <summary>People whose criteria are read together: few more than are shown.</summary>
    private const int PortionSize = 25;

    /// <summary>Communes, the nearest first, whose people are looked for together.</summary>
    private const int RingSize = 4;

    /// <summary>An index of numbers holds what a rank may mean: no more than this beside it.</summary>
    private const decimal Blur = 0.5m;

    /// <summary>The hub's own search parameter, in whose order the requests are read.</summary>
    private static readonly SearchParameter Rank = new("ServiceRequest", "rang", SearchParameterType.Number, "", [], "");

    private static readonly Criterion[] Waits =
    [
        Queries.Token("Task", "code", Vocabulary.TaskKind, Vocabulary.ParcoursTask),
        Queries.Token("Task", "business-status", Vocabulary.ParcoursState, [.. WaitingStates]),
    ];

    /// <summary>The first of them: a searchset of files with their persons, each with the distance and the criteria that hold.</summary>
    public async Task<Resource> RunAsync(Stored role, string tenant, WaitingListWish wish, CancellationToken cancellationToken)
    {
        var practice = await PracticeAsync(tenant, role.Resource.Root, cancellationToken);
        if (wish.IsByDistance && practice is null)
            throw new Refusal(422, "not-found", "It is not known where this GP practises: no location has a position or a known commune.");

        var bundle = Element.OfResource("Bundle").With("type", "searchset");
        var shown = new List<WaitingPerson>();
        await foreach (var portion in (wish.IsByDistance && practice is { } from
            ? NearestAsync(tenant, from, cancellationToken)
            : ByRankAsync(tenant, practice, cancellationToken)).WithCancellation(cancellationToken))
        {
            foreach (var some in portion.Chunk(PortionSize))
            {
                var criteria = await CriteriaAsync(tenant, [.. some.Select(one => one.Person.Reference)], cancellationToken);
                foreach (var one in some)
                {
                    var held = criteria[one.Person.Reference].ToList();
                    if (shown.Count == wish.Count || (wish.Criterion is { } criterion && !held.Exists(flag => flag.Code == criterion)))
                        continue;
                    shown.Add(one);
                    Write(bundle.AddItem("entry"), one, held);
                }

                if (shown.Count == wish.Count)
                    break;
            }

            if (shown.Count == wish.Count)
                break;
        }

        foreach (var one in shown.DistinctBy(one => one.Person.Reference))
        {
            var entry = bundle.AddItem("entry");
            entry.Append(one.Person.Resource.Root.Copy("resource", isListItem: false));
            entry.Add("search").With("mode", "include");
        }

        return new(bundle);
    }

    /// <summary>
    /// The most urgent first, portion after portion: no more is read than what comes before the last who is shown, and who has the rank of that one.
    /// Files that name no request come last.
    /// </summary>
    private async IAsyncEnumerable<List<WaitingPerson>> ByRankAsync(
        string tenant, GeoPoint? practice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        List<WaitingPerson> open = [];
        var query = Queries.By("ServiceRequest", new Criterion.Has(Queries.Parameter("Task", "focus"), new SearchQuery("Task", Waits))) with
        {
            Sort = [new(Rank, Descending: true)],
            Count = PageSize,
        };
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            var ranks = page.Matches.ToDictionary(request => request.Reference, request => FileOfPerson.RankOf(request.Resource.Root), StringComparer.Ordinal);
            if (ranks.Count > 0)
                open.AddRange(await PeopleAsync(tenant, [Queries.RefersToAny("Task", "focus", ranks.Keys)], practice, ranks, cancellationToken));

            // What follows may still come before these.
            var edge = page.NextCursor is null ? decimal.MinValue : ranks.Values.Last() + Blur;
            yield return InOrder(open.Where(one => one.Rank > edge), byDistance: false);
            open.RemoveAll(one => one.Rank > edge);
            if (page.NextCursor is not { } next)
                break;
            query = query with { Cursor = next };
        }

        var alone = new Criterion.Match(Queries.Parameter("Task", "focus"), "missing", [new SearchValue.Missing(true)]);
        yield return InOrder(await PeopleAsync(tenant, [alone], practice, [], cancellationToken), byDistance: false);
    }

    /// <summary>
    /// The nearest first, commune after commune from the practice on: no more is read than the people of those communes. Then who lives where the
    /// hub does not know, the older first.
    /// </summary>
    private async IAsyncEnumerable<List<WaitingPerson>> NearestAsync(
        string tenant, GeoPoint practice, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        HashSet<string> seen = new(StringComparer.Ordinal);
        List<WaitingPerson> open = [];
        List<WaitingPerson> nowhere = [];
        var places = communes.From(practice);
        for (var at = 0; at < places.Count; at += RingSize)
        {
            var lives = places.Skip(at).Take(RingSize).SelectMany(place => (IReadOnlyList<IReadOnlyList<Criterion>>)
            [
                [Queries.Text("Patient", "address-postalcode", place.PostCode)], [Queries.Text("Patient", "address-city", place.Name)],
            ]);
            var chain = new Criterion.Chain(Queries.Parameter("Task", "patient"), [new("Patient", [new Criterion.Any([.. lives])])]);
            foreach (var one in await PeopleAsync(tenant, [chain], practice, [], cancellationToken))
                if (seen.Add(one.File.Reference))
                    (one.Kilometres is null ? nowhere : open).Add(one);

            var edge = at + RingSize < places.Count ? places[at + RingSize].Kilometres : double.MaxValue;
            yield return InOrder(open.Where(one => one.Kilometres < edge), byDistance: true);
            open.RemoveAll(one => one.Kilometres < edge);
        }

        seen.ExceptWith(nowhere.Select(one => one.File.Reference));
        var query = Queries.By("Patient", new Criterion.Has(Queries.Parameter("Task", "patient"), new SearchQuery("Task", Waits))) with
        {
            Sort = [Queries.Soonest("Patient", "birthdate")],
            Count = PageSize,
        };
        while (true)
        {
            var page = await store.SearchAsync(tenant, query, cancellationToken);
            if (page.Matches.Count > 0)
                open.AddRange((await PeopleAsync(
                    tenant, [Queries.RefersToAny("Task", "patient", page.Matches.Select(person => person.Reference))], practice, [], cancellationToken))
                    .Where(one => seen.Add(one.File.Reference)));

            // Of one day of birth all are known before they are put in order.
            var edge = page.NextCursor is null ? "\uffff" : WaitingPerson.BornOf(page.Matches[^1]);
            yield return InOrder(open.Where(one => string.CompareOrdinal(one.Born, edge) < 0), byDistance: true);
            open.RemoveAll(one => string.CompareOrdinal(one.Born, edge) < 0);
            if (page.NextCursor is not { } next)
                yield break;
            query = query with { Cursor = next };
        }
    }

    /// <summary>The waiting files of which all that holds, with their persons.</summary>
    private async Task<List<WaitingPerson>> PeopleAsync(
        string tenant, Criterion[] more, GeoPoint? practice, Dictionary<string, decimal> ranks, CancellationToken cancellationToken)
    {
        var people = new List<WaitingPerson>();
        foreach (var file in await store.WalkAsync(tenant, Queries.By("Task", [.. Waits, .. more]), cancellationToken))
            if (file.Resource.Root.Child("for")?.Text("reference") is { } reference && await store.ReadAsync(tenant, reference, cancellationToken) is { } person)
                people.Add(new(file, person, KilometresOf(person.Resource.Root, practice),
                    ranks.GetValueOrDefault(file.Resource.Root.Child("focus")?.Text("reference") ?? "")));
        return people;
    }

    // Of one distance, and of one rank, the older first.
    private static List<WaitingPerson> InOrder(IEnumerable<WaitingPerson> people, bool byDistance) =>
    [
        .. (byDistance ? people.OrderBy(one => one.Kilometres ?? double.MaxValue) : people.OrderByDescending(one => one.Rank))
            .ThenBy(one => one.Born, StringComparer.Ordinal).ThenBy(one => one.Person.Id, StringComparer.Ordinal),
    ];

    private static void Write(Element entry, WaitingPerson one, List<(string Code, string Text)> criteria)
    {
        entry.Append(one.File.Resource.Root.Copy("resource", isListItem: false));
        var search = entry.Add("search");
        if (one.Kilometres is { } kilometres)
            search.AddItem("extension").With("url", Distance).Add("valueQuantity")
                .With("value", Math.Round((decimal)kilometres, 3)).With("unit", "km").With("system", "http://unitsofmeasure.org").With("code", "km");
        foreach (var (_, text) in criteria)
            search.AddItem("extension").With("url", Reason).With("valueString", text);
        search.With("mode", "match");
    }

    /// <summary>The criteria that hold, of each of these persons.</summary>
    private async Task<ILookup<string, (string Code, string Text)>> CriteriaAsync(
        string tenant, IReadOnlyList<string> persons, CancellationToken cancellationToken)
    {
        var flags = await store.WalkAsync(tenant, Queries.By("Flag", Queries.RefersToAny("Flag", "patient", persons)), cancellationToken);
        return flags.Select(flag => flag.Resource.Root).Where(flag => flag.Text("status") == "active")
            .Select(flag => (Person: flag.Child("subject")?.Text("reference") ?? "",
                Code: flag.Child("code").CodeOf(Vocabulary.Criterion) ?? "", Text: flag.Child("code")?.Text("text")))
            .Where(flag => flag.Code.Length > 0)
            .ToLookup(flag => flag.Person, flag => (flag.Code, flag.Text ?? InWords(flag.Code)), StringComparer.Ordinal);
    }

    /// <summary>What the code system calls a criterion, for a flag that says it by its code alone.</summary>
    private string InWords(string criterion) => profiles.Validator.Vocabulary.CodeSystem(Vocabulary.Criterion)?.Find(criterion)?.Display ?? criterion;

    private double? KilometresOf(Element person, GeoPoint? practice)
    {
        if (practice is not { } from)
            return null;
        foreach (var address in person.All("address"))
            if (communes.Of(address) is { } home)
                return from.KmTo(home);
        return null;
    }

    private async Task<GeoPoint?> PracticeAsync(string tenant, Element role, CancellationToken cancellationToken)
    {
        var references = new List<string>();
        foreach (var location in role.All("location"))
            if (location.Text("reference") is { } reference)
                references.Add(reference);
        foreach (var reference in references)
            if (await store.ReadAsync(tenant, reference, cancellationToken) is { } place && communes.PlaceOf(place.Resource.Root) is { } position)
                return position;
        return null;
    }

    private sealed record WaitingPerson(Stored File, Stored Person, double? Kilometres, decimal Rank)
    {
        public string Born => BornOf(Person);

        /// <summary>The day of birth; of whom none is known comes after all others.</summary>
        public static string BornOf(Stored person) => person.Resource.Root.Text("birthDate") ?? "9";
    }
}
